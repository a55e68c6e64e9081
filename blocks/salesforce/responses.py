"""What Salesforce promises in its responses, as models; the records of queries as plain dicts.

A query may bring 50,000 records with child pages, so these are read without models (ADR-12).
"""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, InstanceOf
from typing_extensions import TypedDict

from blocks.common.errors import UnexpectedResponse
from blocks.common.responses import CamelCased
from blocks.salesforce.errors import SYSTEM

RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'", re.DOTALL)
_SUBQUERY = re.compile(r"(\w*)\s*\(\s*SELECT\b[^()]*?\bFROM\s+(\w+)", re.IGNORECASE)
_INNERMOST = re.compile(r"\([^()]*\)")
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)

JsonObject = Annotated[dict[str, Any], InstanceOf()]
"""A JSON object that is not copied."""


class Created(CamelCased):
    """A new record."""

    success: Literal[True]
    id: Annotated[str, Field(pattern=f"^(?:{RECORD_ID.pattern})$")]


class Description(CamelCased):
    """What Salesforce says about an object."""

    fields: list[JsonObject]


class _Cell(TypedDict):
    value: NotRequired[Any]


class _Row(TypedDict):
    dataCells: list[_Cell]


class _Group(TypedDict):
    rows: NotRequired[list[_Row]]


class ReportMetadata(CamelCased):
    """What a report is narrowed by."""

    detail_columns: list[Any]
    report_filters: list[Any] | None = None
    report_boolean_filter: str | None = None


class Report(CamelCased):
    """A tabular report with its details; `all_data` is False when it was cut off."""

    all_data: bool
    report_metadata: ReportMetadata
    fact_map: dict[str, _Group]

    def rows(self) -> list[list[str]]:
        """The cells of each row as texts."""
        return [
            [str(cell.get("value")) for cell in row["dataCells"]]
            for group in self.fact_map.values()
            for row in group.get("rows", ())
        ]

    def lists(self, record_id: str) -> bool:
        """Whether a cell holds the record's id; reports give ids with 15 or with 18 characters."""
        return any(RECORD_ID.fullmatch(cell) and cell[:15] == record_id[:15] for row in self.rows() for cell in row)

    def narrowed_to(self, record_id: str) -> dict[str, Any]:
        """The request for the same report with one more filter: only this record.

        Raises:
            UnexpectedResponse: no column of the report holds ids of such records.
        """
        columns, filters = self.report_metadata.detail_columns, self.report_metadata.report_filters or []
        column = next((name for row in self.rows() if (name := _id_column(row, columns, record_id[:3]))), None)
        if column is None:
            raise UnexpectedResponse(SYSTEM, "report: it lists no record ids. Add the id as a column to the report")
        narrowed: dict[str, Any] = {
            "reportFilters": [*filters, {"column": column, "operator": "equals", "value": record_id}]
        }
        if logic := self.report_metadata.report_boolean_filter:
            narrowed["reportBooleanFilter"] = f"({logic}) AND {len(filters) + 1}"
        return {"reportMetadata": narrowed}


def _id_column(cells: list[str], columns: list[Any], prefix: str) -> str | None:
    pairs = zip(cells, columns, strict=False)
    return next((str(name) for cell, name in pairs if RECORD_ID.fullmatch(cell) and cell.startswith(prefix)), None)


@dataclass(frozen=True)
class Page:
    """One page of a query; `next_url` is None on the last."""

    records: list[dict[str, Any]]
    next_url: str | None


RestOf = Callable[[Page], list[dict[str, Any]]]


def page_of(value: Any) -> Page:
    """A page of a query."""
    if not isinstance(value, dict):
        raise UnexpectedResponse(SYSTEM, "query: the response is not an object")
    records, done, following = value.get("records"), value.get("done"), value.get("nextRecordsUrl")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise UnexpectedResponse(SYSTEM, "query: records is missing or not a list of objects")
    if not isinstance(done, bool):
        raise UnexpectedResponse(SYSTEM, "query: done is missing")
    if done:
        return Page(records, None)
    # The address is joined to the org's host: anything but a plain path would take the token elsewhere.
    if not isinstance(following, str) or not re.fullmatch(r"/services/data/[\w./-]+", following):
        raise UnexpectedResponse(SYSTEM, "query: nextRecordsUrl is missing or not a path of the API")
    return Page(records, following)


def child_relationships(soql: str) -> frozenset[str]:
    """The fields of a query's child subqueries. Salesforce answers null where a child has no rows."""
    subqueries = _SUBQUERY.findall(_LITERAL.sub("''", soql))
    return frozenset(name for before, name in subqueries if before.upper() != "IN")


def plain_record(record: dict[str, Any], children: AbstractSet[str], rest_of: RestOf) -> dict[str, Any]:
    """A record without `attributes`, its parents likewise, its child subqueries as lists."""
    plain = {name: _plain(value, rest_of) for name, value in record.items() if name != "attributes"}
    return plain | {name: [] for name in children if name in plain and plain[name] is None}


def _plain(value: Any, rest_of: RestOf) -> Any:
    if not isinstance(value, dict):
        return value
    if "records" in value and "done" in value:
        return [plain_record(child, frozenset(), rest_of) for child in rest_of(page_of(value))]
    return plain_record(value, frozenset(), rest_of)


def asked_object(soql: str) -> str:
    """The object that a query asks for, for messages: these never repeat the query."""
    flat, before = _LITERAL.sub("''", soql), ""
    while flat != before:
        flat, before = _INNERMOST.sub("", flat), flat
    match = _FROM.search(flat)
    return match[1] if match else "an object"
