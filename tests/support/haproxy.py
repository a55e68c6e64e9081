"""A load balancer before receivers: HAProxy, with the settings of docs/operations.md."""

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
  retries 3
  option redispatch
  retry-on conn-failure empty-response
frontend receiver
  bind 127.0.0.1:{port}
  default_backend receivers
backend receivers
  option httpchk GET /ready
  default-server check inter 500ms fall 1 rise 1
{servers}
"""


@contextmanager
def balancer(folder: Path, port: int, receivers: list[int]) -> Iterator[None]:
    """Balance a port over the ports of receivers, as long as each says that it is ready."""
    program = shutil.which("haproxy")
    if program is None:
        pytest.skip("no HAProxy here: apt-get install haproxy")
    servers = "\n".join(f"  server receiver-{each} 127.0.0.1:{each}" for each in receivers)
    file = folder / "haproxy.cfg"
    file.write_text(CONFIGURATION.format(port=port, servers=servers))
    with (folder / "haproxy.log").open("ab") as log:
        process = subprocess.Popen([program, "-db", "-f", str(file)], stdout=log, stderr=subprocess.STDOUT)
    try:
        until(lambda: _listens(port), "the balancer listens")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
