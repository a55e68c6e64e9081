"""The parts of a stack on Postgres, each a process of its own that a test starts, stops, kills and replaces."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import psutil
import pytest
from cryptography.fernet import Fernet

from benchmarks.postgres import NOT_INSTALLED, programs, running_postgres
from deployments.stack.credentials import credentials_of
from deployments.stack.sandbox import Listener
from deployments.stack.settings import StackSettings
from deployments.stack.stack import NO_TLS
from tests.support.ports import free_port
from tests.support.sandbox import SandboxProcess, port_of, start_sandbox
from tests.support.stack import ROOT, executes, prefect_client
from tests.support.warm_worker import clean_environment, until

PATIENCE, STOP_SECONDS = 480, 240
"""Seconds until something is where a test wants it, on a machine that does other things as well."""
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class Part:
    """One process; `start` and `stop` may be called in turns.

    Args:
        command: the arguments of Python.
        environment: all variables.
        log: the file of its output.
        ready: the address that answers 200 when it is ready; "" if there is none.
    """

    def __init__(self, command: list[str], environment: dict[str, str], log: Path, ready: str = "") -> None:
        self._command, self._environment, self._log, self._ready = command, environment, log, ready
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> "Part":
        """Start it, and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait and self._ready:
            until(self._answers, f"{self._log} says that it is ready", PATIENCE)
        return self

    def terminate(self) -> None:
        """Ask it to end, as a supervisor does; its children are not signalled."""
        assert self._process is not None
        self._process.terminate()

    def ends(self) -> int:
        """Wait for its end; the exit code."""
        assert self._process is not None
        return self._process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """End it, and what is left of its children."""
        if self._process is None:
            return
        self.terminate()
        try:
            self.ends()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None

    def processes_of(self, run_id: str) -> list[psutil.Process]:
        """Its children in which a flow run runs: one, or none."""
        assert self._process is not None
        return [
            child for child in psutil.Process(self._process.pid).children(recursive=True) if executes(child, run_id)
        ]

    @property
    def log(self) -> str:
        """Everything that it has printed."""
        return self._log.read_text(errors="replace")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"it ended at once: {self.log[-3000:]}"
        try:
            return httpx.get(self._ready, timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False


class Parts:
    """A sandbox, and the settings by which the parts of one stack find each other.

    Attributes:
        home: the data directory, with the kept results.
        key: Prefect's encryption key, which is not in the database.
        sandbox: the vendors; they stay while parts come and go.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.home, self.key = folder / "home", Fernet.generate_key().decode()
        self.home.mkdir()
        self._started: list[Part] = []
        self._more = environment
        self.prefect_port, self.receiver_port = free_port(), free_port()
        self.credentials = credentials_of(self.home)
        receiver, dashboard = (f"http://127.0.0.1:{port}" for port in (self.receiver_port, self.prefect_port))
        listener = Listener(receiver, self.credentials.receiver_token, dashboard)
        self.sandbox: SandboxProcess = start_sandbox(
            "empty", **self.credentials.for_sandbox(), **listener.for_sandbox()
        )
        self.prefect = httpx.Client()

    def environment(self, database_url: str, home: Path | None = None) -> dict[str, str]:
        """The variables of every part."""
        settings = StackSettings(
            prefect_port=self.prefect_port,
            receiver_port=self.receiver_port,
            sandbox_port=port_of(self.sandbox.url),
            sandbox_smtp_port=self.sandbox.smtp_port,
            LIFECYCLE_HOME=home or self.home,
            LIFECYCLE_DATABASE_URL=database_url,
            LIFECYCLE_CONCURRENCY=4,
        )
        own = settings.prefect_environment() | settings.client_environment | settings.own_environment()
        return {
            **clean_environment(),
            **own,
            **NO_TLS,
            "LIFECYCLE_RETRY_DELAYS": "0.2,0.2",
            "PREFECT_SERVER_ENCRYPTION_KEY": self.key,
            **self._more,
        }

    def part(self, name: str, command: list[str], environment: dict[str, str], ready: str = "") -> Part:
        """A part that is stopped at the end, if the test does not."""
        part = Part(command, environment, self.home.parent / f"{name}.log", ready)
        self._started.append(part)
        return part

    def server(self, environment: dict[str, str]) -> Part:
        """Prefect's server."""
        url = f"http://127.0.0.1:{self.prefect_port}"
        return self.part("server", ["-m", "prefect", "server", "start"], environment, f"{url}/api/health")

    def worker(self, environment: dict[str, str], name: str = "worker") -> Part:
        """A worker."""
        return self.part(name, ["-m", "deployments.worker", "--name", name], environment)

    def receiver(self, environment: dict[str, str], port: int = 0, name: str = "receiver") -> Part:
        """A receiver; it is ready when a worker is there."""
        port = port or self.receiver_port
        command = ["-m", "webhooks", "--port", str(port)]
        own = environment | self.credentials.for_receiver()
        return self.part(name, command, own, f"http://127.0.0.1:{port}/ready")

    def lifecycle(self, environment: dict[str, str], *command: str) -> str:
        """What a command prints; it must exit with 0."""
        done = subprocess.run(
            [sys.executable, "-m", "deployments.cli", *command],
            cwd=ROOT,
            env=environment | {"COLUMNS": "400"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def connect(self) -> None:
        """Call Prefect's API as a user of the dashboard does."""
        self.prefect.close()
        self.prefect = prefect_client(f"http://127.0.0.1:{self.prefect_port}")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer of Prefect's API."""
        return self.prefect.post(path, json=body).raise_for_status().json()

    def runs_of(self, opportunity: str) -> list[dict[str, Any]]:
        """The runs of an opportunity."""
        which = {"flow_runs": {"tags": {"all_": [f"opportunity:{opportunity}"]}}}
        return list(self.post("/flow_runs/filter", which))

    def becomes(self, opportunity: str, *states: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The only run of an opportunity once the type or the name of its state is one of these."""

        def there() -> dict[str, Any] | None:
            runs = self.runs_of(opportunity)
            assert len(runs) <= 1, [run["name"] for run in runs]
            return runs[0] if runs and {runs[0]["state_type"], runs[0]["state_name"]} & {*states} else None

        try:
            found: dict[str, Any] = until(there, f"the run becomes {states}", seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.runs_of(opportunity)}") from None
        return found

    def run(self, deployment: str, **parameters: Any) -> dict[str, Any]:
        """Start a run of a deployment; the run at its end."""
        there = self.prefect.get(f"/deployments/name/{deployment}").raise_for_status().json()
        run_id = self.post(f"/deployments/{there['id']}/create_flow_run", {"parameters": parameters})["id"]

        def ended() -> dict[str, Any] | None:
            run = dict(self.prefect.get(f"/flow_runs/{run_id}").raise_for_status().json())
            return run if run["state_type"] in ENDED else None

        found: dict[str, Any] = until(ended, f"{deployment} ends", PATIENCE)
        return found

    def stop(self) -> None:
        """Stop every part that is left."""
        for part in reversed(self._started):
            part.stop()
        self.prefect.close()
        self.sandbox.stop()


@contextmanager
def parts(folder: Path, **environment: str) -> Iterator[Parts]:
    """A sandbox, and the parts that a test starts; all are stopped at the end."""
    stack = Parts(folder, **environment)
    try:
        yield stack
    finally:
        stack.stop()


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database of a Postgres server of its own; without Postgres, the test is skipped."""
    installed = programs()
    if installed is None:
        pytest.skip(NOT_INSTALLED)
    folder = Path(mkdtemp(prefix=f"postgres-{secrets.token_hex(2)}-"))
    folder.chmod(0o711)
    try:
        with running_postgres(folder / "database", installed) as server:
            yield server.url.get_secret_value()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
