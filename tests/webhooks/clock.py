"""A clock that a test sets."""

from dataclasses import dataclass


@dataclass
class Clock:
    """Seconds that pass when told."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now
