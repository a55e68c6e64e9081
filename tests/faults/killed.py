"""Runs in processes of their own that are killed at a certain moment."""

import asyncio
import os
import subprocess
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from tests.support.stack import ROOT


def process_of(run):
    """The run in a process of its own, as the worker starts it."""
    environ = os.environ | {"PREFECT__FLOW_RUN_ID": str(run.id)}
    return subprocess.Popen([sys.executable, "-m", "prefect.engine"], cwd=ROOT, env=environ)


async def killed(run, when):
    """Run it until something is seen, and kill it there; it is then marked as the automation marks silent runs."""
    process = process_of(run)
    try:
        async with asyncio.timeout(60):
            while not when():
                assert process.poll() is None, "it ended before"
                await asyncio.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    async with get_client() as client:
        await client.set_flow_run_state(run.id, State(type=StateType.CRASHED, name="Crashed"), force=True)
