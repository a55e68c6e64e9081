"""`lifecycle bench`: measure calls, times and memory on a stack of its own."""

import asyncio
import os
import shutil
import socket
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp

from pydantic import SecretStr

from deployments.stack.settings import StackSettings
from deployments.stack.stack import progress, running_stack


def run_bench(settings: StackSettings, *, ends: bool = False, moves: bool = False, clients: int = 0) -> int:
    """Measure on a new stack with SQLite, on free ports, in a temporary folder.

    Args:
        settings: the stack's settings. Its ports, folder and database are not used.
        ends: measure only the sweep over ending contracts.
        moves: measure only the transition of workbooks.
        clients: measure only the reading of so many clients in all systems; 0 for the other measurements.

    Returns:
        0, or 1 if a bound is exceeded.
    """
    folder = Path(mkdtemp(prefix="lifecycle-bench-"))
    os.environ["LIFECYCLE_WORKBOOKS"] = str(folder)
    progress.print(f"Measuring in {folder}. The folder stays if anything fails.")
    with running_stack(_separate(settings, folder)) as stack:
        # Prefect also logs to the console, between the tables.
        os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
        # Prefect reads its settings when it is imported, so this is imported after the stack has set them.
        os.environ["LIFECYCLE_BENCH_CLIENTS"] = str(clients)
        topic = "reconciliation" if clients else "end_of_contract" if ends else "transition" if moves else "onboarding"
        code: int = asyncio.run(import_module(f"benchmarks.{topic}").measure(stack))
    shutil.rmtree(folder)
    return code


def _separate(settings: StackSettings, folder: Path) -> StackSettings:
    names = ("prefect_port", "sandbox_port", "sandbox_smtp_port", "receiver_port")
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        free = {name: server.getsockname()[1] for name, server in zip(names, servers, strict=True)}
    return settings.model_copy(update={**free, "home": folder, "database_url": SecretStr("")})
