"""Flow runs that are measured: their times as Prefect recorded them, or a process with its peak memory."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun

from deployments.stack.processes import NotReady
from deployments.stack.settings import PROJECT, python
from tasks.health.declared import WORK_POOL

LONGEST = 120.0
"""Seconds that an onboarding may take."""
EVERY = 0.25
"""Seconds between two questions to Prefect's server, which needs the cores for the run."""
_LAST_STEP = "report"
_MAXRSS_UNITS = 2**20 if sys.platform == "darwin" else 2**10
"""Units of the system's peak memory in a megabyte."""


class Times(NamedTuple):
    """Seconds of a run: from its creation to its first step, and from there to its end."""

    to_first_step: float
    from_first_step: float


async def onboarding_times(client: PrefectClient, opportunity_id: str) -> Times:
    """Wait for the onboarding of a sale; its steps may reach the database a little later than its end.

    Raises:
        NotReady: it did not end in time, or did not complete.
    """
    tag, end = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"opportunity:{opportunity_id}"])), time.monotonic() + LONGEST
    while time.monotonic() < end:
        runs = await client.read_flow_runs(flow_run_filter=tag)
        if runs and runs[0].end_time and runs[0].created:
            _, steps = completed(runs[0]), await client.read_task_runs(flow_run_filter=tag)
            if any(step.task_key.startswith(_LAST_STEP) and step.end_time for step in steps):
                first = min(step.start_time for step in steps if step.start_time)
                return Times((first - runs[0].created).total_seconds(), (runs[0].end_time - first).total_seconds())
        await asyncio.sleep(EVERY)
    raise NotReady(f"No onboarding of {opportunity_id} ended within {LONGEST:.0f} s.")


def completed(run: FlowRun) -> FlowRun:
    """The run, if its state is `Completed`.

    Raises:
        NotReady: its state is another one.
    """
    if run.state is None or run.state.name != "Completed":
        raise NotReady(f"{run.name}: {run.state_name}. {run.state.message if run.state else ''}")
    return run


async def pause_worker(client: PrefectClient, *, paused: bool = True) -> None:
    """Keep the worker from starting runs, so that the measurement starts them in processes of its own."""
    await client.update_work_pool(WORK_POOL, WorkPoolUpdate(is_paused=paused))


async def create_run(client: PrefectClient, deployment: str, **parameters: str | bool) -> UUID:
    """Create a run of a deployment (`flow/deployment`); returns its id."""
    deployed = await client.read_deployment_by_name(deployment)
    return (await client.create_flow_run_from_deployment(deployed.id, parameters=parameters)).id


def start_process(run_id: UUID, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Execute a run in a process of its own, as a worker does. Its output is appended to `log`."""
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603 - the command with which a worker starts a run
            [python(), "-m", "prefect.engine", str(run_id)],
            cwd=PROJECT,
            env=os.environ | environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )


async def peak_memory(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; returns its peak memory in megabytes."""
    try:
        _, status, used = await asyncio.to_thread(os.wait4, process.pid, 0)
    except asyncio.CancelledError:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss / _MAXRSS_UNITS
