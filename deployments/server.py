"""Prefect's server on SQLite, with its garbage collected outside the event loop.

Python's collector runs in whichever thread happens to trigger it. When that is the event loop's, and it finalises a
statement of a connection whose own thread waits for SQLite's write lock, the loop waits for that connection; the
connection waits for another's commit; and that commit waits for the loop: the server stands still until the lock's
time-out of 60 s. A thread of its own can wait there without harm (docs/decisions/0005-the-servers-garbage.md).
"""

import gc
import itertools
import sys
import threading
import time

from prefect.cli import app

EVERY_SECONDS = 5.0
YOUNG, ALL = 1, 2
ALL_EVERY = 120
"""Looking at every object takes up to a second in which nothing else runs; mostly only the new ones are looked at."""


def collect_for_ever() -> None:
    """Collect the garbage of the whole process, in this thread."""
    for turn in itertools.count(1):
        time.sleep(EVERY_SECONDS)
        gc.collect(YOUNG if turn % ALL_EVERY else ALL)


def main() -> None:
    """Run `prefect server start` in this process."""
    gc.disable()
    threading.Thread(target=collect_for_ever, name="garbage", daemon=True).start()
    sys.argv = ["prefect", "server", "start"]
    app()


if __name__ == "__main__":
    main()
