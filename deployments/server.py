"""Prefect's server on SQLite: garbage is collected outside the event loop, and a busy database is asked again at once.

Python's collector runs in whichever thread happens to trigger it. When that is the event loop's, and it finalises a
statement of a connection whose own thread waits for SQLite's write lock, the loop waits for that connection; the
connection waits for another's commit; and that commit waits for the loop: the server stands still until the lock's
time-out of 60 s. A thread of its own can wait there without harm (docs/decisions/0005-the-servers-garbage.md).

A transaction that reads before it writes is refused by SQLite whenever another one has written in between. The server
answers 503 then, and its client waits two seconds before it asks again: here the server asks itself again at once.
"""

import gc
import itertools
import sys
import threading
import time
from typing import Any

from fastapi import FastAPI
from prefect.cli import app
from prefect.server.api import server
from prefect.server.api.server import create_app

from deployments.ask_again import AskAgain
from deployments.fresh_database import prepare

EVERY_SECONDS = 5.0
YOUNG, ALL = 1, 2
ALL_EVERY = 120
"""Looking at every object takes up to a second in which nothing else runs; mostly only the new ones are looked at."""


def collect_for_ever() -> None:
    """Collect the garbage of the whole process, in this thread."""
    for turn in itertools.count(1):
        time.sleep(EVERY_SECONDS)
        gc.collect(YOUNG if turn % ALL_EVERY else ALL)


def patient_app(*args: Any, **settings: Any) -> FastAPI:
    """Prefect's own application, which asks a busy database again."""
    app = create_app(*args, **settings)
    app.add_middleware(AskAgain)
    return app


def main() -> None:
    """Run `prefect server start` in this process."""
    prepare()
    server.create_app = patient_app
    gc.disable()
    threading.Thread(target=collect_for_ever, name="garbage", daemon=True).start()
    sys.argv = ["prefect", "server", "start"]
    app()


if __name__ == "__main__":
    main()
