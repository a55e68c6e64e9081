"""Prefect's server with three habits changed: when it collects garbage, locks SQLite, and looks at schemas.

Python's collector runs in whichever thread happens to trigger it. When that is the event loop's, and it finalises a
statement of a connection whose own thread waits for SQLite's write lock, the loop waits for that connection; the
connection waits for another's commit; and that commit waits for the loop: the server stands still until the lock's
time-out of 60 s. A thread of its own can wait there without harm (ADR-5).

A transaction that reads before it writes is refused by SQLite whenever another one has written in between. Prefect's
server answers 503 then, and its client waits two seconds before it asks again. Here every transaction takes the write
lock before it reads, and waits for it in its connection's thread (ADR-7).

At every start of a run, Prefect looks whether the schemas of the flow's parameters and of the work pool are schemas at
all. That is half of what a start costs the server, and the answer is always the same: here it is looked at once.
"""

import gc
import itertools
import json
import sys
import threading
import time
from functools import lru_cache
from typing import Any

from prefect.cli import app
from prefect.server.database.configurations import AioSqliteConfiguration
from prefect.utilities.schema_tools import validation
from sqlalchemy.ext.asyncio import AsyncSession

from deployments.stack.fresh_database import prepare
from deployments.stack.private import create_private_files

EVERY_SECONDS = 5.0
YOUNG, ALL = 1, 2
ALL_EVERY = 120
"""Looking at every object takes up to a second in which nothing else runs; mostly only the new ones are looked at."""


def collect_for_ever() -> None:
    """Collect the garbage of the whole process, in this thread."""
    for turn in itertools.count(1):
        time.sleep(EVERY_SECONDS)
        gc.collect(YOUNG if turn % ALL_EVERY else ALL)


def take_the_write_lock_first() -> None:
    """Have Prefect's server in this process begin each transaction on SQLite with the write lock."""
    begin = AioSqliteConfiguration.begin_transaction

    def with_lock(
        self: AioSqliteConfiguration,
        session: AsyncSession,
        with_for_update: bool = True,  # noqa: ARG001, FBT001, FBT002 - the signature is Prefect's
    ) -> Any:
        return begin(self, session, with_for_update=True)

    AioSqliteConfiguration.begin_transaction = with_lock  # type: ignore[method-assign]


def check_each_schema_once() -> None:
    """Have Prefect in this process check a schema that it found right no more."""
    validator: Any = validation._VALIDATOR  # noqa: SLF001 - Prefect has no other place for it
    check = validator.check_schema

    @lru_cache(maxsize=500)
    def look(schema: str, **options: Any) -> None:
        check(json.loads(schema), **options)

    def once(schema: Any, **options: Any) -> None:
        look(json.dumps(schema, sort_keys=True), **options)

    validator.check_schema = once


def main() -> None:
    """Run `prefect server start` in this process."""
    create_private_files()
    prepare()
    take_the_write_lock_first()
    check_each_schema_once()
    gc.disable()
    threading.Thread(target=collect_for_ever, name="garbage", daemon=True).start()
    sys.argv = ["prefect", "server", "start"]
    app()


if __name__ == "__main__":
    main()
