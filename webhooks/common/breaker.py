"""A circuit breaker: while a system does not answer, only a few calls wait for it."""

import time
from collections.abc import Callable
from typing import Final

OPEN_AFTER: Final = 2.0
PROBE_EVERY: Final = 1.0


class CircuitBreaker:
    """Opens when calls had no answer for `OPEN_AFTER` seconds, then allows one call each `PROBE_EVERY` seconds.

    One per called system. `clock` returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silent_since: float | None = None
        self._next_probe = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the system is known not to answer."""
        return self._next_probe > 0

    def allows_call(self) -> bool:
        """Whether the caller may call now: always while the breaker is closed, otherwise as a probe."""
        if not self.is_open:
            return True
        if self._clock() < self._next_probe:
            return False
        self._next_probe = self._clock() + PROBE_EVERY
        return True

    def record_answer(self) -> None:
        """Close the breaker: a call had an answer, whatever its status."""
        self._silent_since, self._next_probe = None, 0.0

    def record_silence(self, begun: float) -> None:
        """Record that a call which began at `begun` had no answer."""
        self._silent_since = begun if self._silent_since is None else self._silent_since
        if not self.is_open and self._clock() - self._silent_since >= OPEN_AFTER:
            # The next call is the first probe; it may be a retry.
            self._next_probe = self._clock()
