"""What lets an app show somebody a form: it is good for one form, and for three seconds."""

import secrets
import time
from collections.abc import Callable
from typing import Final

from sandbox.errors import Refused

_LIFETIME: Final = 3.0


class Triggers:
    """The triggers of one workspace. `clock` counts true seconds, whatever day it is in the sandbox."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._issued: dict[str, tuple[str, float]] = {}
        self._exchanged: set[str] = set()

    def issue(self, user: str) -> str:
        """The id of a new trigger, for an interaction of this member."""
        trigger_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._issued[trigger_id] = (user, self._clock())
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """The member whose interaction it was.

        Raises:
            Refused: it was never issued, is used already, or came too late.
        """
        if trigger_id not in self._issued:
            raise Refused(200, "invalid_trigger_id", "no such trigger")
        user, since = self._issued[trigger_id]
        if trigger_id in self._exchanged:
            raise Refused(200, "exchanged_trigger_id", "the trigger was used already")
        if self._clock() - since > _LIFETIME:
            raise Refused(200, "expired_trigger_id", f"more than {_LIFETIME:.0f} s have passed")
        self._exchanged.add(trigger_id)
        return user
