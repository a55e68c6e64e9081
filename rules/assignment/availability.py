"""Whether a CSM is available for a hand-over (CSM-2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from rules.common.business_time import WorkingDays, working_day

FAR_FUTURE = date.max
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Absence:
    """An absence in days of the org's time zone; both days belong to it, and part of a day counts as the day.

    Attributes:
        first: None when the calendar has no beginning.
        last: None when the calendar has no end. A day before `first` counts as `first`.
    """

    first: date | None
    last: date | None


@dataclass(frozen=True)
class HandOver:
    """The days on which a CSM must be available.

    Attributes:
        start: the day of the assignment, in the org's time zone.
        days: the number of days after `start` that belong to the hand-over.
        return_buffer: the working days after an absence of more than one day on which a CSM gets no new account.
        working_days: of the organization.
    """

    start: date
    days: int
    return_buffer: int
    working_days: WorkingDays


def away(absences: Iterable[Absence], hand_over: HandOver) -> tuple[date, date] | None:
    """Return the first and last day of the first absence in the hand-over; None when the CSM is available (CSM-2).

    Absences with no working day between them count as one. An absence without a beginning is returned with the
    hand-over's start, one without an end with `FAR_FUTURE`.
    """
    end = hand_over.start + timedelta(days=hand_over.days)
    for first, last in _merged(absences, hand_over.working_days):
        if first <= end and hand_over.start <= last:
            return (hand_over.start if first == date.min else first), last
    return None


def just_back(absences: Iterable[Absence], hand_over: HandOver) -> tuple[date, date] | None:
    """Return the day of return and the first day after the buffer; None outside of every buffer (CSM-2)."""
    for first, last in reversed(_merged(absences, hand_over.working_days)):
        if first < last < hand_over.start:
            buffer_ends = working_day(last, hand_over.return_buffer, hand_over.working_days)
            back_on = working_day(last, 1, hand_over.working_days)
            return (back_on, buffer_ends + _DAY) if hand_over.start <= buffer_ends else None
    return None


def _merged(absences: Iterable[Absence], working_days: WorkingDays) -> list[tuple[date, date]]:
    """Merge absences with no working day between them, in order, as first and last day."""
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
