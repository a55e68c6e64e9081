"""Pages of a sweep of ending contracts: its clients, the outlook, and remaining placeholders."""

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
from tasks.core.artifacts import Cell, artifact_pages, show_page, show_rows, show_table
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.deactivation.reports import ending_key
from tasks.onboarding.placeholders import RemainingPlaceholder, placeholder_rows
from tasks.runs.claims import page
from tasks.templates import join_markdown, link, no_wrap, picture, plain_markdown, render

KEY, OUTLOOK_KEY, OUTLOOK_TABLE = "end-of-contract", "end-of-contract-outlook", "end-of-contract-days"
"""The keys of the sweep's page and of the outlook's, and that of the outlook as data."""
ENDING_KEY = "end-of-contract-soon"
"""The key of the clients whose service ends, as data for the start page."""
PLACEHOLDERS_KEY = "placeholders-left"
MOST_ROWS = 1000
"""Rows of the sweep's page: those with an action or a discrepancy come first."""
MOST_ENDING = 200
"""Clients that are kept for the start page."""
TALLEST = 150
"""Pixels of the day with most ends."""
WIDTH = 7
"""Pixels of a day in the picture."""
LABEL = 56
"""Pixels that the name of a day needs under the chart: the first day has none where a month begins sooner."""
MOST_NAMES = 5


@read_task("Show ending services")
async def show_sweep(items: Sequence[SweepItem], started: dict[str, str], today: date) -> None:
    """Show all clients whose service ends, with state, discrepancies and links; keep the next ends as data."""
    org = await connection(SalesforceOrg)
    ordered = sorted(items, key=_urgency)[:MOST_ROWS]
    pages = await artifact_pages([ending_key(item.client_id) for item in ordered if _is_done(item)])
    rows = [
        {
            "Account": link(item.name or item.client_id, org.record_url(item.client_id)),
            "Last day": no_wrap(item.last_day or "unknown"),
            "Service": item.stage,
            "Run": _run(item, started),
            "MRR": f"{item.mrr:,.2f}" if item.mrr is not None else "unknown",
            "Contract": item.contract or "unknown",
            "Discrepancy": item.why,
            "Result of the last run": _outcome(item, pages.get(ending_key(item.client_id), "")),
        }
        for item in ordered
    ]
    more = f" The page shows the first {MOST_ROWS}." if len(items) > MOST_ROWS else ""
    summary = f"{counted(len(items), 'client')} checked on {today}, {counted(len(started), 'run')} started.{more}"
    await show_rows(rows, key=KEY, summary=summary)
    await show_table(
        [ending_row(item) for item in ending(items, today)],
        key=ENDING_KEY,
        description=f"Services that end, as of {today}: data for the start page.",
    )


def ending(items: Sequence[SweepItem], today: date) -> list[SweepItem]:
    """The clients whose service has yet to end, the first to end first."""
    soon = [item for item in items if item.last_day and item.last_day >= today]
    return sorted(soon, key=lambda item: (item.last_day or today, item.name, item.client_id))[:MOST_ENDING]


def ending_row(item: SweepItem) -> dict[str, Cell]:
    """A client whose service ends, as the start page reads it."""
    return {"Last day": str(item.last_day), "Account": item.client_id, "Name": item.name, "Discrepancy": item.why}


def _urgency(item: SweepItem) -> tuple[bool, bool, date, str]:
    return item.action is SweepAction.LEAVE, not item.why, item.last_day or date.min, item.client_id


def _run(item: SweepItem, started: dict[str, str]) -> str:
    if run_id := started.get(item.client_id):
        return link("new run", page(UUID(run_id)))
    status = item.run_status or str(item.action) or "nothing to do"
    return link(status, page(UUID(item.run_id))) if item.run_id else status


def _outcome(item: SweepItem, page_url: str) -> Markup:
    """The final message of the client's last run, and a link to the page that the run made, if there is one."""
    return join_markdown(item.run_outcome, link("page", page_url)) if page_url else plain_markdown(item.run_outcome)


def _is_done(item: SweepItem) -> bool:
    """Whether the client's last run is done, and has made a page."""
    return bool(item.run_id) and item.run_status == RunStatus.DONE


class Column(NamedTuple):
    """One day of the chart, in pixels: the distance from the left, and the heights of its two parts."""

    left: int
    settled: int
    open: int


@read_task("Show services that end from {first} to {last}")
async def show_outlook(days: Sequence[OutlookDay], first: date, last: date) -> None:
    """Show the services that end on each day, as a chart and with every client; keep the days as data."""
    org = await connection(SalesforceOrg)
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
        description=f"Services that end from {first} to {last}: data for the command line.",
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
        days=days,
        record_url=org.record_url,
    )
    await show_page(text, key=OUTLOOK_KEY, description=f"Services that end from {first} to {last}")


def columns(days: Sequence[OutlookDay], first: date) -> dict[str, object]:
    """The chart's columns, one for each day, and its scale: the first of each month, and the most ends on a day."""
    most = max(len(day.settled) + len(day.open) for day in days) if days else 1
    starts = [first + timedelta(days=n) for n in range(1, 91) if (first + timedelta(days=n)).day == 1]
    months = [*([first] if not starts or WIDTH * (starts[0] - first).days >= LABEL else []), *starts]
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


def _names(items: Sequence[SweepItem]) -> Markup:
    shown = ", ".join(item.name for item in items[:MOST_NAMES])
    return plain_markdown(f"{shown} and {len(items) - MOST_NAMES} more" if len(items) > MOST_NAMES else shown)


@read_task("Show remaining placeholders")
async def show_placeholders(placeholders: Sequence[RemainingPlaceholder]) -> None:
    """Show the users who still have a placeholder as address (PUB-6)."""
    rows = await placeholder_rows(placeholders)
    users = counted(len(rows), "user")
    summary = f"{users} of clients without a welcome e-mail still {'has' if len(rows) == 1 else 'have'} a placeholder."
    await show_rows(rows, key=PLACEHOLDERS_KEY, summary=summary)
