"""The deployments of prefect.yaml, applied by `lifecycle bootstrap`.

`prefect deploy --all` does the same, in another process and several seconds more.
"""

from typing import Any

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow, load_flow_from_entrypoint

from deployments.provisioning.forms import form_fields
from tasks.health.declared import declared

RUN_SETTINGS = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
"""Settings of every run's process. The worker discards its output; its log is in the dashboard."""


def _cron(declared: dict[str, Any], known: set[str]) -> DeploymentScheduleCreate:
    """A schedule in its time zone, with the parameters of its runs; `known` are the names of those on the server."""
    schedule = CronSchedule(cron=declared["cron"], timezone=declared["timezone"])
    # `replaces`: the schedule's name in an earlier release; both would start runs otherwise. Prefect refuses to rename
    # a schedule twice.
    former = declared.get("replaces") if declared["slug"] not in known else None
    named = {"slug": declared["slug"], "replaces": former if former in known else None}
    return DeploymentScheduleCreate(schedule=schedule, **named, parameters=declared.get("parameters", {}))


async def _known_schedules(client: PrefectClient, deployment: str) -> set[str]:
    """The names of a deployment's schedules on the server."""
    try:
        existing = await client.read_deployment_by_name(deployment)
    except ObjectNotFound:
        return set()
    return {schedule.slug for schedule in existing.schedules if schedule.slug}


async def deploy() -> None:
    """Create or update each declared deployment."""
    async with get_client() as client:
        for entry in declared():
            await apply_deployment(client, entry)


async def apply_deployment(client: PrefectClient, entry: dict[str, Any]) -> None:
    """Create or update a declared deployment."""
    flow: Flow[..., Any] = load_flow_from_entrypoint(entry["entrypoint"])
    schedules = entry.get("schedules", ())
    was_renamed = any("replaces" in schedule for schedule in schedules)
    known = await _known_schedules(client, f"{flow.name}/{entry['name']}") if was_renamed else set()
    deployment = await flow.ato_deployment(
        entry["name"],
        description=entry["description"],
        tags=entry["tags"],
        work_pool_name=entry["work_pool"]["name"],
        parameters=entry.get("parameters", {}),
        schedules=[_cron(schedule, known) for schedule in schedules],
    )
    deployment.entrypoint = entry["entrypoint"]
    for name, field in form_fields(flow).items():
        deployment._parameter_openapi_schema.properties[name] |= field  # noqa: SLF001 - there is no parameter for it
    await deployment.aapply()
