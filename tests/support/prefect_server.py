"""A real Prefect server for tests: its own process, its own home, SQLite, on the loopback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from deployments.stack.settings import NO_EVENT_FEED, RECORDED_TOGETHER

ROOT = Path(__file__).parents[2]
START_SECONDS = 240
"""Migrations included, on a machine that does other things; a server that has ended is noticed at once."""
STOP_SECONDS = 60


class PrefectServer:
    """One server process; `start` and `stop` may be called in turns, the database under `home` stays.

    `more`: settings of the server besides, by variable.
    """

    def __init__(self, home: Path, port: int, **more: str) -> None:
        self.home, self.port, self._more = home, port, more
        self.url = f"http://127.0.0.1:{port}/api"
        self.log = home / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "PrefectServer":
        """Start and wait until the API answers.

        Raises:
            RuntimeError: it ended or did not answer in time; with the tail of its log.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deployments.server"],
                cwd=ROOT,
                env=os.environ | self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_healthy()
        return self

    def stop(self) -> None:
        """End the server's own process group."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait(STOP_SECONDS)
        self._process = None

    def restart(self, **more: str) -> None:
        """Stop and start; `more`: settings that differ from now on."""
        self.stop()
        self._more |= more
        self.start()

    def kill(self) -> None:
        """End it as a power cut would; what it was just doing is not finished."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
        self._process = None

    def _environment(self) -> dict[str, str]:
        return {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.url,
            "PREFECT_SERVER_API_HOST": "127.0.0.1",
            "PREFECT_SERVER_API_PORT": str(self.port),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            **RECORDED_TOGETHER,
            **NO_EVENT_FEED,
            "PREFECT_SERVER_UI_ENABLED": "false",
            # Runs that no worker takes would each be rewritten as Late, in the way of the tests on SQLite.
            "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
            # No automation, schedule or worker is part of these tests; the stack's have all of them.
            "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
            "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
            "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
            "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "false",
            "PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED": "false",
            "PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS": "0.2",
            "DO_NOT_TRACK": "1",
            **self._more,
        }

    def _wait_until_healthy(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health", timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.3)  # a client of its own for each try takes time from the server
        tail = self.log.read_text(errors="replace")[-2000:]
        self.stop()
        raise RuntimeError(f"the Prefect server did not come up on port {self.port}:\n{tail}")

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, number)
