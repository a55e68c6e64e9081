"""Running a statement."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sandbox.salesforce import schema
from sandbox.salesforce.errors import SalesforceError, malformed_query
from sandbox.salesforce.schema.model import Field, Row, SObject
from sandbox.salesforce.soql.access import Candidates, candidates
from sandbox.salesforce.soql.aggregates import Aggregation, is_aggregate, is_count
from sandbox.salesforce.soql.columns import Getter, column
from sandbox.salesforce.soql.conditions import Conditions, Resolve
from sandbox.salesforce.soql.literals import keyed
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.selection import Selection
from sandbox.salesforce.soql.syntax import Call, Join, Operand, Path, Query
from sandbox.salesforce.store import Store
from sandbox.state import Clock

_FURTHEST_OFFSET = 2_000


@dataclass(frozen=True)
class Result:
    """The chosen rows, as they were when the statement ran, and how they are shown."""

    total: int
    rows: list[Row]
    render: Callable[[Row, str], dict[str, Any]]


def run(store: Store, clock: Clock, statement: str, *, deleted: bool = False) -> Result:
    """Run a statement.

    Args:
        store: the records.
        clock: what TODAY means.
        statement: SOQL.
        deleted: also the records in the bin (queryAll).

    Raises:
        SalesforceError: MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE and their like.
    """
    return Run(store, clock, deleted=deleted).result(parse(statement))


class Run:
    """One execution; the results of semi-joins are kept for its length."""

    def __init__(self, store: Store, clock: Clock, *, deleted: bool) -> None:
        self._store, self._clock, self._deleted = store, clock, deleted
        self._joins: dict[int, frozenset[str]] = {}

    def result(self, query: Query) -> Result:
        """The outermost statement's rows."""
        source = _source(query.source)
        if is_count(query):
            return self._counted(source, query)
        if is_aggregate(query):
            return self._aggregated(source, query)
        selection = self._selection(source, query)
        rows = self._rows(source, query)
        return Result(len(rows), rows, lambda row, base: selection.render(self._store, row, base))

    def _counted(self, source: SObject, query: Query) -> Result:
        if len(query.items) > 1 or query.group or query.order:
            raise malformed_query("COUNT() must stand alone")
        return Result(len(self._rows(source, query)), [], lambda _row, _base: {})

    def _aggregated(self, source: SObject, query: Query) -> Result:
        aggregation = Aggregation(self._store, source, query)
        groups = aggregation.groups(self._rows(source, replace(query, order=(), limit=None, offset=0)))
        if query.having is not None:
            test = Conditions(aggregation.operand, self._selected, self._clock).test(query.having)
            groups = [group for group in groups if test(group)]
        groups = _cut(_sorted(groups, query, aggregation.operand), query)
        aggregation.check_size(groups)
        return Result(len(groups), groups, lambda group, _base: aggregation.render(group))

    def _rows(self, source: SObject, query: Query, among: Iterable[Row] | None = None) -> list[Row]:
        resolve = self._resolver(source)
        # Compiled before the rows are fetched, so that a wrong statement is refused for being wrong.
        test = None if query.where is None else self._conditions(resolve).test(query.where)
        found = Candidates(among) if among is not None else self._candidates(source, query)
        kept = (row for row in found.rows if (self._deleted or not row["IsDeleted"]) and (test is None or test(row)))
        if query.limit is not None and found.come_as_asked(source, query):
            return _cut(list(islice(kept, query.offset + query.limit)), query)
        return _cut(_sorted(list(kept), query, resolve), query)

    def _candidates(self, source: SObject, query: Query) -> Candidates:
        return candidates(self._store, source, query.where, self._selected)

    def _conditions(self, resolve: Resolve) -> Conditions:
        return Conditions(resolve, self._selected, self._clock)

    def _resolver(self, source: SObject) -> Resolve:
        def resolve(operand: Operand) -> tuple[Field, Getter]:
            if isinstance(operand, Call):
                raise malformed_query(f"unexpected token: '{operand.function}'")
            found = column(source, operand)
            return found.field, found.getter(self._store)

        return resolve

    def _selected(self, join: Join) -> frozenset[str]:
        if id(join) not in self._joins:
            source = _source(join.query.source)
            wanted = [item.what for item in join.query.items]
            if len(wanted) != 1 or not isinstance(wanted[0], Path) or is_aggregate(join.query):
                raise malformed_query("Semi join sub-selects must select exactly one field")
            found = column(source, wanted[0])
            if found.field.type not in ("id", "reference"):
                raise malformed_query("Semi join sub-selects can only select an id or reference field")
            get = found.getter(self._store)
            self._joins[id(join)] = frozenset(filter(None, map(get, self._rows(source, join.query))))
        return self._joins[id(join)]

    def _selection(self, source: SObject, query: Query) -> Selection:
        selection = Selection(source)
        for item in query.items:
            if item.alias:
                raise malformed_query(f"unexpected token: '{item.alias}'")
            if isinstance(item.what, Query):
                self._add_children(selection, item.what)
            elif isinstance(item.what, Path):
                selection.add(item.what)
        return selection

    def _add_children(self, selection: Selection, query: Query) -> None:
        known = schema.CHILDREN.get(selection.source.name, {}).get(query.source.lower())
        if known is None:
            raise SalesforceError(
                "INVALID_TYPE",
                f"Didn't understand relationship '{query.source}' in FROM part of query call. If you are "
                "attempting to use a custom relationship, be sure to append the '__r' after the custom "
                "relationship name. Please reference your WSDL or the describe call for the appropriate "
                "names.",
            )
        if is_aggregate(query) or any(isinstance(item.what, Query) for item in query.items):
            raise malformed_query("a child subquery selects plain fields only")
        child, table = schema.OBJECTS[known.child], self._store.tables[known.child]
        self._rows(child, query, among=())

        def children(row: Row) -> list[Row]:
            return self._rows(child, query, among=table.holding(known.field, [row["Id"]]))

        selection.children[known.name] = (children, self._selection(child, query))


def _source(name: str) -> SObject:
    known = schema.object_named(name)
    if known is None:
        raise SalesforceError(
            "INVALID_TYPE",
            f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
            "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
            "appropriate names.",
        )
    return known


def _sorted(rows: list[Row], query: Query, resolve: Resolve) -> list[Row]:
    for criterion in reversed(query.order):
        field, get = resolve(criterion.operand)
        empty = [row for row in rows if get(row) is None]
        full = [row for row in rows if get(row) is not None]
        full.sort(key=keyed(field, get), reverse=criterion.descending)
        rows = empty + full if criterion.nulls_first else full + empty
    return rows


def _cut(rows: list[Row], query: Query) -> list[Row]:
    if query.offset > _FURTHEST_OFFSET:
        raise SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_FURTHEST_OFFSET}")
    return rows[query.offset :][: query.limit]
