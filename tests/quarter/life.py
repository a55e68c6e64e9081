"""How long a company or a publication lives in the LMS, by the LMS's own ways."""

from dataclasses import dataclass
from datetime import date
from typing import Any

Fields = dict[str, Any]


@dataclass
class Life:
    """A company or publication of the LMS, as far as its service goes, with the LMS's own ways."""

    status: str = "active"
    last_day: date | None = None
    reason: str | None = None

    def patch(self, today: date, given: Fields) -> None:
        """Take a change; `scheduled` is what is active with a last day to come."""
        for name, value in given.items():
            setattr(self, name, value)
        if given.get("status") == "active" and "last_day" not in given:
            self.last_day = None
        self.settle(today)
        if self.status == "active" and "reason" not in given:
            self.reason = None

    def settle(self, today: date) -> None:
        """Be inactive from the day after the last one."""
        if self.status != "inactive":
            over = self.last_day is not None and self.last_day < today
            self.status = "inactive" if over else "scheduled" if self.last_day else "active"
