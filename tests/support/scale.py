"""How much of what may go wrong is tried: some of it each time, every case by `make test-long`."""

import os
from collections.abc import Collection
from typing import TypeVar

C = TypeVar("C")

EVERY_CASE = os.environ.get("FAULTS") == "every"


def cases(every: Collection[C], *usual: C) -> list[C]:
    """The usual cases, or every one where that is asked for.

    Raises:
        ValueError: a usual one that is none of them.
    """
    if strange := [one for one in usual if one not in every]:
        raise ValueError(f"no such case: {strange}")
    return list(every) if EVERY_CASE else list(usual)
