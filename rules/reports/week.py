"""The week of a report, in the org's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """A week from Monday to Sunday.

    Attributes:
        monday: its first day.
        zone: of its days.
    """

    monday: date
    zone: ZoneInfo

    @property
    def sunday(self) -> date:
        """The last day."""
        return self.monday + DAYS - timedelta(days=1)

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.monday, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.monday + DAYS, time(), self.zone)

    def earlier(self, weeks: int) -> "Week":
        """Return the week that many weeks before."""
        return Week(self.monday - weeks * DAYS, self.zone)

    def __contains__(self, moment: datetime | None) -> bool:
        """Whether an aware moment lies in the week; None does not."""
        return moment is not None and self.start <= moment < self.end


def week_of(day: date, zone: ZoneInfo) -> Week:
    """Return the week that has the day."""
    return Week(day - timedelta(days=day.weekday()), zone)
