"""A process that has imported everything a flow run needs, and forks a child for each run (ADR-14).

A few children wait, forked ahead of time. The first that takes a connection runs one flow run with Prefect's own engine
and ends. The server itself opens no connection, starts no thread and runs no event loop, so no child inherits one.
"""

import gc
import json
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from fcntl import F_GETFL, F_SETFL, F_SETOWN, F_SETSIG, fcntl
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from blocks.common.http import authorities
from deployments.stack.private import create_private_files
from deployments.worker.code_version import Version, code_version, has_changed_since
from deployments.worker.run_engine import run_engine, wants_traces
from deployments.worker.start_run import GO
from tasks.health.declared import declared
from tasks.templates import compile_templates

SPARES = 2
"""Children that wait for a run."""
OUTDATED = 3
"""The exit code of a child that found the code changed: the worker then starts a new server."""
USED_BY_RUNS = (
    "anyio._backends._asyncio",
    "encodings.cp437",
    "encodings.utf_16_be",
    "openpyxl",
    "pandas.core.methods.to_dict",
    "prefect._internal.metrics",
    "prefect._internal.observers",
    "prefect._internal.states",
    "prefect._vendor.croniter",
    "prefect.concurrency._sync",
    "prefect.engine",
    "prefect.events.worker",
    "prefect.task_engine",
    "prefect.utilities.visualization",
    "rich._emoji_codes",
)
"""Modules that Prefect's engine and our steps import at their first use."""
forks = multiprocessing.get_context("fork")


def main(path: Path) -> int:
    """Serve at the socket until standard input is closed or the code has changed; returns the exit code."""
    create_private_files()
    started = time.time()
    preload()
    if has_changed_since(started):
        return 0  # some of it may be imported from before the change
    with socket.socket(socket.AF_UNIX) as listener:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen(128)
        listener.setblocking(False)  # noqa: FBT003 - the function takes nothing else
        return serve(listener, code_version())


def preload() -> None:
    """Import everything, and keep it from being copied to the children's memory.

    Raises:
        RuntimeError: an import started a thread, which a child would not have.
    """
    for entry in declared():
        import_module(entry["entrypoint"].rpartition(".")[0])
    for module in (*USED_BY_RUNS, *(["deployments.worker.tracing"] if wants_traces() else [])):
        import_module(module)
    compile_templates()
    authorities()
    complete_models()
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208 - a count
        raise RuntimeError("An import started a thread: runs cannot be forked from this process.")
    gc.collect()
    gc.freeze()


def complete_models() -> None:
    """Build the validators of all models, which pydantic and Prefect leave to the first use."""
    models = BaseModel.__subclasses__()
    while models:
        model = models.pop()
        models += model.__subclasses__()
        if not model.__pydantic_complete__:
            model.model_rebuild(raise_errors=False)


def serve(listener: socket.socket, version: Version) -> int:
    """Keep spare children, until standard input is closed or a child finds the code outdated."""
    idle: set[Connection] = set()
    children: dict[int, BaseProcess] = {}
    while True:
        while len(idle) < SPARES:
            taken, child = fork(listener, version)
            idle.add(taken)
            children[os.pidfd_open(child.pid or 0)] = child
        ready = wait([*idle, *children, sys.stdin.fileno()])
        idle -= set(ready)
        ended = [(file, children.pop(file)) for file in ready if isinstance(file, int) and file in children]
        for file, child in ended:
            child.join()
            os.close(file)
        if sys.stdin.fileno() in ready or any(child.exitcode == OUTDATED for _, child in ended):
            return 0


def fork(listener: socket.socket, version: Version) -> tuple[Connection, BaseProcess]:
    """Fork a child; returns a connection that is closed when the child takes a run, and the child."""
    taken, free = forks.Pipe(duplex=False)
    child = forks.Process(target=run_one, args=(listener, version))
    child.start()
    free.close()
    return taken, child


def run_one(listener: socket.socket, version: Version) -> None:
    """In a child: wait for a request, and run it in this process. The server's end also ends the wait."""
    connection = accept(listener)
    close_all_but(connection.fileno())
    if version != code_version():
        sys.exit(OUTDATED)
    try:
        length, files, *_ = socket.recv_fds(connection, 4, 3)
        request = json.loads(connection.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL))
        if request["cwd"] != os.getcwd() or settings(request["env"]) != settings(os.environ):  # noqa: PTH109
            sys.exit()  # a new process reads other settings, and finds other modules
        os.setpgid(0, 0)  # a signal to the worker's group comes once, by the process that waits for this one
        connection.sendall(str(os.getpid()).encode())
        may_begin = connection.recv(1) == GO
    except (OSError, ValueError):  # the process that asked has ended
        may_begin = False
    if not may_begin:
        sys.exit()
    die_with(connection)
    become(request["env"], files)
    report_end(connection)


def accept(listener: socket.socket) -> socket.socket:
    """The next connection that no other child takes; ends this process with the server."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    while True:
        if parent.sentinel in wait([listener, parent.sentinel]):
            os._exit(0)
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            continue
        connection.setblocking(True)  # noqa: FBT003 - the function takes nothing else
        return connection


def close_all_but(number: int) -> None:
    """Close every file except the standard ones and this one: what the server holds is not for a run.

    The server learns by it that this child is taken.
    """
    os.closerange(3, number)
    os.closerange(number + 1, os.sysconf("SC_OPEN_MAX"))


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that are read when Prefect and our modules are imported; not those of a single run."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(("PREFECT_", "LIFECYCLE_")) and not name.startswith("PREFECT__")
    }


def die_with(connection: socket.socket) -> None:
    """Have the system kill this process when the one at the other end dies."""
    fcntl(connection, F_SETOWN, os.getpid())
    fcntl(connection, F_SETSIG, signal.SIGKILL)
    fcntl(connection, F_SETFL, fcntl(connection, F_GETFL) | os.O_ASYNC)
    if wait([connection], 0):  # it sends nothing more, so it is gone
        sys.exit()


def become(environment: Mapping[str, str], files: Any) -> None:
    """Take on the environment and the standard files of a new process, and the usual signals."""
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.modules["numpy"].random.seed()  # Python seeds its own generator anew after a fork


def report_end(connection: socket.socket) -> None:
    """Run the flow run that the environment names by Prefect's engine, and send the exit code."""
    sys.argv = ["prefect.engine"]
    code: Any = 1
    try:
        run_engine()
        code = 0
    except SystemExit as end:
        code = end.code
        raise
    finally:
        connection.sendall(str(code if isinstance(code, int) else int(bool(code))).encode())


if __name__ == "__main__":
    os._exit(main(Path(sys.argv[1])))  # at an ordinary exit, multiprocessing waits for the runs that go on
