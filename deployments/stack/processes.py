"""Start the processes of a stack, wait until each is ready, and stop all of them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from deployments.stack.settings import PROJECT

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 10.0


class NotReady(RuntimeError):
    """Raised when a process of the stack did not start; the message names its log."""


class Processes:
    """The processes of one stack. They stop in the reverse order of their start."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = {**os.environ, **environment}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
        """Start a process that logs to `<name>.log` and ends with this process."""
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                list(command),
                cwd=PROJECT,
                env={**self._environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - nothing of ours runs threads yet
            )
        self._running.append((name, process))
        return process

    def run(self, name: str, command: Sequence[str], **environment: str) -> None:
        """Run a command to its end.

        Raises:
            NotReady: the command failed; the message has the last line of its output.
        """
        process = self.start(name, command, **environment)
        if process.wait():
            lines = (self._logs / f"{name}.log").read_text().strip().splitlines()
            raise NotReady(f"{name} failed: {lines[-1] if lines else 'it printed nothing'}")
        self._running = [(other, running) for other, running in self._running if running is not process]

    def wait_until(self, name: str, url: str, seconds: float = 300.0) -> None:
        """Wait until `url` answers 200.

        Raises:
            NotReady: the process ended, or did not answer in time.
        """
        process = next(process for other, process in self._running if other == name)
        end = time.monotonic() + seconds
        with httpx.Client(timeout=2, trust_env=False) as client:
            while time.monotonic() < end:
                if process.poll() is not None:
                    raise NotReady(f"{name} ended at once: see {self._logs / f'{name}.log'}")
                if _answers(client, url):
                    return
                time.sleep(0.1)
        raise NotReady(f"{name} did not answer within {seconds:.0f} s: see {self._logs / f'{name}.log'}")

    def ids(self) -> dict[str, int]:
        """The process ids by name."""
        return {name: process.pid for name, process in self._running}

    def watch(self) -> str:
        """Wait until one of the processes ends, and return its name."""
        while True:
            for name, process in self._running:
                if process.poll() is not None:
                    return name
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop every process that was started here, the last one first."""
        for _, process in reversed(self._running):
            _signal(process, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        for _, process in reversed(self._running):
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
        self._running.clear()


def require_free(port: int, variable: str) -> None:
    """Check that a port is free.

    Raises:
        NotReady: the port is in use; the message names the variable that sets another.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise NotReady(
                f"Port {port} is in use: stop the program that uses it, or set {variable} to another port."
            ) from None


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal the process and its children, for example a worker's flow runs."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return


def _die_with_parent() -> None:
    """In the child: react to Ctrl-C, and end when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
