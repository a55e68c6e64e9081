"""How fast the comparison may read Salesforce, so that interactive work keeps its daily calls (REC-2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SLOW_FROM = 0.8
"""The part of the limit above which the comparison slows down."""


class Pace(StrEnum):
    """The next step of the comparison."""

    GO_ON = "go on"
    SLOW_DOWN = "slow down"
    STOP = "stop"


@dataclass(frozen=True)
class CallsUsed:
    """The calls to Salesforce of the last 24 hours, of everybody, and the allowance."""

    used: int
    allowed: int

    @classmethod
    def of(cls, row: Mapping[str, int] | None) -> "CallsUsed | None":
        """The calls from a kept result; None when Salesforce did not say."""
        return cls(row["used"], row["allowed"]) if row else None

    @property
    def percent(self) -> float:
        """The share of the allowance."""
        return 100 * self.used / self.allowed if self.allowed else 100.0


def pace(calls: CallsUsed | None, most_percent: int) -> Pace:
    """Decide whether the next page is read now, later, or not at all.

    Args:
        calls: from the latest response of Salesforce; None when it did not say.
        most_percent: the share of the allowance above which the comparison stops.
    """
    if calls is None or calls.percent < SLOW_FROM * most_percent:
        return Pace.GO_ON
    return Pace.SLOW_DOWN if calls.percent < most_percent else Pace.STOP
