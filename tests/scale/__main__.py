"""`python -m tests.scale`: the trial of a deployment on several machines, with parts that fail (docs/scale-trial.md).

Variables: `SALES`, `ACCOUNTS` and `ENDS` are the sizes; 0 leaves a trial out.
"""

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rich.console import Console
from rich.table import Table

from deployments.stack.processes import NotReady
from deployments.stack.stack import progress
from tests.scale.cluster import Size, running_cluster

DEFAULTS = {"SALES": 100, "ACCOUNTS": 25, "ENDS": 100}


def main() -> int:
    """Start everything, run the trials, print the table; 1 if anything was lost or done twice."""
    signal.signal(signal.SIGTERM, _stop)
    sizes, started = {name: int(os.environ.get(name, size)) for name, size in DEFAULTS.items()}, time.monotonic()
    with temporary_folder() as folder, running_cluster(folder, Size()) as cluster:
        progress.print(f"Everything is up after {time.monotonic() - started:.0f} s.")
        # Prefect reads its settings when it is imported, so this is imported after they are set.
        outcomes = asyncio.run(import_module("tests.scale.trials").run(cluster, sizes))
        code = _conclude(outcomes, time.monotonic() - started)
        if code:
            raise NotReady(f"Something was lost or done twice. Logs: {folder / 'logs'}")
    return code


def _conclude(outcomes: dict[str, Any], seconds: float) -> int:
    out, table = Console(highlight=False, soft_wrap=True), Table("Trial", "", "")
    for name, outcome in outcomes.items():
        table.add_section()
        for row in outcome.rows:
            table.add_row(name, *row)
    out.print(table)
    faults = {record: each for outcome in outcomes.values() for record, each in outcome.faults.items()}
    for record, each in faults.items():
        out.print(f"{record}: {'; '.join(each)}", markup=False)
    out.print(
        f"{len(faults)} faults, {seconds / 60:.1f} minutes, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    return 1 if faults else 0


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A temporary folder, removed if nothing fails."""
    folder = Path(mkdtemp(prefix="lifecycle-scale-"))
    progress.print(f"Trying in {folder}. The folder stays if anything fails.")
    yield folder
    shutil.rmtree(folder)


def _stop(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotReady as problem:
        sys.exit(f"scale: {problem}")
