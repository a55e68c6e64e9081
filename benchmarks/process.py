"""A flow run in a process of its own, as a worker begins it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

from deployments.stack.settings import PROJECT, python

_OF_MAXRSS = 2**20 if sys.platform == "darwin" else 2**10
"""How many of the units in which the system tells a process's peak make a megabyte."""


def begin(run_id: UUID, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Begin a run.

    Args:
        run_id: of a run that is due.
        log: what the process says is added to this file.
        environment: beside the present process's.
    """
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603 - the command by which a worker begins a run
            [python(), "-m", "prefect.engine", str(run_id)],
            cwd=PROJECT,
            env=os.environ | environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )


async def ended(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; the most memory that it alone held, in megabytes."""
    try:
        _, status, used = await asyncio.to_thread(os.wait4, process.pid, 0)
    except asyncio.CancelledError:
        process.kill()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss / _OF_MAXRSS
