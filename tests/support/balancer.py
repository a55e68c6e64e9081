"""A load balancer for tests: each new connection goes to the next server."""

<<<<<<< HEAD
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle
=======
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.warm_worker import until

CONFIGURATION = """
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 5s
  retries 3
  option redispatch
  retry-on conn-failure empty-response
frontend receiver
  bind 127.0.0.1:{port}
  default_backend receivers
backend receivers
  option httpchk GET /ready
  default-server check inter 1s fall 1 rise 1
{servers}
"""
>>>>>>> b42fd8a (bench: what past runs cost in Postgres; docs: backup, retention, updates, scale)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()


@asynccontextmanager
async def balanced(ports: Sequence[int]) -> AsyncIterator[int]:
    """The port of a balancer before the servers on these ports of this machine."""
    turns = cycle(ports)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, server = await asyncio.open_connection("127.0.0.1", next(turns))
        await asyncio.gather(_copy(reader, server), _copy(upstream, writer))

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
