"""Date literals: `TODAY`, `LAST_N_DAYS:30` and their like, as days from … to before …."""

from collections.abc import Callable
from datetime import date, timedelta

from sandbox.salesforce.errors import malformed_query

Span = tuple[date, date]
_DAY = timedelta(days=1)
_MONTHS = 12


def span(name: str, count: int | None, today: date) -> Span:
    """The first day of a literal and the first day after it.

    Raises:
        SalesforceError: MALFORMED_QUERY, when the literal is not known.
    """
    try:
        if count is None:
            return _FIXED[name](today)
        return _COUNTED[name](today, count)
    except KeyError:
        raise malformed_query(f"unexpected token: '{name}'") from None
    except OverflowError:
        raise malformed_query(f"value out of range: '{name}:{count}'") from None


def _days(today: date, start: int, end: int) -> Span:
    return today + start * _DAY, today + end * _DAY


def _months(today: date, start: int, end: int) -> Span:
    return _month(today, start), _month(today, end)


def _month(today: date, ahead: int) -> date:
    years, month = divmod(today.month - 1 + ahead, _MONTHS)
    if not date.min.year <= today.year + years <= date.max.year:
        raise OverflowError
    return date(today.year + years, month + 1, 1)


def _weeks(today: date, start: int, end: int) -> Span:
    sunday = today - _DAY * (today.isoweekday() % 7)
    return sunday + 7 * start * _DAY, sunday + 7 * end * _DAY


def _quarters(today: date, start: int, end: int) -> Span:
    first = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return _months(first, 3 * start, 3 * end)


def _years(today: date, start: int, end: int) -> Span:
    return _months(today.replace(month=1), _MONTHS * start, _MONTHS * end)


_UNITS: dict[str, Callable[[date, int, int], Span]] = {
    "WEEK": _weeks, "MONTH": _months, "QUARTER": _quarters, "YEAR": _years,
}  # fmt: skip
_PLACES = {"LAST": (-1, 0), "THIS": (0, 1), "NEXT": (1, 2)}


def _placed(unit: Callable[[date, int, int], Span], start: int, end: int) -> Callable[[date], Span]:
    return lambda today: unit(today, start, end)


_FIXED: dict[str, Callable[[date], Span]] = {
    "YESTERDAY": _placed(_days, -1, 0),
    "TODAY": _placed(_days, 0, 1),
    "TOMORROW": _placed(_days, 1, 2),
    "LAST_90_DAYS": _placed(_days, -90, 1),
    "NEXT_90_DAYS": _placed(_days, 1, 91),
} | {f"{place}_{name}": _placed(unit, *ends) for name, unit in _UNITS.items() for place, ends in _PLACES.items()}

_COUNTED: dict[str, Callable[[date, int], Span]] = {
    # Today belongs to the last n days, and not to the next n.
    "LAST_N_DAYS": lambda today, n: _days(today, -n, 1),
    "NEXT_N_DAYS": lambda today, n: _days(today, 1, n + 1),
    "N_DAYS_AGO": lambda today, n: _days(today, -n, 1 - n),
    "LAST_N_MONTHS": lambda today, n: _months(today, -n, 0),
    "NEXT_N_MONTHS": lambda today, n: _months(today, 1, n + 1),
}
