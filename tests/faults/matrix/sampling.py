"""Which cells of the matrix run: all by `make faults`, else a share that another commit chooses anew."""

import os
import zlib
from functools import cache

from tests.support.sampling import commit
from tests.support.scale import EVERY_CASE

SHARE = int(os.environ.get("FAULTS_SHARE", "30"))
"""Without `FAULTS=every`, one of so many cells runs."""


def chosen(procedure: str, fault: str, call: int) -> bool:
    """Whether the cell of this call runs."""
    return EVERY_CASE or zlib.crc32(f"{_commit()} {procedure} {fault} {call}".encode()) % SHARE == 0


@cache
def _commit() -> str:
    return commit()
