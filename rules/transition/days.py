"""Parse dates as people and spreadsheets write them; ambiguous dates are refused (TRN-2)."""

import re
from datetime import date, datetime, timedelta

from rules.common.text import shorten

_SHOWN = 60
_EPOCH = date(1899, 12, 30)
_SERIALS = range(36526, 73051)
"""The serial numbers of spreadsheets for the years 2000 to 2099."""
_FORMS = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y"),
    *("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d-%b-%Y", "%d-%B-%Y"),
)
_EITHER_WAY = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4})(?: 0?0:00(?::00)?)?")
_SERIAL = re.compile(r"([0-9]{5})(?:\.0+)?")


def day(word: str) -> date:
    """Parse a date; a time of day other than midnight is refused.

    Raises:
        ValueError: the text is not a date, or is ambiguous; the message says how to write it.
    """
    if both := _EITHER_WAY.fullmatch(word):
        return _either_way(word, int(both[1]), int(both[3]), int(both[4]))
    for form in _FORMS:
        try:
            found = datetime.strptime(word, form)  # noqa: DTZ007 - a day, no instant
        except ValueError:
            continue
        if found.time() == datetime.min.time():
            return found.date()
    serial = _SERIAL.fullmatch(word)
    if serial and int(serial[1]) in _SERIALS:
        return _EPOCH + timedelta(days=int(serial[1]))
    raise _no_day(word)


def _either_way(word: str, first: int, second: int, year: int) -> date:
    """Parse month and day in either order, as in `3/31/2027` and `31/3/2027`; refuse a date with both readings."""
    days = {found for month, number in ((first, second), (second, first)) if (found := _date(year, month, number))}
    if len(days) > 1:
        one, other = sorted(days)
        raise ValueError(
            f"{shorten(word, _SHOWN)} can mean {one.day} {one:%B} or {other.day} {other:%B}. Write {one} or {other}."
        )
    for found in days:
        return found
    raise _no_day(word)


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _no_day(word: str) -> ValueError:
    return ValueError(f"{shorten(word, _SHOWN)} is not a date. Write it like 2027-03-31.")
