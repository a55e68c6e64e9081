"""A fresh SQLite database for Prefect's server: its many migrations run once per environment, then a copy is taken.

They take longer than all else that a stack does until it is ready. What they made lies in the environment's own folder,
beside the Prefect that it belongs to, under its version; another Prefect makes its own.
"""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import prefect
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from sqlalchemy.engine import make_url

MIGRATED = Path(sys.prefix) / f"prefect-{prefect.__version__}.db"


def prepare() -> None:
    """Put a migrated database where the settings want one and none is; every other database is left alone."""
    url = make_url(str(PREFECT_API_DATABASE_CONNECTION_URL.value()))
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return
    wanted = Path(str(url.database))
    if wanted.exists():
        return
    with MIGRATED.with_suffix(".lock").open("w") as lock:
        # The first of several processes migrates, the others wait for what it makes.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not MIGRATED.exists():
            _migrate(MIGRATED)
    wanted.parent.mkdir(parents=True, exist_ok=True)
    half = wanted.with_suffix(".half")
    shutil.copyfile(MIGRATED, half)
    half.chmod(0o600)  # the blocks' secrets will be in it
    half.replace(wanted)


def _migrate(target: Path) -> None:
    """Make a database by Prefect's own command; `target` is whole or not there."""
    half = target.with_suffix(".half")
    half.unlink(missing_ok=True)
    environ = os.environ | {"PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{half}"}
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    with closing(sqlite3.connect(half)) as database:
        # What is still in the journal belongs into the file that is copied.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")
    half.replace(target)
