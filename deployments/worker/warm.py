"""The worker's fork server: started with the worker, replaced when it ends, gone with the worker (ADR-14)."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from prefect.logging import get_logger
from prefect.settings import get_current_settings

from deployments.provisioning.declared import RUN_SETTINGS
from deployments.stack.settings import PROJECT, python
from deployments.worker.start_run import SOCKET

SHORT_LIFE = 60.0
"""Seconds. A server that ends sooner, except for new code, is not replaced at once."""
LONGEST_PAUSE = 60.0
logger = get_logger("worker.warm")


def keep_fork_server() -> None:
    """Start a fork server, and another one whenever it ends; its socket is in the environment of every run.

    On macOS, a process that has used the system's frameworks must not fork: there each run starts a new process.
    """
    if sys.platform != "linux":
        return
    # A socket's path is limited to about a hundred characters, so it is not in the stack's own folder.
    os.environ[SOCKET] = str(Path(tempfile.mkdtemp(prefix="lifecycle-")) / "fork-server")
    threading.Thread(target=_serve_for_ever, args=(os.environ[SOCKET],), name="fork-server", daemon=True).start()


def _serve_for_ever(path: str) -> None:
    pause = 1.0
    while True:
        started = time.monotonic()
        code = _start(path).wait()
        if code == 0:
            logger.info("The code has changed: runs start from a new fork server")
            continue
        logger.warning("The fork server ended with code %s: runs start in new processes for %.0f s", code, pause)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE) if time.monotonic() - started < SHORT_LIFE else 1.0


def _start(path: str) -> subprocess.Popen[bytes]:
    """A fork server with the settings that the worker gives to runs; it ends when this process does."""
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # numpy must not start threads
    return subprocess.Popen(  # noqa: S603 - our own command
        [python(), "-m", "deployments.worker.fork_server", path],
        cwd=PROJECT,
        env=os.environ | settings | single | RUN_SETTINGS,
        stdin=subprocess.PIPE,
    )
