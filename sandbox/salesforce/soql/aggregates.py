"""COUNT, SUM and their like, over all rows or by group."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.salesforce.errors import SalesforceError, malformed_query
from sandbox.salesforce.schema.model import NUMBERS, Field, Row, SObject
from sandbox.salesforce.soql.columns import Getter, column
from sandbox.salesforce.soql.literals import fold, keyed
from sandbox.salesforce.soql.syntax import Call, Operand, Path, Query
from sandbox.salesforce.store import Store

_MOST_GROUPS = 2_000
_TEXTS = frozenset({"string", "picklist", "email", "phone", "url", "id", "reference", "combobox"})
_SUMMED: frozenset[str] = NUMBERS
_ORDERED = NUMBERS | {"date", "datetime"} | _TEXTS
_COUNTED = _ORDERED | {"boolean"}


def _extreme(choose: Callable[..., Any]) -> Callable[[Field, list[Any]], Any]:
    return lambda field, given: choose(given, key=fold(field)) if given else None


_FUNCTIONS: dict[str, tuple[Callable[[Field, list[Any]], Any], frozenset[str]]] = {
    "COUNT": (lambda _, given: len(given), _COUNTED),
    "COUNT_DISTINCT": (lambda field, given: len(set(map(fold(field), given))), _COUNTED),
    "SUM": (lambda _, given: sum(given) if given else None, _SUMMED),
    "AVG": (lambda _, given: sum(given) / len(given) if given else None, _SUMMED),
    "MIN": (_extreme(min), _ORDERED),
    "MAX": (_extreme(max), _ORDERED),
}


def is_count(query: Query) -> bool:
    """`SELECT COUNT() FROM …`: only the number of rows is wanted."""
    return any(item.what == Call("COUNT", None) for item in query.items)


def is_aggregate(query: Query) -> bool:
    """Whether the answer's records are AggregateResults."""
    return bool(query.group) or any(isinstance(item.what, Call) for item in query.items)


class Aggregation:
    """The groups of a query, and their values by operand."""

    def __init__(self, store: Store, source: SObject, query: Query) -> None:
        self._store, self._source, self._query = store, source, query
        self._keys = [(path, *self._read(path)) for path in query.group]
        self._calls: dict[Operand, tuple[Field, Callable[[list[Row]], Any]]] = {}
        self._names = self._named()

    def groups(self, rows: Iterable[Row]) -> list[Row]:
        """One row a group; values are under the operand's own name (see `operand`)."""
        reads = [keyed(field, get) for _, field, get in self._keys]
        members: dict[tuple[Any, ...], list[Row]] = {} if self._keys else {(): []}
        for row in rows:
            members.setdefault(tuple([read(row) for read in reads]), []).append(row)
        return [self._group(group) for group in members.values()]

    def operand(self, operand: Operand) -> tuple[Field, Getter]:
        """How HAVING and ORDER BY see a group."""
        if isinstance(operand, Path):
            aliased = [item.what for item in self._query.items if item.alias and item.alias == str(operand)]
            operand = next((what for what in aliased if not isinstance(what, Query)), operand)
        field = self._call(operand)[0] if isinstance(operand, Call) else self._grouped(operand)[0]
        name = _spelled(operand)
        return field, lambda group: group.get(name)

    def render(self, group: Row) -> dict[str, Any]:
        """A group as JSON."""
        shown = {name: group[_spelled(what)] for name, what in self._names}
        return {"attributes": {"type": "AggregateResult"}} | shown

    def check_size(self, groups: list[Row]) -> None:
        """Aggregates are not paged."""
        if len(groups) > _MOST_GROUPS:
            raise SalesforceError(
                "EXCEEDED_ID_LIMIT",
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
            )

    def _group(self, rows: list[Row]) -> Row:
        found = {_spelled(path): get(rows[0]) for path, _, get in self._keys}
        return found | {_spelled(call): compute(rows) for call, (_, compute) in self._calls.items()}

    def _named(self) -> list[tuple[str, Operand]]:
        names: list[tuple[str, Operand]] = []
        for item in self._query.items:
            if isinstance(item.what, Query):
                raise malformed_query("subqueries are not allowed in an aggregate query")
            if isinstance(item.what, Call):
                self._call(item.what)
                unnamed = sum(name.startswith("expr") for name, _ in names)
                names.append((item.alias or f"expr{unnamed}", item.what))
            else:
                names.append((item.alias or self._grouped(item.what)[0].name, item.what))
        return names

    def _grouped(self, path: Path) -> tuple[Field, Getter]:
        for known, field, get in self._keys:
            if _spelled(known) == _spelled(path):
                return field, get
        raise malformed_query(f"Field must be grouped or aggregated: {path}")

    def _call(self, call: Call) -> tuple[Field, Callable[[list[Row]], Any]]:
        if call not in self._calls:
            self._calls[call] = self._made(call)
        return self._calls[call]

    def _made(self, call: Call) -> tuple[Field, Callable[[list[Row]], Any]]:
        if call.function not in _FUNCTIONS or call.path is None:
            raise malformed_query(f"unexpected token: '{call.function}'")
        function, allowed = _FUNCTIONS[call.function]
        field, get = self._read(call.path)
        if field.type not in allowed:
            raise malformed_query(f"field {field.name} does not support aggregate operator {call.function}")
        result = field if call.function in ("MIN", "MAX") else Field(_spelled(call), "double")
        return result, lambda rows: function(field, [v for v in map(get, rows) if v is not None])

    def _read(self, path: Path) -> tuple[Field, Getter]:
        found = column(self._source, path)
        return found.field, found.getter(self._store)


def _spelled(operand: Operand) -> str:
    if isinstance(operand, Call):
        return f"{operand.function}({operand.path})".lower()
    return str(operand).lower()
