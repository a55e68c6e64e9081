"""A circuit breaker: what nobody answers is not asked by everybody."""

import time
from collections.abc import Callable
from typing import Final

OPEN_AFTER: Final = 2.0
PROBE_EVERY: Final = 1.0


class Breaker:
    """Opens when calls have had no answer for `OPEN_AFTER` seconds; then lets one through now and then, as a probe.

    One per system that is called. `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silent_since: float | None = None
        self._next_probe = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are known to get no answer."""
        return self._next_probe > 0

    def lets_through(self) -> bool:
        """Whether the caller may call now: always while it is closed, else as the next probe."""
        if not self.is_open:
            return True
        if self._clock() < self._next_probe:
            return False
        self._next_probe = self._clock() + PROBE_EVERY
        return True

    def answered(self) -> None:
        """Close: a call got an answer, whatever it says."""
        self._silent_since, self._next_probe = None, 0.0

    def unanswered(self, begun: float) -> None:
        """Take note of a call that was begun then and got no answer."""
        self._silent_since = begun if self._silent_since is None else self._silent_since
        if not self.is_open and self._clock() - self._silent_since >= OPEN_AFTER:
            # The next call is the first probe: it may be somebody's second try.
            self._next_probe = self._clock()
