"""Many sales that are closed at once: how fast they are onboarded, and what each group of processes uses."""

import asyncio
import time
from datetime import UTC, datetime

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES

from benchmarks.measured_run import completed
from benchmarks.report import Figure
from benchmarks.sales import close, open_sales
from benchmarks.sandbox_admin import SandboxAdmin
from benchmarks.usage import ALL, GROUPS, Roots, Usage, roots_of, watched
from blocks.policy.block import Policy
from deployments.stack.processes import NotReady
from deployments.stack.stack import Stack, progress
from tasks.core.connections import connection

DEPLOYMENT = "onboarding/onboarding"
AT_LEAST = {"SQLite": 0.7, "PostgreSQL": 1.0}
"""Sales a second."""
CPU_AT_MOST = 2.0
"""CPU-seconds of a sale, of all processes."""
WARM_UP = 2
"""Sales that are onboarded before, so that everything is loaded."""
LONGEST = 90.0
"""Seconds for each sale until the measurement is given up."""
EVERY = 1.0
_PAGE = 200


async def measure(stack: Stack, size: int, further: Roots) -> list[Figure]:
    """The figures of `size` sales that are closed in one call to Salesforce, at realistic latencies.

    Args:
        stack: a stack that does nothing else.
        size: at most 800.
        further: further groups of processes to measure.
    """
    database = "PostgreSQL" if stack.settings.has_postgres else "SQLite"
    async with get_client() as client, SandboxAdmin(stack.settings.sandbox_url) as admin:
        await accept_any_number_of_accounts()
        sales = await open_sales(admin, WARM_UP + size)
        await admin.switch_messages(on=True)
        await onboard(client, sales[:WARM_UP])
        progress.print(f"Closing {size} sales at once on {database} …")
        with watched({**roots_of(stack), **further}) as usage:
            seconds = await onboard(client, sales[WARM_UP:])
    return burst_figures(database, size, seconds, usage)


def burst_figures(database: str, size: int, seconds: float, usage: Usage) -> list[Figure]:
    """The figures of a burst that took so many seconds from the first close to the last completion."""
    topic, cpu = f"Burst of {size} sales, {database}", {name: spent / size for name, spent in usage.cpu.items()}
    all_cpu = Figure(topic, f"CPU of a sale, {ALL}", sum(cpu.values()), "s", at_most=CPU_AT_MOST)
    peaks = usage.peak_mb
    return [
        Figure(topic, "speed", size / seconds, "sales/s", at_least=AT_LEAST[database]),
        all_cpu,
        *(Figure(topic, f"CPU of a sale, {group}", cpu[group], "s") for group in GROUPS if group in cpu),
        *(Figure(topic, f"peak memory, {group}", peaks[group], "MB") for group in GROUPS if group in peaks),
    ]


async def accept_any_number_of_accounts() -> None:
    """Raise the caps of the segments: the scenario's few CSMs get all sales."""
    policy = await connection(Policy)
    segments = [segment.model_copy(update={"most_accounts": 10_000}) for segment in policy.segments]
    await Policy.model_validate(dict(policy) | {"segments": segments}).save("default", overwrite=True)


async def onboard(client: PrefectClient, sales: list[str]) -> float:
    """Close the sales in one call; returns the seconds from then until the last one is onboarded."""
    started, deployed = datetime.now(UTC), await client.read_deployment_by_name(DEPLOYMENT)
    of_burst = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[deployed.id]),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=started),
    )
    await close(*sales)
    await _all_ended(client, of_burst, len(sales))
    pages = range(0, len(sales), _PAGE)
    runs = [run for first in pages for run in await client.read_flow_runs(flow_run_filter=of_burst, offset=first)]
    return (max(completed(run).end_time or started for run in runs) - started).total_seconds()


async def _all_ended(client: PrefectClient, of_burst: FlowRunFilter, count: int) -> None:
    final = FlowRunFilterState(type=FlowRunFilterStateType(any_=[*TERMINAL_STATES]))
    of_burst, end = of_burst.model_copy(update={"state": final}), time.monotonic() + LONGEST * count
    while (there := await client.count_flow_runs(flow_run_filter=of_burst)) < count:
        if time.monotonic() > end:
            raise NotReady(f"Only {there} of {count} onboardings ended within {LONGEST * count:.0f} s.")
        await asyncio.sleep(EVERY)
