"""Failed runs: finding those that nobody has retried, and the tags by which people filter them (REC-3)."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from rules.common.going_live import was_shadow
from rules.questions.failure_classes import FAILED
from rules.questions.failures import LISTED_WITHIN, FailedRun, is_listed, without_failure
from tasks.core.runbook import without_card
from tasks.core.steps import read_task
from tasks.runs.claims import PAGE, every_run, page, server

FAILED_TYPES = [StateType.FAILED, StateType.CRASHED]


@read_task("Find failed runs that nobody has retried")
async def unretried_failures() -> list[FailedRun]:
    """Every failed or crashed run that needs somebody, the newest first.

    Runs that need nobody are left out: previews, runs that the sweep retries, and scheduled runs whose schedule has
    completed a later run.
    """
    now = datetime.now(UTC)
    which = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(is_null_=False),
        state=_in_state(*FAILED_TYPES),
        end_time=FlowRunFilterEndTime(after_=now - LISTED_WITHIN),
    )
    runs = await every_run(which, FlowRunSort.ID_DESC)
    later = await _completed_later(runs)
    failures = (failure for run in runs if (failure := as_failure(run)) and is_listed(failure, now, later))
    return sorted(failures, key=lambda failure: failure.since, reverse=True)


def as_failure(run: FlowRun) -> FailedRun | None:
    """The run as a failed one; None if it is not failed now."""
    if run.state is None or run.state.type not in FAILED_TYPES:
        return None
    return _failed_run(run)


def as_previewed(run: FlowRun) -> FailedRun | None:
    """A run that only previewed in shadow mode, which a Retry may carry out; None for any other."""
    preview = bool(run.parameters.get("preview"))
    is_shadow = run.state is not None and run.state.is_completed() and was_shadow(run.state.name or "", preview=preview)
    return _failed_run(run) if is_shadow else None


def _failed_run(run: FlowRun) -> FailedRun:
    assert run.state is not None
    return FailedRun(
        run_id=str(run.id),
        state_id=str(run.state.id),
        name=run.name,
        url=page(run.id),
        state=run.state.name or run.state.type.value.capitalize(),
        message=without_card(run.state.message),
        since=run.state.timestamp,
        tries=run.run_count,
        tags=tuple(run.tags),
        preview=bool(run.parameters.get("preview")),
        schedule=_schedule_of(run),
    )


async def _completed_later(runs: Iterable[FlowRun]) -> dict[str, datetime]:
    """By schedule of a failed run, when its latest run that completed ended (UTC)."""
    of_schedules = [run for run in runs if _schedule_of(run) and run.end_time]
    first: dict[UUID, datetime] = {}
    for run in of_schedules:
        assert run.deployment_id is not None
        assert run.end_time is not None
        first[run.deployment_id] = min(run.end_time, first.get(run.deployment_id, run.end_time))
    later: dict[str, datetime] = {}
    for deployment, since in first.items():
        which = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
            state=_in_state(StateType.COMPLETED),
            end_time=FlowRunFilterEndTime(after_=since),
        )
        newest = await server().read_flow_runs(
            flow_run_filter=which, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=PAGE
        )
        for run in newest:
            if (schedule := _schedule_of(run)) and run.end_time:
                later[schedule] = max(run.end_time, later.get(schedule, run.end_time))
    return later


def _schedule_of(run: FlowRun) -> str:
    if not run.auto_scheduled:
        return ""
    return f"{run.deployment_id}:{json.dumps(run.parameters, sort_keys=True, default=str)}"


@read_task("Repair the tags of failed runs")
async def repair_tags(failures: Sequence[FailedRun], found_at: datetime) -> None:
    """Tag every failed run as such, and no other: a process that was killed could do neither.

    Args:
        failures: all that need somebody.
        found_at: when they were read (UTC); runs that changed since then are left to the next time.
    """
    for failure in failures:
        if failure.tags_as_failed != set(failure.tags):
            await retag(failure)
    listed = {failure.run_id for failure in failures}
    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=[FAILED]))
    for run in await every_run(tagged, FlowRunSort.ID_DESC):
        if str(run.id) not in listed and run.state and run.state.timestamp < found_at:
            await server().update_flow_run(run.id, tags=without_failure(run.tags))


async def retag(failure: FailedRun, *tags: str) -> bool:
    """Tag a run as failed, with other tags too, unless it is no longer failed as it was; whether it still is."""
    run = await server().read_flow_run(UUID(failure.run_id))
    now = as_failure(run)
    if now is None or now.state_id != failure.state_id:
        return False
    if (wanted := {*now.tags_as_failed, *tags}) != set(run.tags):
        await server().update_flow_run(run.id, tags=wanted)
    return True


def _in_state(*types: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))
