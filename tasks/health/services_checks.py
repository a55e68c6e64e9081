"""Check that Prefect's background services run: nothing else creates the runs of schedules."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import DeploymentResponse

from blocks.common.health_check import Check
from tasks.health.declared import declared

AHEAD: Final = timedelta(minutes=30)
"""Prefect's scheduler creates the runs of a schedule at least an hour ahead."""
NEW: Final = timedelta(minutes=3)
"""For this long, the schedule of a deployment that was just saved may have no runs."""
MOST: Final = 200
"""Runs, and deployments, that Prefect returns in one call."""


async def services_checks(client: PrefectClient) -> list[Check]:
    """Check that every schedule that is on has runs ahead."""
    return [services_check(await without_runs_ahead(client, datetime.now(UTC)))]


def services_check(without: Sequence[str]) -> Check:
    """Check that the scheduler works, and with it the other services.

    Args:
        without: the deployments for whose schedules it has created no runs.
    """
    name = "background services"
    if not without:
        return Check(name, ok=True, message="they create the runs of every schedule")
    problem = f"They do not run: no runs ahead of {', '.join(without)}. So no schedule, reminder or automation starts"
    advice = "Start `prefect server services start`, or the server without `--no-services`, and look at its log"
    return Check(name, ok=False, message=f"{problem}. {advice}")


async def without_runs_ahead(client: PrefectClient, now: datetime) -> list[str]:
    """The deployments with a schedule that is on, and without a run in half an hour or later."""
    names = [entry["name"] for entry in declared() if entry.get("schedules")]
    which = DeploymentFilter(name=DeploymentFilterName(any_=names))
    found = await client.read_deployments(deployment_filter=which, limit=MOST)
    expected = {deployment.id: deployment.name for deployment in found if _is_due(deployment, now)}
    if not expected:
        return []
    ahead = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[*expected]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=now + AHEAD),
    )
    runs = await client.read_flow_runs(flow_run_filter=ahead, limit=MOST)
    return sorted({expected[each] for each in expected.keys() - {run.deployment_id for run in runs}})


def _is_due(deployment: DeploymentResponse, now: datetime) -> bool:
    on = not deployment.paused and any(schedule.active for schedule in deployment.schedules)
    return on and deployment.updated is not None and now - deployment.updated > NEW
