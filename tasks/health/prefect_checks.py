"""What Prefect needs before a run can start and end: a worker, a work pool that is not paused, deployments, limits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import WorkPool, WorkQueue
from prefect.client.schemas.responses import DeploymentResponse, GlobalConcurrencyLimitResponse
from prefect.events.schemas.automations import Automation
from prefect.exceptions import ObjectNotFound

from blocks.common.health_check import Check
from tasks.core.locks import LIMITS
from tasks.health.declared import WORK_POOL, automation_names, declared

POLLED_WITHIN = timedelta(minutes=1)
"""A worker asks for runs every few seconds. One that has not asked for this long is gone."""
MOST = 200
"""Deployments, and locks, that Prefect returns in one page: more than there are."""
BOOTSTRAP = "Run `lifecycle bootstrap`"
START = "Start one: `python -m deployments.worker`"


async def prefect_checks(client: PrefectClient) -> list[Check]:
    """Check that a run created now would start, and that the schedules create runs."""
    limits = {limit.name: limit for limit in await client.read_global_concurrency_limits(limit=MOST)}
    return [
        Check("server", ok=True, message=str(client.api_url)),
        *await _pool(client),
        limits_check({name: limits.get(name) for name in LIMITS}),
        *await _deployments(client),
        *[
            automation_check(name.replace("lifecycle:", "automation:"), await client.read_automations_by_name(name))
            for name in automation_names()
        ],
    ]


async def _pool(client: PrefectClient) -> list[Check]:
    try:
        pool = await client.read_work_pool(WORK_POOL)
    except ObjectNotFound:
        return [Check("work pool", ok=False, message=f"Not there. {BOOTSTRAP}")]
    queues = await client.read_work_queues(work_pool_name=WORK_POOL)
    return [pool_check(pool, queues), worker_check(queues, datetime.now(UTC))]


async def _deployments(client: PrefectClient) -> list[Check]:
    entries = declared()
    which = DeploymentFilter(name=DeploymentFilterName(any_=[entry["name"] for entry in entries]))
    found = await client.read_deployments(deployment_filter=which, limit=MOST)
    by_code = {(deployment.name, deployment.entrypoint): deployment for deployment in found}
    return [
        deployment_check(f"deployment {entry['name']}", entry, by_code.get((entry["name"], entry["entrypoint"])))
        for entry in entries
    ]


def pool_check(pool: WorkPool, queues: Sequence[WorkQueue]) -> Check:
    """Check that the work pool gives runs to workers."""
    paused = [queue.name for queue in queues if queue.is_paused]
    where = f"Work Pools → {pool.name}"
    if pool.is_paused:
        problem = f"Paused, so no run starts. Resume it in the dashboard under {where}"
    elif paused:
        problem = f"Paused queues, whose runs do not start: {', '.join(paused)}. Resume them in the dashboard: {where}"
    elif pool.concurrency_limit == 0:
        problem = f"Its concurrency limit is 0, so no run starts. {BOOTSTRAP}"
    else:
        return Check("work pool", ok=True, message=f"{pool.name}, not paused")
    return Check("work pool", ok=False, message=problem)


def worker_check(queues: Sequence[WorkQueue], now: datetime) -> Check:
    """Check that a worker asked for runs a moment ago. Prefect's own status stays `online` after a worker has died."""
    polled = max((queue.last_polled for queue in queues if queue.last_polled), default=None)
    if polled is not None and now - polled <= POLLED_WITHIN:
        return Check("worker", ok=True, message="asked for runs within the last minute")
    last = f"for the last time at {polled:%Y-%m-%d %H:%M:%S} UTC" if polled else "never"
    return Check("worker", ok=False, message=f"A worker asked for runs {last}, so no run starts now. {START}")


def limits_check(limits: Mapping[str, GlobalConcurrencyLimitResponse | None]) -> Check:
    """Check that every lock exists and lets in one run at a time."""
    missing = [name for name, limit in limits.items() if limit is None]
    if missing:
        return Check("limits", ok=False, message=f"Missing: {', '.join(missing)}. {BOOTSTRAP}")
    off = [name for name, limit in limits.items() if limit and not limit.active]
    if off:
        return Check("limits", ok=False, message=f"Off: {', '.join(off)}. Switch them on under Concurrency")
    wrong = [name for name, limit in limits.items() if limit and limit.limit != LIMITS[name]]
    if wrong:
        return Check("limits", ok=False, message=f"Not {LIMITS[wrong[0]]}: {', '.join(wrong)}. {BOOTSTRAP}")
    return Check("limits", ok=True, message="on")


def deployment_check(name: str, entry: Mapping[str, Any], deployment: DeploymentResponse | None) -> Check:
    """Check that runs of a deployment start, and that its schedules create them."""
    if deployment is None:
        return Check(name, ok=False, message=f"Not deployed. {BOOTSTRAP}", kind="deployment")
    schedules = {schedule.slug: schedule.active for schedule in deployment.schedules}
    expected = [schedule["slug"] for schedule in entry.get("schedules", ())]
    missing = [slug for slug in expected if slug not in schedules]
    off = [slug for slug in expected if not schedules.get(slug, True)]
    if deployment.work_pool_name != entry["work_pool"]["name"]:
        problem = f"Its work pool is {deployment.work_pool_name}. {BOOTSTRAP}"
    elif deployment.paused:
        problem = "Paused. Switch it on in the dashboard, on the page of the deployment"
    elif missing:
        problem = f"Has no schedule {', '.join(missing)}, so nothing starts it. {BOOTSTRAP}"
    elif off:
        problem = f"Schedule off: {', '.join(off)}. Switch it on in the dashboard, on the page of the deployment"
    else:
        return Check(name, ok=True, message=", ".join(["deployed", *expected]), kind="deployment")
    return Check(name, ok=False, message=problem, kind="deployment")


def automation_check(name: str, automations: Sequence[Automation]) -> Check:
    """Check that runs whose process died are marked as Crashed."""
    if any(automation.enabled for automation in automations):
        return Check(name, ok=True, message="on", kind="automation")
    problem = "Off. Switch it on in the dashboard under Automations" if automations else f"Not there. {BOOTSTRAP}"
    message = f"{problem}: without it a run whose process died stays Running"
    return Check(name, ok=False, message=message, kind="automation")
