"""The steps around failed runs: finding those that nobody was informed of, and informing CS Operations (REC-3)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from rules.questions.failures import FailedRun, is_to_report
from tasks.core.steps import read_task, write_task
from tasks.runs.claims import page, pages_of_runs, tag_run
from tasks.slack.messages import post_for_cs_ops
from tasks.templates import render

LOOK_BACK = timedelta(days=7)
"""How old a failure may be that is still reported: longer than any holiday of the worker."""
LISTED = 20
"""Runs that one message names; it counts the others."""
LONGEST_MESSAGE = 300


@read_task("Find failed runs that nobody was informed of")
async def find_failures() -> list[FailedRun]:
    """The failed and crashed runs of the last days that CS Operations must be informed of, the oldest first."""
    now = datetime.now(UTC)
    which = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(is_null_=False),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.FAILED, StateType.CRASHED])),
        end_time=FlowRunFilterEndTime(after_=now - LOOK_BACK),
    )
    runs = [run async for runs in pages_of_runs(which, FlowRunSort.ID_DESC) for run in runs]
    failures = [failure for run in runs if (failure := _failure(run)) and is_to_report(failure, now)]
    return sorted(failures, key=lambda failure: failure.since)


def _failure(run: FlowRun) -> FailedRun | None:
    if run.state is None:
        return None
    return FailedRun(
        run_id=str(run.id),
        state_id=str(run.state.id),
        name=run.name,
        url=page(run.id),
        state=run.state.name or run.state.type.value.capitalize(),
        message=run.state.message or "",
        since=run.state.timestamp,
        tries=run.run_count,
        tags=tuple(run.tags),
        preview=bool(run.parameters.get("preview")),
    )


def failures_text(failures: Sequence[FailedRun]) -> str:
    """The message about failed runs, however many a fault of one vendor brought about."""
    return render("failures.slack", failures=failures, listed=LISTED, longest=LONGEST_MESSAGE)


@write_task("Report {count} failed runs to CS Operations", keyed_by=("key",))
async def post_failures(key: str, *, count: int, text: str, since: datetime) -> None:
    """Post one message about failed runs in the CS Operations channel, once.

    Args:
        key: names the message for ever: `failures:<state id of the oldest failure>`.
        count: of the runs.
        text: the message, in Slack's markup.
        since: how far back to search (UTC).
    """
    await post_for_cs_ops(key, text, f"{count} failed runs", "REC-3", since=since)


@read_task("Mark the failures as reported")
async def mark_reported(failures: Sequence[FailedRun]) -> None:
    """Tag each run, so that its failure is not reported again; a later failure of the same run is."""
    for failure in failures:
        await tag_run(failure.mark, run_id=UUID(failure.run_id))
