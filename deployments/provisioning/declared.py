"""The deployments of prefect.yaml, applied by `lifecycle bootstrap`.

`prefect deploy --all` does the same, in another process and several seconds more.
"""

from typing import Any

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import Flow, load_flow_from_entrypoint

from deployments.provisioning.forms import form_fields
from tasks.health.declared import declared

RUN_SETTINGS = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
"""Settings of every run's process. The worker discards its output; its log is in the dashboard."""


def _cron(declared: dict[str, Any]) -> DeploymentScheduleCreate:
    """A schedule in its time zone, with the parameters of its runs."""
    schedule = CronSchedule(cron=declared["cron"], timezone=declared["timezone"])
    # `replaces`: the schedule's name in an earlier release; both would start runs otherwise.
    named = {"slug": declared["slug"], "replaces": declared.get("replaces")}
    return DeploymentScheduleCreate(schedule=schedule, **named, parameters=declared.get("parameters", {}))


async def deploy() -> None:
    """Create or update each declared deployment."""
    for entry in declared():
        flow: Flow[..., Any] = load_flow_from_entrypoint(entry["entrypoint"])
        deployment = await flow.ato_deployment(
            entry["name"],
            description=entry["description"],
            tags=entry["tags"],
            work_pool_name=entry["work_pool"]["name"],
            parameters=entry.get("parameters", {}),
            schedules=[_cron(schedule) for schedule in entry.get("schedules", ())],
        )
        deployment.entrypoint = entry["entrypoint"]
        for name, field in form_fields(flow).items():
            deployment._parameter_openapi_schema.properties[name] |= field  # noqa: SLF001 - there is no parameter for it
        await deployment.aapply()
