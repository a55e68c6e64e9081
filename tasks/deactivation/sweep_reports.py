"""What people read of a sweep over the ending contracts: table, what is ahead, placeholders left behind."""

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
from tasks.onboarding.placeholders import LeftBehind, placeholder_rows
from tasks.runs.claims import artifact_page, page
from tasks.templates import join_markdown, link, picture, plain_markdown, render

KEY, OUTLOOK_KEY, OUTLOOK_TABLE = "end-of-contract", "end-of-contract-outlook", "end-of-contract-days"
PLACEHOLDERS_KEY = "placeholders-left"
MOST_ROWS = 1000
"""Lines of the sweep's table: those for which something is done, or does not fit, come first."""
TALLEST = 150
"""Pixels of the day on which most services end."""
WIDTH = 7
"""Pixels of a day in the picture."""
MOST_NAMES = 5


@read_task("Show what ends")
async def show_sweep(lines: Sequence[SweepItem], started: dict[str, str], today: date) -> None:
    """Keep the table of all clients whose service ends, with state, reason and links."""
    org = await connection(SalesforceOrg)
    ordered = sorted(lines, key=_urgency)
    rows = [
        {
            "Account": link(one.name or one.client_id, org.record_url(one.client_id)),
            "Last day": str(one.last_day or "unknown"),
            "Service": one.stage,
            "Run": _run(one, started),
            "MRR": f"{one.mrr:,.2f}" if one.mrr is not None else "unknown",
            "Contract": one.contract or "unknown",
            "What does not fit": one.why,
            "What its last run found": _found(one),
        }
        for one in ordered[:MOST_ROWS]
    ]
    more = f" The table shows the first {MOST_ROWS}." if len(lines) > MOST_ROWS else ""
    said = f"{counted(len(lines), 'client')} looked at on {today}, {counted(len(started), 'run')} started.{more}"
    await show_table(rows, key=KEY, description=said)


def _urgency(one: SweepItem) -> tuple[bool, bool, date, str]:
    return one.action is SweepAction.LEAVE, not one.why, one.last_day or date.min, one.client_id


def _run(one: SweepItem, started: dict[str, str]) -> str:
    if run_id := started.get(one.client_id):
        return link("started", page(UUID(run_id)))
    said = one.run_status or str(one.action) or "nothing to do"
    return link(said, page(UUID(one.run_id))) if one.run_id else said


def _found(one: SweepItem) -> Markup:
    """The last word of the client's run, and a link to the client's page once the run has made it."""
    if not one.run_id or one.run_status != RunStatus.DONE:
        return plain_markdown(one.run_outcome)
    return join_markdown(one.run_outcome, link("page", artifact_page(ending_key(one.client_id))))


class Column(NamedTuple):
    """One day of the picture: pixels from the left, and of its two parts."""

    left: int
    settled: int
    open: int


@read_task("Show what ends from {first} to {last}")
async def show_outlook(days: Sequence[OutlookDay], first: date, last: date) -> None:
    """Show which services end on each day, as a picture and as a table."""
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
        description=f"What ends from {first} to {last}. Nothing was written.",
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
    await show_page(text, key=OUTLOOK_KEY, description=f"What ends from {first} to {last}")


def columns(days: Sequence[OutlookDay], first: date) -> dict[str, object]:
    """The picture's columns, a day each, and its scale: days of the first of each month, and the most on a day."""
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


@read_task("Show placeholders left behind")
async def show_placeholders(left: Sequence[LeftBehind]) -> None:
    """Keep the table of users whose true address is still missing, if there is any (PUB-6)."""
    rows = await placeholder_rows(left)
    users = counted(len(rows), "user")
    said = f"{users} of clients without a welcome mail {'is' if len(rows) == 1 else 'are'} still on a placeholder."
    await show_table(rows, key=PLACEHOLDERS_KEY, description=said)
