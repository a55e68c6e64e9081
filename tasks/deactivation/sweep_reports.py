"""Artifacts of a sweep of ending contracts: its table, the outlook, and remaining placeholders."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from markupsafe import Markup

from blocks.salesforce.block import SalesforceOrg
from rules.common.text import counted
from rules.contracts.outlook import OutlookDay
from rules.contracts.sweep import RunStatus, SweepAction, SweepItem
from tasks.core.artifacts import show_page, show_table
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.deactivation.reports import ending_key
from tasks.onboarding.placeholders import RemainingPlaceholder, placeholder_rows
from tasks.runs.claims import artifact_page, page
from tasks.templates import join_markdown, link, picture, plain_markdown, render

KEY, OUTLOOK_KEY, OUTLOOK_TABLE = "end-of-contract", "end-of-contract-outlook", "end-of-contract-days"
PLACEHOLDERS_KEY = "placeholders-left"
MOST_ROWS = 1000
"""Rows of the sweep's table: those with an action or a discrepancy come first."""
TALLEST = 150
"""Pixels of the day with most ends."""
WIDTH = 7
"""Pixels of a day in the picture."""
MOST_NAMES = 5


@read_task("Show ending services")
async def show_sweep(items: Sequence[SweepItem], started: dict[str, str], today: date) -> None:
    """Show the table of all clients whose service ends, with state, discrepancies and links."""
    org = await connection(SalesforceOrg)
    ordered = sorted(items, key=_urgency)
    rows = [
        {
            "Account": link(item.name or item.client_id, org.record_url(item.client_id)),
            "Last day": str(item.last_day or "unknown"),
            "Service": item.stage,
            "Run": _run(item, started),
            "MRR": f"{item.mrr:,.2f}" if item.mrr is not None else "unknown",
            "Contract": item.contract or "unknown",
            "Discrepancy": item.why,
            "Result of the last run": _outcome(item),
        }
        for item in ordered[:MOST_ROWS]
    ]
    more = f" The table shows the first {MOST_ROWS}." if len(items) > MOST_ROWS else ""
    summary = f"{counted(len(items), 'client')} checked on {today}, {counted(len(started), 'run')} started.{more}"
    await show_table(rows, key=KEY, description=summary)


def _urgency(item: SweepItem) -> tuple[bool, bool, date, str]:
    return item.action is SweepAction.LEAVE, not item.why, item.last_day or date.min, item.client_id


def _run(item: SweepItem, started: dict[str, str]) -> str:
    if run_id := started.get(item.client_id):
        return link("started", page(UUID(run_id)))
    status = item.run_status or str(item.action) or "nothing to do"
    return link(status, page(UUID(item.run_id))) if item.run_id else status


def _outcome(item: SweepItem) -> Markup:
    """The final message of the client's last run, and a link to the page that the run made when it was done."""
    if not item.run_id or item.run_status != RunStatus.DONE:
        return plain_markdown(item.run_outcome)
    return join_markdown(item.run_outcome, link("page", artifact_page(ending_key(item.client_id))))


class Column(NamedTuple):
    """One day of the chart, in pixels: the distance from the left, and the heights of its two parts."""

    left: int
    settled: int
    open: int


@read_task("Show services that end from {first} to {last}")
async def show_outlook(days: Sequence[OutlookDay], first: date, last: date) -> None:
    """Show the services that end on each day, as a chart and as a table."""
    await show_table(
        [
            {
                "Last day": str(day.day),
                "Ends": len(day.settled),
                "MRR": f"{day.mrr:,.2f}",
                "Not settled": len(day.open),
                "Who ends": _names(day.settled),
                "Who is not settled": _names(day.open),
            }
            for day in days
        ],
        key=OUTLOOK_TABLE,
        description=f"Services that end from {first} to {last}. Nothing was written.",
    )
    drawn = columns(days, first)
    text = render(
        "end_of_contract_outlook.md",
        first=first,
        last=last,
        ends=sum(len(day.settled) for day in days),
        unsettled=sum(len(day.open) for day in days),
        mrr=sum((day.mrr for day in days), Decimal(0)),
        chart=picture("end_of_contract_chart.svg", **drawn) if days else "",
        table_url=artifact_page(OUTLOOK_TABLE),
    )
    await show_page(text, key=OUTLOOK_KEY, description=f"Services that end from {first} to {last}")


def columns(days: Sequence[OutlookDay], first: date) -> dict[str, object]:
    """The chart's columns, one for each day, and its scale: the first of each month, and the most ends on a day."""
    most = max(len(day.settled) + len(day.open) for day in days) if days else 1
    months = [first + timedelta(days=n) for n in range(91) if n == 0 or (first + timedelta(days=n)).day == 1]
    return {
        "columns": [
            Column(
                WIDTH * (day.day - first).days,
                round(TALLEST * len(day.settled) / most),
                round(TALLEST * len(day.open) / most),
            )
            for day in days
        ],
        "months": [(WIDTH * (month - first).days, f"{month:%b %d}") for month in months],
        "most": most,
        "tallest": TALLEST,
        "width": WIDTH,
    }


def _names(names: Sequence[str]) -> Markup:
    shown = ", ".join(names[:MOST_NAMES])
    return plain_markdown(f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown)


@read_task("Show remaining placeholders")
async def show_placeholders(placeholders: Sequence[RemainingPlaceholder]) -> None:
    """Show the table of users who still have a placeholder as address (PUB-6)."""
    rows = await placeholder_rows(placeholders)
    users = counted(len(rows), "user")
    summary = f"{users} of clients without a welcome e-mail still {'has' if len(rows) == 1 else 'have'} a placeholder."
    await show_table(rows, key=PLACEHOLDERS_KEY, description=summary)
