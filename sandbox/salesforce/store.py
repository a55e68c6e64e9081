"""The org's records in memory: tables, indexes made when first asked for, and undo."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sandbox.salesforce import ids, schema
from sandbox.salesforce.schema.model import Field, Row

Index = dict[Any, dict[str, None]]


class Change(NamedTuple):
    """One record before and after; None where it was not, or is no longer."""

    object: str
    before: Row | None
    after: Row | None


class Bounds(NamedTuple):
    """A range of ids; None where there is no such bound."""

    above: str | None = None
    least: str | None = None
    below: str | None = None
    most: str | None = None


class Table:
    """The records of one object. A stored row is never altered, only replaced: it can be kept."""

    def __init__(self, prefix: str) -> None:
        self.rows: dict[str, Row] = {}
        self._indexes: dict[str, Index] = {}
        self._orders: dict[str, list[tuple[str, str]]] = {}
        self._prefix = prefix
        self._number = 0

    def following(self) -> tuple[str, int]:
        """The next record's id and its running number."""
        self._number += 1
        return ids.record_id(self._prefix, self._number), self._number

    def skip(self, numbers: int) -> None:
        """Leave so many ids out."""
        self._number += numbers

    def replace(self, record_id: str, row: Row | None) -> Row | None:
        """Put a row in the place of another; answers what was there."""
        before = self.rows.get(record_id)
        for field, index in self._indexes.items():
            _move(index, record_id, before and before.get(field), row and row.get(field))
        for field, order in self._orders.items():
            _reorder(order, record_id, (before or {}).get(field), (row or {}).get(field))
        if row is None:
            self.rows.pop(record_id, None)
        else:
            self.rows[record_id] = row
        return before

    def holding(self, field: str, values: Iterable[Any]) -> Iterator[Row]:
        """The rows whose field holds one of the values (text is compared without case)."""
        index = self._index(field)
        for key in dict.fromkeys(_key(value) for value in values):
            for record_id in index.get(key, ()):
                yield self.rows[record_id]

    def between(self, field: str, bounds: Bounds) -> Iterator[Row]:
        """The rows whose id or look-up lies within bounds, in its order, as the table is now."""
        if field not in self._orders:
            values = ((row.get(field), record_id) for record_id, row in self.rows.items())
            self._orders[field] = sorted((value, record_id) for value, record_id in values if value is not None)
        order, rows = self._orders[field], self.rows
        first = bisect_left(order, bounds.least, key=_value) if bounds.least else 0
        first = max(first, bisect_right(order, bounds.above, key=_value) if bounds.above else 0)
        last = bisect_right(order, bounds.most, key=_value) if bounds.most else len(order)
        last = min(last, bisect_left(order, bounds.below, key=_value) if bounds.below else len(order))
        return (rows[order[place][1]] for place in range(first, last))

    def _index(self, field: str) -> Index:
        if field not in self._indexes:
            index: Index = {}
            for record_id, row in self.rows.items():
                index.setdefault(_key(row.get(field)), {})[record_id] = None
            self._indexes[field] = index
        return self._indexes[field]


def _key(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _value(entry: tuple[str, str]) -> str:
    return entry[0]


def _reorder(order: list[tuple[str, str]], record_id: str, before: str | None, after: str | None) -> None:
    if before == after:
        return
    if before is not None:
        del order[bisect_left(order, (before, record_id))]
    if after is not None:
        insort(order, (after, record_id))


def _move(index: Index, record_id: str, before: Any, after: Any) -> None:
    index.get(_key(before), {}).pop(record_id, None)
    index.setdefault(_key(after), {})[record_id] = None


def indexable(field: Field) -> bool:
    """Salesforce indexes ids, look-ups and external ids."""
    return field.type in ("id", "reference") or field.external_id or field.unique


class Store:
    """All tables, and the transaction that is running.

    Attributes:
        listeners: told of every change once it is certain.
    """

    def __init__(self) -> None:
        self.tables = {name: Table(known.prefix) for name, known in schema.EVERY.items()}
        self.listeners: list[Callable[[list[Change]], None]] = []
        self._log: list[Change] = []
        self._depth = 0

    def skip(self, numbers: int) -> None:
        """Leave so many ids of every object out."""
        for table in self.tables.values():
            table.skip(numbers)

    def live(self, object_name: str, record_id: str) -> Row | None:
        """A record that is not in the bin."""
        row = self.tables[object_name].rows.get(record_id)
        return None if row is None or row["IsDeleted"] else row

    def named(self, record_id: str | None) -> tuple[str, Row] | None:
        """A record of any object, by its id alone."""
        known = schema.BY_PREFIX.get((record_id or "")[:3])
        row = known and self.tables[known.name].rows.get(record_id or "")
        return (known.name, row) if known and row else None

    def put(self, object_name: str, row: Row) -> None:
        """Store a record in place of what has its id, inside a transaction."""
        assert self._depth, "a record is stored outside a transaction"
        before = self.tables[object_name].replace(row["Id"], row)
        self._log.append(Change(object_name, before, row))

    def load(self, object_name: str, rows: Iterable[Row]) -> None:
        """Fill a table while a world is built: nobody is told, nothing is undone."""
        table = self.tables[object_name]
        for row in rows:
            table.replace(row["Id"], row)

    @contextmanager
    def transaction(self, *, told: bool = True) -> Iterator[list[Change]]:
        """Undo every change when the block raises; the outermost one tells the listeners what was done.

        The list it gives is filled with the changes when the block ends well.

        Args:
            told: false where a world is built: its records were always there.
        """
        mark = len(self._log)
        done: list[Change] = []
        self._depth += 1
        try:
            yield done
        except BaseException:
            self._undo(mark)
            raise
        finally:
            self._depth -= 1
        done.extend(self._log[mark:])
        if not self._depth:
            self._log = []
            for listener in self.listeners if done and told else ():
                listener(done)

    def _undo(self, mark: int) -> None:
        for change in reversed(self._log[mark:]):
            row = change.after or change.before
            assert row is not None
            self.tables[change.object].replace(row["Id"], change.before)
        del self._log[mark:]
