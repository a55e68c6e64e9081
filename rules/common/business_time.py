"""How much business time lies between two moments: the hours in which a person can be expected to answer."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class BusinessHours:
    """When the house is open.

    Attributes:
        zone: whose clock and calendar the following are.
        opens: a time of the local clock, before `closes`.
        days: days of the week, 0 is Monday; at least one.
        holidays: days without business, whatever day of the week they are.

    Raises:
        ValueError: it would never be open.
    """

    zone: ZoneInfo
    opens: time
    closes: time
    days: frozenset[int]
    holidays: frozenset[date]

    def __post_init__(self) -> None:
        if not self.days:
            raise ValueError("Without a working day there are no business hours")
        if self.opens >= self.closes:
            raise ValueError(f"Business hours from {self.opens} to {self.closes} never begin")

    @property
    def length(self) -> timedelta:
        """How long a business day is."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)


def is_working_day(day: date, hours: BusinessHours) -> bool:
    """Whether there is business on a day at all."""
    return day.weekday() in hours.days and day not in hours.holidays


def elapsed(start: datetime, end: datetime, hours: BusinessHours) -> timedelta:
    """The business time between two aware moments by the local clock; none when the end is not after the start.

    Every working day is equally long, also one on which the clock is changed.
    """
    first, last = _local_clock(start, hours.zone), _local_clock(end, hours.zone)
    days = (first.date() + number * _DAY for number in range((last.date() - first.date()).days + 1))
    open_times = (_open(day, first, last, hours) for day in days if is_working_day(day, hours))
    return sum(open_times, timedelta(0))


def _open(day: date, first: datetime, last: datetime, hours: BusinessHours) -> timedelta:
    """The part of a working day's hours that lies between two times of the local clock."""
    opens, closes = datetime.combine(day, hours.opens), datetime.combine(day, hours.closes)
    return max(min(last, closes) - max(first, opens), timedelta(0))


def _local_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the local clock shows, without its zone.

    In the hour that it shows a second time it is taken to stand still, lest waiting grow shorter as time goes on.
    """
    shown = moment.astimezone(UTC).astimezone(zone)
    while shown.fold:
        minute = shown.replace(second=0, microsecond=0)
        shown = (minute.astimezone(UTC) + _MINUTE).astimezone(zone)
    return shown.replace(tzinfo=None)
