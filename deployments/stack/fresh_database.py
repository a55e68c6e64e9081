"""A new SQLite database for Prefect's server: its migrations run once per environment, then a copy is taken.

The migrations take longer than the rest of a stack's start. The migrated database is in the environment's own folder,
under the version of Prefect; another version creates its own.
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
    """Create a migrated SQLite database if the settings name one that does not exist."""
    url = make_url(str(PREFECT_API_DATABASE_CONNECTION_URL.value()))
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return
    target = Path(str(url.database))
    if target.exists():
        return
    with MIGRATED.with_suffix(".lock").open("w") as lock:
        # The first of several processes migrates. The others wait for its database.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not MIGRATED.exists():
            _migrate(MIGRATED)
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(".half")
    shutil.copyfile(MIGRATED, half)
    half.chmod(0o600)  # the blocks' secrets will be in it
    half.replace(target)


def _migrate(target: Path) -> None:
    """Create a database with Prefect's own command; `target` is complete or does not exist."""
    half = target.with_suffix(".half")
    half.unlink(missing_ok=True)
    environ = os.environ | {"PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{half}"}
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    with closing(sqlite3.connect(half)) as database:
        # The file is copied, so the journal must be written into it first.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")
    half.replace(target)
