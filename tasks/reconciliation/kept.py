"""Lines, history and decisions of the reports about drift, kept as tables under Artifacts (REC-2)."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rules.reconciliation.drift import Drift, Offender, Repair
from rules.reconciliation.history import DayCount
from rules.reconciliation.report import Decision, Line, Report
from tasks.core.artifacts import as_read_back, keep_table, rows_shown_now, show_table
from tasks.core.locks import DRIFT_DECISIONS, lock
from tasks.core.steps import read_task, write_task

LINES_KEY, HISTORY_KEY, DECISIONS_KEY = "drift-offenders", "drift-history", "drift-decisions"
"""The tables' keys under Artifacts."""
_DAY, _TOTAL = "Day", "All"
Row = dict[str, Any]


@read_task("Read the report before")
async def read_lines() -> list[Line]:
    """The offenders of the latest report; empty before the first one."""
    return [line_of(row) for row in await rows_shown_now(LINES_KEY)]


async def show_lines(report: Report, today: date) -> None:
    """Show every listed offender as a table, which the next report reads."""
    await show_table([row_of(line) for line in report.lines], key=LINES_KEY, description=f"All offenders of {today}.")


def row_of(line: Line) -> Row:
    """The table row of an offender."""
    offender, decision = line.drift.offender, line.decision
    return {
        "Sentence": line.drift.sentence,
        "Client": line.drift.account,
        "Account": line.drift.account_id,
        "Record": offender.record,
        "Field": offender.field,
        "Is": offender.found,
        "Should be": offender.expected,
        "Since": line.since.isoformat(),
        "Left by": f"{decision.by}: {decision.reason}" if decision else "",
        "Repaired by": offender.repair.deployment if offender.repair else "",
        "Parameters": json.dumps(dict(offender.repair.parameters)) if offender.repair else "",
    }


def line_of(row: Mapping[str, Any]) -> Line:
    """The offender of a table row, without the decision about it, which has its own table."""
    return Line(drift_of_row(row), date.fromisoformat(row["Since"]))


def drift_of_row(row: Mapping[str, Any]) -> Drift:
    """The drift of a table row."""
    repair = Repair(row["Repaired by"], json.loads(row["Parameters"])) if row["Repaired by"] else None
    offender = Offender(row["Record"], row["Field"], row["Is"], row["Should be"], repair)
    return Drift(row["Sentence"], row["Account"], row["Client"], offender)


def as_kept(drift: Drift) -> Drift:
    """The drift with its texts as a table gives them back, so that a later report compares them."""
    offender = drift.offender
    kept = Offender(
        record=as_read_back(offender.record),
        field=as_read_back(offender.field),
        found=as_read_back(offender.found),
        expected=as_read_back(offender.expected),
        repair=offender.repair,
    )
    return Drift(drift.sentence, drift.account_id, as_read_back(drift.account), kept)


async def read_history() -> list[DayCount]:
    """The number of offenders of the last days, in the order of days."""
    return [count_of_row(row) for row in await rows_shown_now(HISTORY_KEY)]


async def show_history(history: Sequence[DayCount]) -> None:
    """Show the number of offenders of each day by sentence as a table, which the next report reads."""
    names = sorted({name for one in history for name in one.counts})
    rows = [row_of_count(one, names) for one in history]
    await show_table(rows, key=HISTORY_KEY, description="Open offenders of the last 30 days, by sentence.")


def row_of_count(one: DayCount, names: Sequence[str]) -> Row:
    """The table row of a day, with a column for each of these sentences."""
    return {_DAY: one.day.isoformat(), _TOTAL: one.total, **{name: one.counts.get(name, 0) for name in names}}


def count_of_row(row: Mapping[str, Any]) -> DayCount:
    """The day of a table row."""
    counts = {name: count for name, count in row.items() if name not in (_DAY, _TOTAL) and count}
    return DayCount(date.fromisoformat(row[_DAY]), counts)


async def read_decisions() -> list[Decision]:
    """Every decision to leave drift as it is, the oldest first."""
    return [decision_of_row(row) for row in await rows_shown_now(DECISIONS_KEY)]


@write_task("Remember to leave {label}", outside=False)
async def remember_decisions(decisions: list[Row]) -> None:
    """Add decisions to the table; each of `row_of_decision`. A decision about the same drift replaces the former."""
    async with lock(DRIFT_DECISIONS):
        new = {row["Drift"] for row in decisions}
        rows = [row for row in map(row_of_decision, await read_decisions()) if row["Drift"] not in new]
        await keep_table([*rows, *decisions], key=DECISIONS_KEY, description="Drift that people decided to leave.")


def row_of_decision(decision: Decision) -> Row:
    """The table row of a decision."""
    return {
        "Drift": decision.identity,
        "Value": decision.found,
        "By": decision.by,
        "Reason": decision.reason,
        "On": decision.on.isoformat(),
    }


def decision_of_row(row: Mapping[str, Any]) -> Decision:
    """The decision of a table row."""
    return Decision(row["Drift"], row["Value"], row["By"], row["Reason"], date.fromisoformat(row["On"]))
