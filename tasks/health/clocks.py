"""Compare two clocks over a call, without mistaking a slow call for a wrong clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

ALLOWED = timedelta(seconds=2)
"""Clocks may differ by this much."""


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def offset(other: datetime, sent: datetime, answered: datetime, *, exact: timedelta = timedelta()) -> float:
    """By how many seconds another clock is ahead of ours, at least; 0 if it may be right.

    Args:
        other: its time, read between `sent` and `answered`.
        sent: our time before the call.
        answered: our time after the call.
        exact: how much later than `other` it may have been, as in an HTTP header, which leaves out parts of a second.
    """
    if other > answered:
        return (other - answered).total_seconds()
    return min((other + exact - sent).total_seconds(), 0.0)


def date_offset(headers: Mapping[str, str], sent: datetime, answered: datetime) -> float:
    """By how many seconds the clock of an HTTP server is ahead of ours, at least; 0 if its answer has no time."""
    date = headers.get("date")
    return offset(parsedate_to_datetime(date), sent, answered, exact=timedelta(seconds=1)) if date else 0.0
