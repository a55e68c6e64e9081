"""Which rows need to be looked at: through an index where a condition allows it, otherwise all."""

from collections.abc import Callable, Iterable, Iterator

from sandbox.salesforce.schema.model import Row, SObject
from sandbox.salesforce.soql.literals import constant
from sandbox.salesforce.soql.syntax import Among, Both, Compare, Condition, Join, Path
from sandbox.salesforce.store import Store, indexable

Selected = Callable[[Join], frozenset[str]]


def candidates(store: Store, source: SObject, where: Condition | None, selected: Selected) -> Iterable[Row]:
    """The rows that may meet the condition."""
    table = store.tables[source.name]
    for condition in _required(where):
        found = _values(source, condition, selected)
        if found is not None:
            name, wanted = found
            return _by_id(table.rows, wanted) if name == "Id" else table.holding(name, wanted)
    return table.rows.values()


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
    steps = condition.operand.steps
    field = source.field_named(steps[0]) if len(steps) == 1 else None
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
