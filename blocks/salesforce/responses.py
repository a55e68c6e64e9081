"""Salesforce's answers, checked for what was promised before anybody relies on them."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from blocks.common.errors import UnexpectedResponse
from blocks.salesforce.errors import SYSTEM

_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'", re.DOTALL)
_SUBQUERY = re.compile(r"(\w*)\s*\(\s*SELECT\b[^()]*?\bFROM\s+(\w+)", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_INNERMOST = re.compile(r"\([^()]*\)")
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """One page of a query; `next_url` is None on the last."""

    records: list[dict[str, Any]]
    next_url: str | None


@dataclass(frozen=True)
class Report:
    """What a report answered: its rows' cells as texts, and the metadata to narrow it by."""

    rows: list[list[str]]
    all_data: bool
    columns: list[str]
    filters: list[Any]
    logic: str | None


RestOf = Callable[[Page], list[dict[str, Any]]]


def as_object(what: str, value: Any) -> dict[str, Any]:
    """The value as a JSON object."""
    if not isinstance(value, dict):
        raise UnexpectedResponse(SYSTEM, f"{what}: the answer is not an object")
    return value


def objects(what: str, parent: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The field as a list of JSON objects."""
    value = parent.get(field)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UnexpectedResponse(SYSTEM, f"{what}: {field} is missing or not a list of objects")
    return value


def page(value: Any) -> Page:
    """A page of a query."""
    found = as_object("query", value)
    records = objects("query", found, "records")
    done, following = found.get("done"), found.get("nextRecordsUrl")
    if not isinstance(done, bool):
        raise UnexpectedResponse(SYSTEM, "query: done is missing")
    if done:
        return Page(records, None)
    # The address is joined to the org's host: anything but a plain path would take the token elsewhere.
    if not isinstance(following, str) or not re.fullmatch(r"/services/data/[\w./-]+", following):
        raise UnexpectedResponse(SYSTEM, "query: nextRecordsUrl is missing or not a path of the API")
    return Page(records, following)


def child_relationships(soql: str) -> frozenset[str]:
    """The names a query's child subqueries answer under, which are null when a child has no rows."""
    found = _SUBQUERY.findall(_LITERAL.sub("''", soql))
    return frozenset(name for before, name in found if before.upper() != "IN")


def plain_record(record: dict[str, Any], children: AbstractSet[str], rest_of: RestOf) -> dict[str, Any]:
    """A record without `attributes`, its parents likewise, its child subqueries as lists."""
    plain = {name: _plain(value, rest_of) for name, value in record.items() if name != "attributes"}
    return plain | {name: [] for name in children if name in plain and plain[name] is None}


def _plain(value: Any, rest_of: RestOf) -> Any:
    if not isinstance(value, dict):
        return value
    if "records" in value and "done" in value:
        return [plain_record(child, frozenset(), rest_of) for child in rest_of(page(value))]
    return plain_record(value, frozenset(), rest_of)


def created(value: Any) -> str:
    """The id of a record that was made."""
    found = as_object("create", value)
    made = found.get("id")
    if found.get("success") is not True or not isinstance(made, str) or not _ID.fullmatch(made):
        raise UnexpectedResponse(SYSTEM, "create: the id of the new record is missing")
    return made


def report(value: Any) -> Report:
    """A tabular report with its details."""
    found = as_object("report", value)
    metadata = as_object("report", found.get("reportMetadata"))
    facts = as_object("report", found.get("factMap"))
    all_data, columns, filters = (
        found.get("allData"),
        metadata.get("detailColumns"),
        metadata.get("reportFilters"),
    )
    if not isinstance(all_data, bool) or not isinstance(columns, list):
        raise UnexpectedResponse(SYSTEM, "report: allData or detailColumns is missing")
    groups = [as_object("report", group) for group in facts.values()]
    rows = [_cells(row) for group in groups if "rows" in group for row in objects("report", group, "rows")]
    logic = metadata.get("reportBooleanFilter")
    return Report(
        rows=rows,
        all_data=all_data,
        columns=[str(column) for column in columns],
        filters=filters if isinstance(filters, list) else [],
        logic=logic if isinstance(logic, str) and logic else None,
    )


def _cells(row: dict[str, Any]) -> list[str]:
    return [str(cell.get("value")) for cell in objects("report", row, "dataCells")]


def report_names(found: Report, record_id: str) -> bool:
    """Whether a cell holds the record's id; reports give ids with 15 or with 18 characters."""
    return any(_ID.fullmatch(cell) and cell[:15] == record_id[:15] for row in found.rows for cell in row)


def narrowed(found: Report, record_id: str) -> dict[str, Any]:
    """The body that asks for the same report, filtered to one record besides the filters it has."""
    column = next((_id_column(row, found.columns, record_id[:3]) for row in found.rows), None)
    if column is None:
        raise UnexpectedResponse(SYSTEM, "report: it lists no record ids. Add the id as a column to the report")
    by_record = {"column": column, "operator": "equals", "value": record_id}
    metadata: dict[str, Any] = {"reportFilters": [*found.filters, by_record]}
    if found.logic:
        metadata["reportBooleanFilter"] = f"({found.logic}) AND {len(found.filters) + 1}"
    return {"reportMetadata": metadata}


def _id_column(cells: list[str], columns: list[str], prefix: str) -> str | None:
    pairs = zip(cells, columns, strict=False)
    return next((column for cell, column in pairs if _ID.fullmatch(cell) and cell.startswith(prefix)), None)


def asked_object(soql: str) -> str:
    """The object that a query asks for: the query itself is not repeated."""
    flat, before = _LITERAL.sub("''", soql), ""
    while flat != before:
        flat, before = _INNERMOST.sub("", flat), flat
    found = _FROM.search(flat)
    return found[1] if found else "an object"
