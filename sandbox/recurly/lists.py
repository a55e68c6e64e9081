"""Recurly's lists: filters, order, pages by cursor, and the count that HEAD brings."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from sandbox.errors import Refused
from sandbox.recurly.objects import timestamp

_LONGEST_PAGE: Final = 200
_USUAL_PAGE: Final = 20
_SORTS: Final = ("created_at", "updated_at")

Row = dict[str, Any]
Place = tuple[str, int]
"""Where a row stands in an order: its time, then the number it was made under."""


class Table:
    """Rows in the order they were made, and the orders they are listed in."""

    def __init__(self) -> None:
        self.rows: Final[list[Row]] = []
        self._orders: dict[str, list[tuple[Place, Row]]] = {}

    def add(self, row: Row) -> None:
        """Take a new row."""
        self.rows.append(row)
        self.changed()

    def changed(self) -> None:
        """Forget the orders: a row is new or has another time."""
        self._orders.clear()

    def ordered(self, sort: str) -> list[tuple[Place, Row]]:
        """The rows by their time, oldest first."""
        if sort not in self._orders:
            placed = (((row[sort], number), row) for number, row in enumerate(self.rows))
            self._orders[sort] = sorted(placed, key=_by_place)
        return self._orders[sort]


def page(table: Table, path: str, params: Mapping[str, str], wanted: Callable[[Row], bool]) -> dict[str, Any]:
    """One page as Recurly sends it; `next` holds the whole question of the following page.

    Raises:
        Refused: a parameter that Recurly does not accept.
    """
    limit = _limit(params)
    found = list(islice(((place, row) for place, row in _walk(table, params) if wanted(row)), limit + 1))
    more = len(found) > limit
    following = None
    if more:
        following = f"{path}?{urlencode({**params, 'cursor': _cursor(found[limit - 1][0])})}"
    return {
        "object": "list",
        "has_more": more,
        "next": following,
        "data": [row for _, row in found[:limit]],
    }


def count(table: Table, params: Mapping[str, str], wanted: Callable[[Row], bool]) -> int:
    """How many rows the whole list has."""
    return sum(1 for _, row in _walk(table, {**params, "cursor": ""}) if wanted(row))


def _walk(table: Table, params: Mapping[str, str]) -> Iterator[tuple[Place, Row]]:
    """The rows from the cursor on, in the asked order, within the asked times."""
    sort = _one_of(params, "sort", _SORTS)
    ordered = table.ordered(sort)
    descending = _one_of(params, "order", ("desc", "asc")) == "desc"
    first = bisect_left(ordered, (_instant(params, "begin_time", ""), -1), key=_by_place)
    last = bisect_right(ordered, (_instant(params, "end_time", "~"), len(ordered)), key=_by_place)
    if params.get("cursor"):
        reached = _place(params["cursor"])
        if descending:
            last = min(last, bisect_left(ordered, reached, key=_by_place))
        else:
            first = max(first, bisect_right(ordered, reached, key=_by_place))
    numbers = range(last - 1, first - 1, -1) if descending else range(first, last)
    return (ordered[number] for number in numbers)


def _by_place(placed: tuple[Place, Row]) -> Place:
    return placed[0]


def _limit(params: Mapping[str, str]) -> int:
    asked = params.get("limit", str(_USUAL_PAGE))
    if not asked.isdecimal() or not 1 <= int(asked) <= _LONGEST_PAGE:
        raise _bad("limit", f"must be a number from 1 to {_LONGEST_PAGE}")
    return int(asked)


def _one_of(params: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    asked = params.get(name, choices[0])
    if asked not in choices:
        raise _bad(name, f"must be one of {', '.join(choices)}")
    return asked


def _instant(params: Mapping[str, str], name: str, default: str) -> str:
    if not params.get(name):
        return default
    try:
        given = datetime.fromisoformat(params[name])
    except ValueError:
        raise _bad(name, "must be an ISO 8601 time") from None
    return timestamp(given.replace(tzinfo=given.tzinfo or UTC).astimezone(UTC))


def _cursor(place: Place) -> str:
    return urlsafe_b64encode(f"{place[0]} {place[1]}".encode()).decode()


def _place(cursor: str) -> Place:
    try:
        time, number = urlsafe_b64decode(cursor).decode().split(" ")
        return time, int(number)
    except ValueError:
        raise _bad("cursor", "is not one of ours") from None


def _bad(name: str, message: str) -> Refused:
    return Refused(400, "bad_request", f"{name} {message}", params=[{"param": name, "message": message}])
