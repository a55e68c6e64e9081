"""The page about drift: a section for each sentence, and a picture of the last 30 days (REC-2)."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from blocks.salesforce.block import SalesforceOrg
from rules.common.text import counted
from rules.reconciliation.history import DAYS, DayCount
from rules.reconciliation.report import Report, Section
from tasks.core.artifacts import show_page
from tasks.core.connections import connection
from tasks.core.dashboard import dashboard, versions_of_artifact
from tasks.core.steps import read_task
from tasks.reconciliation.kept import LINES_KEY, show_history, show_lines
from tasks.runs.starting import deployment_id
from tasks.templates import picture, render

KEY, PREVIEW_KEY = "drift", "drift-preview"
"""The page's key under Artifacts, and that of a preview."""
REPAIR, LEAVE = "reconciliation/repair", "reconciliation/leave"
MOST_ROWS = 50
"""Offenders of a sentence on the page; the table has all that are listed."""
TALLEST, WIDTH = 140, 22
"""Pixels of the tallest column of the picture, and of a day."""


class Column(NamedTuple):
    """A day of the picture, in pixels from the left, and its height."""

    left: int
    height: int
    offenders: int


class Forms(NamedTuple):
    """The addresses of the dashboard's forms, filled in."""

    repair_form: str
    leave_form: str

    def repair(self, section: Section, account_id: str = "", *, preview: bool = False) -> str:
        """The form that repairs a sentence's offenders: one account's, or all."""
        also = {"account_ids": [account_id]} if account_id else {}
        return _filled(self.repair_form, {"sentence": section.sentence.key, "preview": preview, **also})

    def leave(self, section: Section, account_id: str) -> str:
        """The form that leaves a sentence's offenders of an account as they are."""
        return _filled(self.leave_form, {"sentence": section.sentence.key, "account_ids": [account_id]})


@read_task("Show the report")
async def show_report(report: Report, history: Sequence[DayCount], today: date, *, preview: bool) -> None:
    """Show the page; unless it is a preview, also the table of the last days, which the next report reads.

    Args:
        report: of today.
        history: of the last days, today included.
        today: in the org's time zone.
        preview: another page is shown, and nothing is kept.
    """
    org = await connection(SalesforceOrg)
    text = page_text(report, chart(history, today), await read_forms(), org.record_url)
    offenders = counted(report.count, "offender")
    summary = f"{offenders} on {today}: {counted(report.clients, 'client')} compared in all systems."
    await show_page(text, key=PREVIEW_KEY if preview else KEY, description=summary)
    if not preview:
        await show_history(history)


@read_task("Keep the offenders")
async def keep_offenders(report: Report, today: date) -> None:
    """Show the table of offenders. What it lists is not new in the next report."""
    await show_lines(report, today)


def page_text(report: Report, picture_address: Markup, forms: Forms, record_url: Callable[[str], str]) -> str:
    """The page as Markdown.

    Args:
        report: of today.
        picture_address: of the last 30 days.
        forms: for repairs and decisions.
        record_url: the address of a record in Salesforce, by its id.
    """
    return render(
        "drift.md",
        report=report,
        sections=[section for section in report.sections if section.count or section.left],
        in_order=[section for section in report.sections if not section.count and not section.not_checked],
        not_checked=[section for section in report.sections if section.not_checked],
        chart=picture_address,
        forms=forms,
        record_url=record_url,
        most=MOST_ROWS,
        table_url=versions_of_artifact(LINES_KEY),
        now=datetime.now(UTC),
    )


async def read_forms() -> Forms:
    """The addresses of the forms for repairs and decisions."""
    base = f"{dashboard()}/deployments/deployment"
    return Forms(f"{base}/{await deployment_id(REPAIR)}/run", f"{base}/{await deployment_id(LEAVE)}/run")


def chart(history: Sequence[DayCount], today: date) -> Markup:
    """The picture of the open offenders of the last 30 days."""
    most = max((one.total for one in history), default=0)
    first = today - timedelta(days=DAYS - 1)
    columns = [
        Column(WIDTH * (one.day - first).days, round(TALLEST * one.total / most) if most else 0, one.total)
        for one in history
    ]
    days = [(WIDTH * number, f"{first + timedelta(days=number):%b %d}") for number in range(0, DAYS, 7)]
    return picture(
        "drift_chart.svg", columns=columns, days=days, most=most, tallest=TALLEST, width=WIDTH, length=WIDTH * DAYS
    )


def _filled(form: str, parameters: dict[str, object]) -> str:
    return f"{form}?parameters={quote(json.dumps(parameters))}"
