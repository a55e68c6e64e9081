"""Runs in processes of their own that are killed at a certain moment."""

import asyncio
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from deployments.worker.start_run import SOCKET
from tests.support.stack import ROOT

START_RUN = ROOT / "deployments" / "worker" / "start_run.py"


@cache
def fork_server():
    """The socket of a fork server as the worker keeps it; it ends with this process."""
    path = Path(tempfile.mkdtemp(prefix="fork-")) / "server"
    environ = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "deployments.worker.fork_server", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=subprocess.PIPE)
    return path, process


def process_of(run):
    """The run in a process of its own, as the worker starts it: warm, or new while the fork server is starting."""
    environ = os.environ | {"PREFECT__FLOW_RUN_ID": str(run.id), SOCKET: str(fork_server()[0])}
    return subprocess.Popen([sys.executable, "-I", "-S", str(START_RUN)], cwd=ROOT, env=environ)


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
