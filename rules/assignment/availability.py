"""Whether a CSM is available for a hand-over (CSM-2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from rules.common.business_time import WorkingDays, working_day

FAR_FUTURE = date.max
_DAY = timedelta(days=1)


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
        return_buffer: working days after an absence of more than one day in which nobody is given a new account.
        working_days: of the organization.
    """

    start: date
    days: int
    return_buffer: int
    working_days: WorkingDays


def away(absences: Iterable[Absence], hand_over: HandOver) -> tuple[date, date] | None:
    """The first absence that touches the hand-over, as first and last day; None for who is there (CSM-2).

    Absences are one when they overlap or no working day lies between them. An open beginning is given as the
    hand-over's start, an open end as `FAR_FUTURE`.
    """
    end = hand_over.start + timedelta(days=hand_over.days)
    for first, last in _merged(absences, hand_over.working_days):
        if first <= end and hand_over.start <= last:
            return (hand_over.start if first == date.min else first), last
    return None


def just_back(absences: Iterable[Absence], hand_over: HandOver) -> tuple[date, date] | None:
    """When a CSM came back in whose return buffer the hand-over would start, and the first day after that buffer.

    None outside of every buffer (CSM-2).
    """
    for first, last in reversed(_merged(absences, hand_over.working_days)):
        if first < last < hand_over.start:
            buffer_ends = working_day(last, hand_over.return_buffer, hand_over.working_days)
            back_on = working_day(last, 1, hand_over.working_days)
            return (back_on, buffer_ends + _DAY) if hand_over.start <= buffer_ends else None
    return None


def _merged(absences: Iterable[Absence], working_days: WorkingDays) -> list[tuple[date, date]]:
    """The absences in order, as first and last day, at least one working day between any two."""
    spans: list[tuple[date, date]] = []
    for first, last in sorted(map(_span, absences)):
        if spans and (spans[-1][1] == FAR_FUTURE or first <= working_day(spans[-1][1], 1, working_days)):
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    return spans


def _span(absence: Absence) -> tuple[date, date]:
    first = absence.first or date.min
    return first, FAR_FUTURE if absence.last is None else max(first, absence.last)
