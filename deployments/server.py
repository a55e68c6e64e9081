"""Prefect's server on SQLite with two changes: when it collects garbage, and when it locks the database.

Garbage (ADR-5): Python's collector runs in any thread that triggers it. In the event loop's thread it may finalise a
statement of a connection whose own thread waits for SQLite's write lock. Then the loop waits for that connection, the
connection waits for another commit, and that commit waits for the loop: the server stops until the lock's time-out of
60 s. A separate thread can wait without harm.

Locks (ADR-7): SQLite refuses a transaction that reads before it writes if another one has written in between. Prefect's
server then answers 503, and its client waits two seconds before it asks again. Here every transaction takes the write
lock before it reads, and waits for it in its connection's thread.
"""

import gc
import itertools
import sys
import threading
import time
from typing import Any

from prefect.cli import app
from prefect.server.database.configurations import AioSqliteConfiguration
from sqlalchemy.ext.asyncio import AsyncSession

from deployments.stack.fresh_database import prepare
from deployments.stack.private import create_private_files

EVERY_SECONDS = 5.0
YOUNG, ALL = 1, 2
ALL_EVERY = 120
"""Collections of new objects between two collections of all objects, which block everything for up to a second."""


def collect_for_ever() -> None:
    """Collect the garbage of the whole process, in this thread."""
    for turn in itertools.count(1):
        time.sleep(EVERY_SECONDS)
        gc.collect(YOUNG if turn % ALL_EVERY else ALL)


def take_the_write_lock_first() -> None:
    """Make Prefect's server in this process begin each transaction on SQLite with the write lock."""
    begin = AioSqliteConfiguration.begin_transaction

    def with_lock(
        self: AioSqliteConfiguration,
        session: AsyncSession,
        with_for_update: bool = True,  # noqa: ARG001, FBT001, FBT002 - the signature is Prefect's
    ) -> Any:
        return begin(self, session, with_for_update=True)

    AioSqliteConfiguration.begin_transaction = with_lock  # type: ignore[method-assign]


def main() -> None:
    """Run `prefect server start` in this process."""
    create_private_files()
    prepare()
    take_the_write_lock_first()
    gc.disable()
    threading.Thread(target=collect_for_ever, name="garbage", daemon=True).start()
    sys.argv = ["prefect", "server", "start"]
    app()


if __name__ == "__main__":
    main()
