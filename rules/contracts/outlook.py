"""The services that end on each of the coming days, for a preview (PUB-4)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rules.contracts.sweep import SweepItem


@dataclass(frozen=True)
class OutlookDay:
    """The services whose last day this is.

    Attributes:
        day: the last day of service.
        settled: the clients that end, by name.
        open: the clients with open problems, by name; `why` names the problems.
        mrr: of the settled clients, per month.
    """

    day: date
    settled: tuple[SweepItem, ...]
    open: tuple[SweepItem, ...]
    mrr: Decimal


def outlook(lines: Iterable[SweepItem], first: date, last: date) -> tuple[OutlookDay, ...]:
    """Return the days from `first` to `last` on which a service ends, in order."""
    days: defaultdict[date, list[SweepItem]] = defaultdict(list)
    for line in lines:
        if line.last_day is not None and first <= line.last_day <= last:
            days[line.last_day].append(line)
    return tuple(_day(day, days[day]) for day in sorted(days))


def _day(day: date, lines: Iterable[SweepItem]) -> OutlookDay:
    ordered = sorted(lines, key=lambda line: (line.name, line.client_id))
    settled = [line for line in ordered if not line.why]
    return OutlookDay(
        day,
        tuple(settled),
        tuple(line for line in ordered if line.why),
        sum((line.mrr or Decimal(0) for line in settled), Decimal(0)),
    )
