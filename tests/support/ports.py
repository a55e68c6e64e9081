"""Ports for what a test starts by itself."""

import os
import random
import socket
from collections.abc import Iterator

WORKERS = 32
FIRST, LAST = 10_000, 32_000
"""Below those which the system hands out itself (32768 and above): no connection on its way out takes one meanwhile."""


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on; test processes that run side by side never draw the same one."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    mine = range(FIRST + worker, LAST, WORKERS)
    drawn = _free(random.SystemRandom().sample(mine, len(mine)))
    return [next(drawn) for _ in range(count)]


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def _free(ports: list[int]) -> Iterator[int]:
    for port in ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port
