"""The calls to vendors of all runs of this machine, added up in a small database (ADR-18).

Each run's process adds its own calls, every few seconds and at its end. The file has one row for each vendor and
outcome, so it does not grow.
"""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from blocks.common.calls import CALLS, CallCounts

FILE = "vendor-calls.db"
"""In `PREFECT_HOME`, which worker, runs and exporter of a machine share."""
SECONDS = 15.0
"""How often a process adds its calls: a killed one loses no more."""
PATIENCE = 2.0
"""Seconds to wait for another process that writes."""
_TABLE = (
    "CREATE TABLE IF NOT EXISTS calls (vendor TEXT, outcome TEXT, calls INTEGER, PRIMARY KEY (vendor, outcome))",
    "CREATE TABLE IF NOT EXISTS seconds (vendor TEXT PRIMARY KEY, seconds REAL)",
)
_ADD_CALLS = "INSERT INTO calls VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls + excluded.calls"
_ADD_SECONDS = "INSERT INTO seconds VALUES (?, ?) ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds"
logger = logging.getLogger(__name__)


def add(path: Path, counts: CallCounts) -> None:
    """Add calls to those in the file, in one transaction."""
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as database, database:
        database.execute("PRAGMA synchronous = OFF")  # a power cut may lose counts; no run waits for the disk
        for statement in _TABLE:
            database.execute(statement)
        database.executemany(_ADD_CALLS, [(*key, calls) for key, calls in counts.calls.items()])
        database.executemany(_ADD_SECONDS, counts.seconds.items())


def read(path: Path) -> CallCounts:
    """The calls in the file; none if there is no file."""
    counts = CallCounts()
    if not path.exists():
        return counts
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE)) as database:
        for vendor, outcome, calls in database.execute("SELECT vendor, outcome, calls FROM calls"):
            counts.calls[vendor, outcome] = calls
        for vendor, seconds in database.execute("SELECT vendor, seconds FROM seconds"):
            counts.seconds[vendor] = seconds
    return counts


@contextmanager
def calls_added_to(path: Path) -> Iterator[None]:
    """Add the calls of this process to the file while the block runs, and at its end."""
    done = threading.Event()

    def add_in_turns() -> None:
        while not done.wait(SECONDS):
            _add_new(path)

    threading.Thread(target=add_in_turns, name="vendor-calls", daemon=True).start()
    try:
        yield
    finally:
        done.set()
        _add_new(path)


def _add_new(path: Path) -> None:
    """Add what is new; a failure is logged, and costs counts alone."""
    if not (new := CALLS.take()).calls:
        return
    try:
        add(path, new)
    except sqlite3.Error as error:
        logger.warning("Calls to vendors are not counted: %s", error)
