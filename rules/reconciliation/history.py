"""The number of offenders of each day, for the picture of the last 30 days (REC-2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rules.reconciliation.report import Report

DAYS = 30
"""The days of the picture."""


@dataclass(frozen=True)
class DayCount:
    """The offenders of one day.

    Attributes:
        counts: open offenders by sentence, without sentences that have none.
    """

    day: date
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of all open offenders."""
        return sum(self.counts.values())


def with_today(earlier: Sequence[DayCount], report: Report, today: date) -> tuple[DayCount, ...]:
    """Add today's report to the history; a second report of a day replaces the first, and old days are dropped.

    Args:
        earlier: in the order of days.
        report: of today.
        today: in the org's time zone.
    """
    counts = {section.sentence.key: section.count for section in report.sections if section.count}
    first = today - timedelta(days=DAYS - 1)
    return (*(one for one in earlier if first <= one.day < today), DayCount(today, counts))
