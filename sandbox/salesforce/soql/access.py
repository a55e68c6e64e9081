"""Which rows need to be looked at: through an index where a condition allows it, otherwise all."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from sandbox.salesforce.schema.model import Field, Row, SObject
from sandbox.salesforce.soql.literals import constant
from sandbox.salesforce.soql.syntax import Among, Both, Compare, Condition, Join, Path, Query
from sandbox.salesforce.store import Bounds, Store, indexable

Selected = Callable[[Join], frozenset[str]]
_BOUNDS: Final = {">": "above", ">=": "least", "<": "below", "<=": "most"}


class Candidates(NamedTuple):
    """The rows that may meet a condition; `ordered_by`: the field in whose order they come, "" for none."""

    rows: Iterable[Row]
    ordered_by: str = ""

    def come_as_asked(self, source: SObject, query: Query) -> bool:
        """Whether their order is the statement's, so that the first rows that meet its condition are its result."""
        first = query.order[0] if query.order else None
        if first is None or first.descending or self.ordered_by != "Id" or not isinstance(first.operand, Path):
            return False
        field = _own_field(source, first.operand)
        return field is not None and field.name == "Id"


def candidates(store: Store, source: SObject, where: Condition | None, selected: Selected) -> Candidates:
    """The rows that may meet the condition."""
    table, conditions = store.tables[source.name], list(_required(where))
    for condition in conditions:
        found = _values(source, condition, selected)
        if found is not None:
            name, wanted = found
            return Candidates(_by_id(table.rows, wanted) if name == "Id" else table.holding(name, wanted))
    bounds = _bounds(source, conditions)
    for name in sorted(bounds, key=lambda name: name != "Id"):
        return Candidates(table.between(name, bounds[name]), name)
    return Candidates(table.rows.values())


def _bounds(source: SObject, conditions: Iterable[Condition]) -> dict[str, Bounds]:
    """The ranges of ids and look-ups, by field; of several bounds of one kind any is right, as each row is tested."""
    bounds: dict[str, Bounds] = {}
    for condition in conditions:
        if not isinstance(condition, Compare) or condition.operator not in _BOUNDS:
            continue
        field = _own_field(source, condition.operand) if isinstance(condition.operand, Path) else None
        if field is not None and field.type in ("id", "reference"):
            bound = {_BOUNDS[condition.operator]: constant(field, condition.value)}
            bounds[field.name] = bounds.get(field.name, Bounds())._replace(**bound)
    return bounds


def _own_field(source: SObject, path: Path) -> Field | None:
    return source.field_named(path.steps[0]) if len(path.steps) == 1 else None


def _required(where: Condition | None) -> Iterator[Condition]:
    """The conditions without which no row is chosen."""
    if isinstance(where, Both) and where.every:
        for part in where.conditions:
            yield from _required(part)
    elif where is not None:
        yield where


def _values(source: SObject, condition: Condition, selected: Selected) -> tuple[str, Iterable[object]] | None:
    if not isinstance(condition, Compare | Among | Join) or not isinstance(condition.operand, Path):
        return None
    field = _own_field(source, condition.operand)
    if field is None or not indexable(field):
        return None
    if isinstance(condition, Compare):
        return (field.name, [constant(field, condition.value)]) if condition.operator == "=" else None
    if condition.negated:
        return None
    if isinstance(condition, Join):
        return field.name, sorted(selected(condition))
    return field.name, [constant(field, value) for value in condition.values]


def _by_id(rows: dict[str, Row], wanted: Iterable[object]) -> Iterator[Row]:
    for record_id in dict.fromkeys(wanted):
        row = rows.get(record_id) if isinstance(record_id, str) else None
        if row is not None:
            yield row
