"""Retry of failed runs on request: which, each once, and what came of it (REC-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound

from rules.common.text import counted
from rules.questions.failure_retry import RetryRequest, chosen, why_left
from rules.questions.failures import RETRIED, FailedRun, without_failure
from tasks.core.artifacts import show_page
from tasks.core.steps import read_task
from tasks.questions.failures import as_failure, as_previewed, unretried_failures
from tasks.runs.claims import page, present_run, schedule_again, server
from tasks.runs.inputs import save_input
from tasks.templates import render

KEY = "retried-runs"
"""The page's key under Artifacts."""
SPACING: Final = timedelta(seconds=1)
"""The time from one retried run to the next: a vendor that is just back is not overrun, and new runs get their turn."""
BY_HAND = "failures/retry-failed"
"""Who retries runs, if it is not known who started the present run."""


@dataclass(frozen=True)
class RetryLine:
    """A run that was to be retried, and what came of it.

    Attributes:
        state: the name of its state before.
        result: a sentence.
    """

    name: str
    url: str
    state: str
    result: str
    is_retried: bool = False


async def requested_failures(request: RetryRequest) -> tuple[list[FailedRun], list[RetryLine]]:
    """The failed runs to retry, the oldest first, and the named runs that are left alone, with the reason."""
    if not request.run_ids:
        found = chosen(await unretried_failures(), request)
        return [run for run in found if not why_left(run)], [_left(run) for run in found if why_left(run)]
    runs: list[FailedRun] = []
    left: list[RetryLine] = []
    for run in await read_runs(request.run_ids):
        if isinstance(run, RetryLine):
            left.append(run)
        elif why_left(run):
            left.append(_left(run))
        else:
            runs.append(run)
    return sorted(runs, key=lambda run: run.since), left


@read_task("Read the named runs")
async def read_runs(run_ids: Sequence[str]) -> list[FailedRun | RetryLine]:
    """Each run as a failed one, or why it is none."""
    found: list[FailedRun | RetryLine] = []
    for run_id in map(UUID, run_ids):
        try:
            run = await server().read_flow_run(run_id)
        except ObjectNotFound:
            found.append(RetryLine(str(run_id), page(run_id), "unknown", "Left alone: Prefect has no such run."))
        else:
            found.append(as_failure(run) or as_previewed(run) or _not_failed(run))
    return found


def would_retry(runs: Sequence[FailedRun]) -> list[RetryLine]:
    """The lines of a preview."""
    return [RetryLine(run.name, run.url, run.state, "Would be retried.") for run in runs]


@read_task("Retry the failed runs")
async def retry_failures(runs: Sequence[FailedRun]) -> list[RetryLine]:
    """Retry each run, unless it has changed since it was read: so each failure is retried once."""
    by, first = present_run().labels.get("started-by") or BY_HAND, datetime.now(UTC)
    return [await _retry(run, str(by), first + number * SPACING) for number, run in enumerate(runs)]


async def _retry(failure: FailedRun, by: str, due: datetime) -> RetryLine:
    run = await server().read_flow_run(UUID(failure.run_id))
    if run.state is None or str(run.state.id) != failure.state_id:
        return _not_failed(run)
    await save_input(run.id, f"{RETRIED}{failure.state_id}", {"who": by, "user": "", "at": due.isoformat()})
    await server().update_flow_run(run.id, tags=without_failure(run.tags))
    await schedule_again(server(), run.id, f"Retried by {by}", due)
    return RetryLine(failure.name, failure.url, failure.state, "Retried.", is_retried=True)


@read_task("Show the retried runs")
async def show_retries(lines: Sequence[RetryLine], *, preview: bool) -> None:
    """Show the page of the runs, with what came of each."""
    retried = sum(line.is_retried for line in lines)
    count = counted(len(lines) if preview else retried, "run")
    summary = f"{count} would be retried" if preview else f"{count} retried"
    await show_page(render("retried.md", lines=lines, summary=summary), key=KEY, description=f"{summary}.")


def _left(run: FailedRun) -> RetryLine:
    return RetryLine(run.name, run.url, run.state, f"Left alone. {why_left(run)}")


def _not_failed(run: FlowRun) -> RetryLine:
    state = run.state.name or "" if run.state else "unknown"
    paused = run.state is not None and run.state.is_paused()
    why = "it waits for a person." if paused else f"it is not failed, but {state}."
    return RetryLine(run.name, page(run.id), state, f"Left alone: {why}")
