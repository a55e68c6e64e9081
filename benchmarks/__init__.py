"""`lifecycle bench`: how many calls an onboarding costs, and how long things take, on a stack of its own."""

import asyncio
import os
import shutil
import socket
from pathlib import Path
from tempfile import mkdtemp

from pydantic import SecretStr

from deployments.stack.settings import StackSettings
from deployments.stack.stack import progress, running_stack


def run_bench(settings: StackSettings, *, ends: bool = False, moves: bool = False) -> int:
    """Measure on a fresh stack with SQLite, on free ports, in a folder that goes away.

    Args:
        settings: the stack's; no port, folder or database of it is touched.
        ends: measure the sweep over ending contracts, and that alone.
        moves: measure the transition of workbooks, and that alone.

    Returns:
        0, or 1 when a promised bound is broken.
    """
    folder = Path(mkdtemp(prefix="lifecycle-bench-"))
    os.environ["LIFECYCLE_WORKBOOKS"] = str(folder)
    progress.print(f"Measuring in {folder}, which stays if anything goes wrong")
    with running_stack(_apart(settings, folder)) as stack:
        # Prefect writes a flow's log lines to the console too, between the tables.
        os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
        if ends:
            from benchmarks.ends import measure_ends as measure  # noqa: PLC0415 - as below
        elif moves:
            from benchmarks.moves import measure_moves as measure  # noqa: PLC0415 - as below
        else:
            from benchmarks.measure import measure  # noqa: PLC0415 - as below
        from benchmarks.under_control import under_control  # noqa: PLC0415 - Prefect reads its settings when imported

        code = asyncio.run(under_control(stack, measure))
    shutil.rmtree(folder)
    return code


def _apart(settings: StackSettings, folder: Path) -> StackSettings:
    prefect, sandbox, smtp, receiver = _free_ports(4)
    return settings.model_copy(
        update={
            "prefect_port": prefect,
            "sandbox_port": sandbox,
            "sandbox_smtp_port": smtp,
            "receiver_port": receiver,
            "home": folder,
            "database_url": SecretStr(""),
        }
    )


def _free_ports(count: int) -> list[int]:
    """Ports that nothing listens on at this moment, each another."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
