"""`lifecycle bench`: measure times, CPU, memory and calls on stacks of its own."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from pydantic import SecretStr

from benchmarks.own_process import in_own_process
from benchmarks.ports import free_ports
from benchmarks.postgres import NOT_INSTALLED, programs, running_postgres
from benchmarks.report import Figure, Report, conclude
from deployments.stack.processes import NotReady
from deployments.stack.settings import StackSettings
from deployments.stack.stack import progress, running_stack

MINUTES = 6.0
"""The longest that the measurement of an onboarding and of the bursts may take."""


def run_bench(settings: StackSettings, burst: int) -> int:
    """Measure an onboarding and a burst of sales on SQLite, and the burst on Postgres.

    Args:
        settings: the stack's settings. The report goes to its folder; its ports and its database are not used.
        burst: the sales that are closed at once.

    Returns:
        0, or 1 if a bound is exceeded.
    """
    load, started = os.getloadavg()[0], time.monotonic()
    with _folder() as folder:
        figures: list[Figure] = in_own_process(_measure, settings, folder / "sqlite", "", "onboarding", burst)
        figures += _burst_on_postgres(settings, folder, burst)
    minutes = (time.monotonic() - started) / 60
    figures.append(Figure("This measurement", "duration", minutes, "min", at_most=MINUTES))
    return conclude(Report(figures, (load, os.getloadavg()[0])), settings.folder / "bench")


def measure_topic(settings: StackSettings, topic: str, clients: int) -> int:
    """Measure one topic, a module of this package, on a new stack with SQLite.

    Args:
        settings: the stack's settings. Its ports, folder and database are not used.
        topic: the module's name.
        clients: the number of clients that `reconciliation` reads.

    Returns:
        0, or 1 if a bound is exceeded.
    """
    os.environ["LIFECYCLE_BENCH_CLIENTS"] = str(clients)
    with _folder() as folder:
        code: int = _measure(settings, folder, "", topic)
    return code


def measure_retention(settings: StackSettings, runs: int) -> int:
    """Measure what so many past runs cost on Postgres; the same arguments and result as `measure_topic`.

    Raises:
        NotReady: Postgres is not installed.
    """
    installed, load = programs(), os.getloadavg()[0]
    if installed is None:
        raise NotReady(NOT_INSTALLED)
    os.environ["PREFECT_SERVER_DATABASE_TIMEOUT"] = "300"  # a slow query is measured, not stopped
    with _folder() as folder, running_postgres(folder / "database", installed) as postgres:
        figures = _measure(settings, folder / "postgres", postgres.url.get_secret_value(), "retention", runs)
    return conclude(Report(figures, (load, os.getloadavg()[0])), settings.folder / "bench-retention")


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder, removed if nothing fails. Other users may enter it, but not list it: Postgres has its own."""
    folder = Path(mkdtemp(prefix="lifecycle-bench-"))
    folder.chmod(0o711)
    os.environ["LIFECYCLE_WORKBOOKS"] = str(folder)
    progress.print(f"Measuring in {folder}. The folder stays if anything fails.")
    yield folder
    shutil.rmtree(folder)


def _burst_on_postgres(settings: StackSettings, folder: Path, burst: int) -> list[Figure]:
    installed = programs()
    if installed is None:
        return [Figure(f"Burst of {burst} sales, PostgreSQL", "speed", None, missing=NOT_INSTALLED)]
    with running_postgres(folder / "database", installed) as postgres:
        groups, url = {"postgres": postgres.pid}, postgres.url.get_secret_value()
        figures: list[Figure] = in_own_process(_measure, settings, folder / "postgres", url, "burst", burst, groups)
    return figures


def _measure(settings: StackSettings, folder: Path, database_url: str, topic: str, *args: Any) -> Any:
    """What the topic's `measure` returns on a new stack in the folder, on free ports; on SQLite without an address."""
    with running_stack(_separate(settings, folder, database_url)) as stack:
        # Prefect also logs to the console, between the tables.
        os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
        # Prefect reads its settings when it is imported, so this is imported after the stack has set them.
        return asyncio.run(import_module(f"benchmarks.{topic}").measure(stack, *args))


def _separate(settings: StackSettings, folder: Path, database_url: str) -> StackSettings:
    names = ("prefect_port", "sandbox_port", "sandbox_smtp_port", "receiver_port")
    free = dict(zip(names, free_ports(len(names)), strict=True))
    return settings.model_copy(update={**free, "home": folder, "database_url": SecretStr(database_url)})
