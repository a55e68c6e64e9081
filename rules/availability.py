"""Whether a CSM is there for a hand-over (CSM-2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

FAR_FUTURE = date.max
_LONG = timedelta(days=1)


@dataclass(frozen=True)
class Absence:
    """Days out of office in the org's time zone, both inclusive; half a day counts as the day.

    Attributes:
        first: None when the calendar names no beginning: away since ever.
        last: None when the calendar names no end: away until further notice. A day before `first` counts as `first`.
    """

    first: date | None
    last: date | None


@dataclass(frozen=True)
class HandOver:
    """The days on which a CSM must be there.

    Attributes:
        start: the day of the assignment, in the org's time zone.
        days: how many days after it still belong to the hand-over.
        return_buffer: days after an absence of more than one day in which nobody is given a new account.
    """

    start: date
    days: int
    return_buffer: int


def away(absences: Iterable[Absence], hand_over: HandOver) -> tuple[date, date] | None:
    """The first absence that touches the hand-over, as first and last day; None for who is there (CSM-2).

    Absences that overlap or follow one another are one. An open beginning is given as the hand-over's start, or as the
    last day where that is earlier; an open end as `FAR_FUTURE`.
    """
    end = hand_over.start + timedelta(days=hand_over.days)
    for first, last in _merged(absences):
        buffer = timedelta(days=hand_over.return_buffer) if last > first else timedelta()
        if first <= end and hand_over.start - last <= buffer:
            return (min(hand_over.start, last) if first == date.min else first), last
    return None


def _merged(absences: Iterable[Absence]) -> list[tuple[date, date]]:
    spans: list[tuple[date, date]] = []
    for first, last in sorted(map(_span, absences)):
        if spans and (spans[-1][1] == FAR_FUTURE or first <= spans[-1][1] + _LONG):
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    return spans


def _span(absence: Absence) -> tuple[date, date]:
    first = absence.first or date.min
    return first, FAR_FUTURE if absence.last is None else max(first, absence.last)
