"""Working days and business hours: when a person can be expected to answer, or to take an account over."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class WorkingDays:
    """The days on which the organization works.

    Attributes:
        days: days of the week, 0 is Monday; at least one.
        holidays: days on which nobody works, whatever day of the week they are.

    Raises:
        ValueError: there is no working day.
    """

    days: frozenset[int]
    holidays: frozenset[date]

    def __post_init__(self) -> None:
        if not self.days:
            raise ValueError("Without a working day there are no business hours")


@dataclass(frozen=True)
class BusinessHours(WorkingDays):
    """The hours of every working day.

    Attributes:
        zone: the time zone of the days and hours.
        opens: a time of the local clock, before `closes`.
        closes: a time of the local clock.

    Raises:
        ValueError: there is no working day, or the hours never begin.
    """

    zone: ZoneInfo
    opens: time
    closes: time

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.opens >= self.closes:
            raise ValueError(f"Business hours from {self.opens} to {self.closes} never begin")

    @property
    def length(self) -> timedelta:
        """The length of a business day."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)


def is_working_day(day: date, working_days: WorkingDays) -> bool:
    """Whether the organization works on a day."""
    return day.weekday() in working_days.days and day not in working_days.holidays


def day_off(day: date, working_days: WorkingDays) -> str:
    """Why nobody works on a day: `Saturday is not a working day`; "" for a working day."""
    if is_working_day(day, working_days):
        return ""
    return f"{day} is a holiday" if day in working_days.holidays else f"{day:%A} is not a working day"


def working_day(day: date, number: int, working_days: WorkingDays) -> date:
    """The nth working day after a day, or before it for a negative number; the day itself for 0.

    The first and the last day of the calendar count as working days.
    """
    step = _DAY if number > 0 else -_DAY
    for _ in range(abs(number)):
        day = _stepped(day, step)
        while not is_working_day(day, working_days) and date.min < day < date.max:
            day += step
    return day


def _stepped(day: date, step: timedelta) -> date:
    return day if day == (date.max if step > timedelta(0) else date.min) else day + step


def elapsed(start: datetime, end: datetime, hours: BusinessHours) -> timedelta:
    """Return the business time between two aware moments; 0 when the end is not after the start.

    Every working day has the same length, also a day on which the clock changes.
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
    """Return the time that the local clock shows, without its zone.

    During the hour that the clock shows twice it counts as stopped: otherwise elapsed time would shrink.
    """
    shown = moment.astimezone(UTC).astimezone(zone)
    while shown.fold:
        minute = shown.replace(second=0, microsecond=0)
        shown = (minute.astimezone(UTC) + _MINUTE).astimezone(zone)
    return shown.replace(tzinfo=None)
