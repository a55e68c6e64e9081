"""Reconciliation: what webhooks missed is made up for, and what has drifted is reported (REC-1, REC-2)."""

from datetime import date
from typing import Annotated, Any

from prefect import State
from prefect.states import Completed
from pydantic import Field

from rules.common.text import counted
from rules.reconciliation.drift import all_sentences
from rules.reconciliation.history import with_today
from rules.reconciliation.report import Report, report
from tasks.core.steps import gather_all
from tasks.onboarding.permission_matrix import read_matrix
from tasks.procedure import Preview, Run, procedure
from tasks.reconciliation.comparison import (
    compare_all,
    look_again,
    read_sources,
    standards,
    without_matrix,
)
from tasks.reconciliation.digest import digest, post_drift
from tasks.reconciliation.kept import read_decisions, read_history, read_lines
from tasks.reconciliation.missed import find_missed, make_up_for
from tasks.reconciliation.missed_reports import report_missed
from tasks.reconciliation.reports import keep_offenders, show_report
from tasks.runs.claims import created, present_run

Full = Annotated[
    bool, Field(description="Also compare every client in all systems. Without it, only look for what was missed.")
]


@procedure("reconciliation", run_name="Reconciliation")
async def reconciliation(run: Run, full: Full = True, preview: Preview = False) -> State[Any]:
    """Start what no message has started; every night, also report what has drifted between the systems.

    A repair is not made by this run, but by one of the procedure that owns the record, on request.
    """
    # 1. Find sales and contracts whose message was missed, and start their runs (REC-1)
    # The day in the tag bounds the runs that a claim looks at: there are 48 of these a day.
    await run.begin(f"reconciliation:{'all' if full else 'missed'}-{created():%Y-%m-%d}")
    await run.open("Reconciliation" if full else "Look for missed messages")
    missed = await make_up_for_missed(run)
    if not full:
        return final_state(missed, preview=run.preview)

    # 2. Compare every client in all systems, and look at the offenders again (REC-2)
    sources, matrix = await gather_all(read_sources(), read_matrix())
    compared_with = await standards(run.policy, matrix)
    found = await compare_all(sources, compared_with, run.policy.reconciliation_api_percent)
    found = without_matrix(await look_again(found, sources, compared_with), matrix)

    # 3. Report: since when, what is new, and what people decided to leave (REC-2)
    earlier, history, decisions = await gather_all(read_lines(), read_history(), read_decisions())
    outcome = report(found, all_sentences(), earlier, decisions, run.policy.today)
    days = with_today(history, outcome, run.policy.today)
    await show_report(outcome, days, run.policy.today, preview=run.preview)
    if not run.preview:
        await inform(outcome, run.policy.today)
    return final_state(f"{missed} {drift_sentence(outcome)}", preview=run.preview)


async def inform(outcome: Report, today: date) -> None:
    """Tell CS Operations what is new; only then is it known, so that a Retry tells it if Slack was down."""
    if outcome.new:
        text, blocks = await digest(outcome)
        await post_drift(f"drift:{present_run().id}", text=text, blocks=blocks, since=created())
    await keep_offenders(outcome, today)


async def make_up_for_missed(run: Run) -> str:
    """Start or retry what was missed, tell CS Operations once, and say it in a sentence.

    A preview starts nothing. Shadow mode posts nothing.
    """
    policy = run.policy
    missed = await find_missed(
        policy.today, policy.reconciliation_days, policy.reconciliation_max_started, policy.going_live
    )
    started: dict[str, str] = {}
    if missed.to_do and (run.shadow or not run.preview):  # in shadow mode, each run decides for itself
        started = await make_up_for.labelled(counted(len(missed.to_do), "record"))(missed)
    if not run.preview:
        await report_missed(missed, started, policy.today)
    held = f" {counted(len(missed.held), 'record')} held back: more than the limit." if missed.held else ""
    return f"Missed messages: {len(missed.to_do)}. Runs started or retried: {len(started)}.{held}"


def drift_sentence(outcome: Report) -> str:
    """The report in a sentence or two."""
    new = sum(len(section.new) for section in outcome.new)
    offenders = counted(outcome.count, "offender")
    summary = f"{counted(outcome.clients, 'client')} compared: {offenders}, {new} of them new."
    unchecked = sum(bool(section.not_checked) for section in outcome.sections)
    also = f" {counted(unchecked, 'sentence')} not checked: see the report." if unchecked else ""
    return f"{summary}{also} {outcome.stopped}".rstrip()


def final_state(message: str, *, preview: bool) -> State[Any]:
    """The final state of the run."""
    if preview:
        return Completed(name="Previewed", message=f"{message} Nothing was started or posted.")
    return Completed(message=message)
