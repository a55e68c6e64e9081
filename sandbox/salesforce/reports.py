"""The resource `analytics/reports`: the Onboarding Report, Closed Won opportunities of the last 90 days (ONB-5)."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, Final

from sandbox.salesforce import ids, schema
from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.records import own_id
from sandbox.salesforce.schema.around import REPORT
from sandbox.salesforce.schema.model import Row
from sandbox.salesforce.schema.standard import WON_STAGES
from sandbox.salesforce.store import Store
from sandbox.state import SandboxState

_MOST_ROWS: Final = 2_000
_SHOWN: Final = timedelta(days=90)
_COLUMNS: Final = (
    "Opportunity.Id", "Opportunity.Name", "Account.Name", "Opportunity.CloseDate", "Opportunity.StageName",
)  # fmt: skip
_OPERATORS: Final[dict[str, Callable[[bool], bool]]] = {
    "equals": lambda same: same,
    "notEqual": lambda same: not same,
}
Cells = dict[str, tuple[str, Any]]


class Reports:
    """Lists the reports and runs one."""

    def __init__(self, store: Store, sandbox: SandboxState) -> None:
        self._store, self._sandbox = store, sandbox

    def listed(self, call: Call) -> Answer:
        """GET analytics/reports."""
        rows = self._store.tables[REPORT.name].rows.values()
        url = f"{call.base}/analytics/reports"
        return Answer(200, [{"id": row["Id"], "name": row["Name"], "url": f"{url}/{row['Id']}"} for row in rows])

    def run(self, call: Call, report_id: str) -> Answer:
        """GET analytics/reports/{id}[?includeDetails=true], or POST with filters."""
        if REPORT.name not in schema.OBJECTS:
            raise SalesforceError("FORBIDDEN", "You don't have permission to run reports", status=403)
        report = self._store.live(REPORT.name, own_id(REPORT, report_id))
        if report is None:
            raise not_found("The requested report does not exist: " + report_id)
        filters = _filters(call)
        rows = [row for row in self._rows() if all(_holds(one, row) for one in filters)]
        return Answer(200, _shown(report, rows, filters, details=call.query.get("includeDetails") == "true"))

    def _rows(self) -> Iterator[Cells]:
        omitted = {ids.normal(record_id) for record_id in self._sandbox.behaviour.report_omits}
        # No end date: a sale that is closed was not closed in the future, whatever day was foreseen.
        since = (self._sandbox.clock.today() - _SHOWN).isoformat()
        for row in self._store.tables["Opportunity"].rows.values():
            won = row.get("StageName") in WON_STAGES and row.get("CloseDate", "") >= since
            if won and not row["IsDeleted"] and row["Id"] not in omitted:
                yield self._cells(row)

    def _cells(self, row: Row) -> Cells:
        account = self._store.live("Account", row.get("AccountId", ""))
        day = date.fromisoformat(row["CloseDate"])
        cells = (
            (row.get("Name", "-"), row["Id"]),
            (row.get("Name", "-"), row["Id"]),
            (account.get("Name", "-"), account["Id"]) if account else ("-", None),
            (f"{day.month}/{day.day}/{day.year}", row["CloseDate"]),
            (row["StageName"], row["StageName"]),
        )
        return dict(zip(_COLUMNS, cells, strict=True))


def _filters(call: Call) -> list[dict[str, str]]:
    metadata = call.json_object().get("reportMetadata", {}) if call.method == "POST" else {}
    filters = metadata.get("reportFilters", []) if isinstance(metadata, dict) else None
    if not isinstance(filters, list) or not all(_is_filter(one) for one in filters):
        raise SalesforceError("BAD_REQUEST", "A report filter has a column of the report, equals or notEqual, a value")
    return filters


def _is_filter(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and all(isinstance(one.get(name), str) for name in ("column", "operator", "value"))
        and one["column"] in _COLUMNS
        and one["operator"] in _OPERATORS
    )


def _holds(one: dict[str, str], row: Cells) -> bool:
    """Values are separated by commas; an id may have 15 characters."""
    wanted = {(ids.normal(value.strip()) or value.strip()).lower() for value in one["value"].split(",")}
    same = any(str(part).lower() in wanted for part in row[one["column"]])
    return _OPERATORS[one["operator"]](same)


def _shown(report: Row, rows: list[Cells], filters: list[dict[str, str]], *, details: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {"aggregates": [{"label": str(len(rows)), "value": len(rows)}]}
    if details:
        facts["rows"] = [
            {"dataCells": [{"label": label, "value": value} for label, value in row.values()]}
            for row in rows[:_MOST_ROWS]
        ]
    return {
        "allData": len(rows) <= _MOST_ROWS,
        "hasDetailRows": details,
        "factMap": {"T!T": facts},
        "reportMetadata": {
            "id": report["Id"],
            "name": report["Name"],
            "reportFormat": "TABULAR",
            "detailColumns": list(_COLUMNS),
            "reportFilters": filters,
        },
    }
