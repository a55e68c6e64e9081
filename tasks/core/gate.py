"""The gate before every write step: a preview writes nothing, and a stopped run goes no further (ADR-17).

The procedure decides whether its run previews (`tasks.procedure`). The gate reads the policy anew, so that a switch
takes effect in the middle of a run, and refuses what that decision should have prevented.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from blocks.common.load_block import stored
from blocks.policy.block import Policy
from rules.common.going_live import GoingLive, Reach, why_stopped
from tasks.core.connections import BLOCK_NAME
from tasks.core.policy import going_live_of

FRESH = 1.0
"""Seconds for which a policy that was read is taken for the present one: one call a second for a run that writes."""


class WroteInPreview(RuntimeError):
    """Raised when a preview reaches a step that changes something outside Prefect: a defect of its flow."""


class Halted(Exception):
    """Raised before a write step that a run may not take any more; the message is that of its final state."""


@dataclass
class Gate:
    """What the present run may do.

    Attributes:
        preview: nothing outside Prefect is changed.
        reach: of its procedure.
        accounts: that the run is about, 18 characters; none for the whole org, or while they are not known.
    """

    preview: bool
    reach: Reach
    accounts: tuple[str, ...] = ()
    _known: GoingLive | None = None
    _read_at: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def note(self, going: GoingLive, read_at: float) -> None:
        """Take a policy for the present one; `read_at` is `time.monotonic()` before it was read."""
        self._known, self._read_at = going, read_at

    async def check(self, step: str, *, outside: bool) -> None:
        """Let a write step pass.

        Args:
            step: its title.
            outside: it changes something outside Prefect.

        Raises:
            WroteInPreview: the run is a preview.
            Halted: the run may not go on.
        """
        if outside and self.preview:
            raise WroteInPreview(f"This preview reached the step “{step}”, which writes. Nothing was written.")
        if self.reach is Reach.REPORTS:
            return
        going = await self._present()
        halts = outside and self.reach is Reach.CUSTOMERS and going.previews(*self.accounts)
        if going.is_stopped or halts:
            raise Halted(why_stopped(going, step))

    async def _present(self) -> GoingLive:
        async with self._lock:
            if self._known is None or time.monotonic() - self._read_at >= FRESH:
                read_at = time.monotonic()
                self.note(going_live_of(await stored(Policy, BLOCK_NAME)), read_at)
            assert self._known is not None
            return self._known


_gate: ContextVar[Gate | None] = ContextVar("gate", default=None)


@contextmanager
def guarding(gate: Gate) -> Iterator[None]:
    """Have every write step of the block pass this gate."""
    outer = _gate.set(gate)
    try:
        yield
    finally:
        _gate.reset(outer)


async def pass_gate(step: str, *, outside: bool) -> None:
    """Let a write step of the present run pass; see `Gate.check`. Outside a procedure, everything passes."""
    if gate := _gate.get():
        await gate.check(step, outside=outside)
