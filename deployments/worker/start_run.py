"""Start a flow run in a warm process of the worker's fork server, or in a new process if there is none (ADR-14).

The work pool's `command` runs this file for each run, as `python -I -S`. It imports the standard library only, so it
starts in hundredths of a second. It lives as long as the run: signals that it gets go to the run, it ends with the
run's exit code, and if it is killed the run is killed too.
"""

import json
import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

SOCKET = "LIFECYCLE_FORK_SERVER"
"""The environment variable with the path of the fork server's socket."""
PATIENCE = 5.0
"""Seconds to wait for a warm process."""
GO = b"g"


def main() -> NoReturn:
    """Start the run and wait for its end."""
    connection, pid = request_process(os.environ.get(SOCKET, ""))
    if connection is None:
        os.execv(sys.executable, [sys.executable, "-m", "deployments.worker.run_engine"])  # noqa: S606 - our own
    sent = signal.SIGKILL

    def forward(number: int, _: FrameType | None) -> None:
        nonlocal sent
        sent = signal.Signals(number)
        os.kill(pid, number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, forward)
    connection.sendall(GO)
    code = wait_for_end(connection)
    if code is None:
        end_by_signal(sent)
    os._exit(code)


def request_process(path: str) -> tuple[socket.socket | None, int]:
    """A connection to a warm process that waits for our `GO`, and its id; None if there is none in time."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    request = json.dumps({"cwd": os.getcwd(), "env": dict(os.environ)}).encode()  # noqa: PTH109 - no imports
    try:
        connection.connect(path)
        socket.send_fds(connection, [len(request).to_bytes(4, "big")], [0, 1, 2])
        connection.sendall(request)
        pid = int(connection.recv(20) or 0)
    except OSError:
        pid = 0
    connection.settimeout(None)
    if not pid:
        connection.close()
    return (connection, pid) if pid else (None, 0)


def wait_for_end(connection: socket.socket) -> int | None:
    """Wait until the process has ended; returns its exit code, or None if a signal ended it."""
    answer = b""
    try:
        while received := connection.recv(20):
            answer += received
    except ConnectionResetError:
        pass
    return int(answer) if answer else None


def end_by_signal(number: signal.Signals) -> NoReturn:
    """End as the run's process did."""
    if number is not signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
