"""Flows that report the process they run in. A copy of the project has this file as `flows/probes.py`."""

import gc
import json
import multiprocessing
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from prefect import flow, get_run_logger, task
from prefect.flow_runs import suspend_flow_run

from blocks.common import client_cache
from tasks.core.steps import RETRY_DELAYS

VERSION = "first"


def facts() -> dict[str, Any]:
    """Everything that a test compares between processes."""
    return {
        "pid": os.getpid(),
        "warm": multiprocessing.parent_process() is not None,
        "version": VERSION,
        "environment": dict(os.environ),
        "retry_delays": RETRY_DELAYS,
        "random": [random.random(), str(uuid4()), os.urandom(8).hex()],  # noqa: S311 - it must differ, not be secret
        "cached_clients": len(client_cache._everywhere) + len(client_cache._loops) + len(vars(client_cache._here)),
        "signals": {name: str(signal.getsignal(getattr(signal, name))) for name in ("SIGINT", "SIGPIPE", "SIGHUP")},
        "cwd": str(Path.cwd()),
        "umask": _umask(),
        "gc": gc.isenabled(),
        "argv": sys.argv,
    }


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def report(path: str) -> None:
    """Write the facts at once, so that who sees the file sees all of it."""
    part = Path(f"{path}.part")
    part.write_text(json.dumps(facts()))
    part.rename(path)


def wait_at(gate: str) -> None:
    """Wait until the test opens the named pipe for writing; an interruption is noted beside it."""
    try:
        if gate:
            Path(gate).read_bytes()
    except BaseException as interruption:
        Path(f"{gate}.interrupted").write_text(type(interruption).__name__)
        raise


def do(action: str) -> None:
    """End this process or this run in an unusual way."""
    match action.split():
        case ["exit", code]:
            sys.exit(int(code))
        case ["interrupt"]:
            raise KeyboardInterrupt
        case ["signal", number]:
            os.kill(os.getpid(), int(number))
        case ["fail"]:
            raise RuntimeError("The probe fails.")
        case ["log"]:
            get_run_logger().info("The last word of the probe")


@flow(persist_result=False)
def probe(path: str, gate: str = "", action: str = "") -> None:
    """Report, wait at the gate, and do the action."""
    report(path)
    wait_at(gate)
    do(action)


def fail_without(path: str) -> None:
    """Fail as long as a file is missing."""
    if not Path(path).exists():
        raise RuntimeError("The file is missing.")


@task(persist_result=True)
def count(path: str) -> int:
    """How often this step has run, this time included; its result is kept."""
    counter = Path(path)
    times = int(counter.read_text()) + 1 if counter.exists() else 1
    counter.write_text(str(times))
    return times


@flow(persist_result=True)
async def suspends(path: str, counter: str, fails_until: str = "") -> int:
    """Take a step that is kept, wait to be resumed, and fail as long as a file is missing."""
    report(path)
    times = count(counter)
    if not fails_until:
        await suspend_flow_run(timeout=600, key="once")
    else:
        fail_without(fails_until)
    return times
