"""What the scheduled check shows and remembers, and its word to CS Operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from zoneinfo import ZoneInfo

from prefect.artifacts import Artifact
from prefect.settings import get_current_settings

from rules.health.findings import Finding, HealthChange, Severity, grouped_names, not_looked_at, of, summary
from tasks.core.artifacts import artifact_page, rows_shown_now, show_page, show_table
from tasks.core.runbook import finding_card
from tasks.core.steps import read_task
from tasks.health.probes import look_everywhere
from tasks.runs.claims import created
from tasks.slack.notices import notify_cs_ops
from tasks.templates import render

KEY, STATE_KEY = "health-check", "health-errors"
"""The keys of the page, and of the table of errors that the next check compares."""
LISTED = 10
"""Findings that a message names; it counts the others."""


@read_task("Test every connection and setting")
async def find_findings() -> list[Finding]:
    """Everything that `lifecycle check` finds, from the worker's machine."""
    return await look_everywhere(get_current_settings().home)


@dataclass(frozen=True)
class LastCheck:
    """What the last check left.

    Attributes:
        errors: those that CS Operations know of; none before the first check.
        version: of the table that keeps them; "" before the first check.
    """

    errors: tuple[Finding, ...]
    version: str


@read_task("Read the errors of the last check")
async def last_check() -> LastCheck:
    """The errors of the last check."""
    kept, rows = await Artifact.aget(STATE_KEY), await rows_shown_now(STATE_KEY)
    errors = (Finding(row["Where"], row["What"], Severity.ERROR, row["Found"]) for row in rows)
    return LastCheck(tuple(errors), str(kept.id) if kept else "")


@read_task("Show the findings")
async def show_findings(findings: Sequence[Finding], zone: ZoneInfo) -> None:
    """Show the page of all findings, the worst first."""
    await show_page(health_page(findings, datetime.now(zone)), key=KEY, description=summary(findings))


def health_page(findings: Sequence[Finding], now: datetime) -> str:
    """The page of all findings, the worst first."""
    groups = [("Errors", of(findings, Severity.ERROR)), ("Warnings", of(findings, Severity.WARNING))]
    fine = groupby(of(findings, Severity.FINE), key=attrgetter("area"))
    return render(
        "health.md",
        summary=summary(findings),
        now=now,
        groups=[(title, group) for title, group in groups if group],
        card=finding_card,
        fine=[(area, grouped_names(finding.name for finding in group)) for area, group in fine],
    )


async def report_change(change: HealthChange, findings: Sequence[Finding], last: LastCheck) -> None:
    """Tell CS Operations what broke and what is in order again; of two checks after the same one, one tells it."""
    text = health_message(change, findings, await artifact_page(KEY))
    await notify_cs_ops(f"health:{last.version}", news=change.text, text=text, rule="REC-3", since=created())


def health_message(change: HealthChange, findings: Sequence[Finding], page: str) -> str:
    """The message about what has changed since the last check."""
    return render("health.slack", change=change, summary=summary(findings), listed=LISTED, page=page, card=finding_card)


@read_task("Keep the errors for the next check")
async def keep_errors(before: Sequence[Finding], now: Sequence[Finding]) -> None:
    """Keep what the next check compares: the errors, and those that could not be looked at."""
    errors = [*of(now, Severity.ERROR), *not_looked_at(before, now)]
    rows = [{"Where": error.area, "What": error.name, "Found": error.message} for error in errors]
    await show_table(rows, key=STATE_KEY, description=f"Errors of the last check: {len(rows)}")
