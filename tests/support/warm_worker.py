"""A copy of the project with probes, and the worker that runs them, against a Prefect server of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml

from deployments.stack.settings import StackSettings
from tests.support.prefect_server import PrefectServer
from tests.support.stack import ROOT, prefect_client

PATIENCE = 120
"""Seconds until a run or a process is where a test wants it, on a machine that does other things as well."""
CODE = ("flows", "tasks", "blocks", "rules", "webhooks", "deployments", "prefect.yaml")
PROBES = {"probe": "flows.probes.probe", "suspends": "flows.probes.suspends"}
SINGLE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def until(holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait until something holds; returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.1)  # each look at all processes takes a while
    raise AssertionError(f"{what}: not within {seconds} s")


def copy_project(folder: Path) -> Path:
    """The project's code, with the probes among its flows and its deployments."""
    for name in CODE:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    shutil.copy(ROOT / "tests" / "support" / "warm_probes.py", folder / "flows" / "probes.py")
    declared = yaml.safe_load((folder / "prefect.yaml").read_text())
    declared["deployments"] += [{"name": name, "entrypoint": entrypoint} for name, entrypoint in PROBES.items()]
    (folder / "prefect.yaml").write_text(yaml.safe_dump(declared))
    return folder


def clean_environment() -> dict[str, str]:
    """This process's variables without the settings of its own Prefect."""
    prefixes = ("PREFECT_", "LIFECYCLE_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


class WarmWorker:
    """The worker of a project, and its runs as people and Prefect see them.

    Attributes:
        project: the copy of the code that it runs; a test may edit it.
        prefect: a client of Prefect's API.
    """

    def __init__(self, project: Path, home: Path, server: PrefectServer) -> None:
        self.project, self.server = project, server
        self.prefect: httpx.Client = prefect_client(server.url.removesuffix("/api"))
        self._home, self._log = home, home / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._deployments: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the worker's process."""
        settings = StackSettings(prefect_port=self.server.port, LIFECYCLE_HOME=self._home, LIFECYCLE_CONCURRENCY=4)
        return clean_environment() | settings.prefect_environment() | settings.own_environment()

    def bootstrap(self) -> None:
        """Create the work pool as `lifecycle bootstrap` does, and deployments of the probes."""
        work_pool = (
            "import asyncio; from prefect.client.orchestration import get_client; "
            "from deployments.provisioning import bootstrap; from deployments.stack.settings import StackSettings\n"
            "async def main():\n"
            "    async with get_client() as client: await bootstrap.create_work_pool(client, StackSettings())\n"
            "asyncio.run(main())"
        )
        command = [sys.executable, "-c", work_pool]
        subprocess.run(command, cwd=self.project, env=self.environment, check=True, timeout=PATIENCE)
        for name, entrypoint in PROBES.items():
            flow = self.post("/flows/", {"name": name})["id"]
            which = {"name": name, "flow_id": flow, "entrypoint": entrypoint, "work_pool_name": "lifecycle"}
            which |= {"enforce_parameter_schema": False}
            self._deployments[name] = self.post("/deployments/", which)["id"]

    def start(self, *, polls: float = 600, **environment: str) -> None:
        """Start the worker; it is ready when a run is."""
        settings = {"PREFECT_WORKER_QUERY_SECONDS": str(polls)} | environment
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deployments.worker"],
                cwd=self.project,
                env=self.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # As in a script that starts it with "&": SIGTERM must end it all the same.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
            )

    def is_up(self) -> bool:
        """Whether the worker runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End the worker, and its runs with it."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None

    @property
    def log(self) -> str:
        """Everything that the worker and its runs have printed."""
        return self._log.read_text(errors="replace")

    def process(self) -> psutil.Process:
        """The worker's own process."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def fork_server(self) -> psutil.Process:
        """The fork server, once it serves: two children wait."""

        def serving() -> psutil.Process | None:
            for child in self.process().children():
                with suppress(psutil.Error):
                    if "deployments.worker.fork_server" in child.cmdline() and len(child.children()) >= 2:
                        return child
            return None

        found: psutil.Process = until(serving, "the fork server serves")
        return found

    def create(self, deployment: str, variables: dict[str, Any] | None = None, **parameters: Any) -> str:
        """A run that is due now; its id."""
        body = {"parameters": parameters, "job_variables": variables or {}}
        return str(self.post(f"/deployments/{self._deployments[deployment]}/create_flow_run", body)["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        """The run as Prefect has it."""
        return dict(self.prefect.get(f"/flow_runs/{run_id}").raise_for_status().json())

    def ended(self, run_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The run once it has ended."""
        return self.becomes(run_id, *ENDED, seconds=seconds)

    def becomes(self, run_id: str, *states: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The run once the type or the name of its state is one of these."""

        def there() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if {run["state_type"], run["state_name"]} & {*states} else None

        try:
            found: dict[str, Any] = until(there, f"the run becomes {states}", seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.run(run_id)['state']}\n{self.log[-3000:]}") from None
        return found

    def processes(self, run_id: str) -> list[psutil.Process]:
        """The processes that the worker has started for the run: one, or none."""
        found = []
        for child in self.process().children():
            with suppress(psutil.Error):
                if child.environ().get("PREFECT__FLOW_RUN_ID") == run_id:
                    found.append(child)
        return found

    def client(self, run_id: str) -> psutil.Process:
        """The process that the worker has started for the run."""
        (process,) = until(lambda: self.processes(run_id), "the run has a process")
        return process

    def limit(self, runs: int) -> None:
        """The number of runs at once of the work pool."""
        self.prefect.patch("/work_pools/lifecycle", json={"concurrency_limit": runs}).raise_for_status()

    def set_state(self, run_id: str, type_: str, name: str) -> None:
        """What a button of the dashboard sends."""
        self.post(f"/flow_runs/{run_id}/set_state", {"state": {"type": type_, "name": name}, "force": True})

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer of Prefect's API."""
        return self.prefect.post(path, json=body).raise_for_status().json()


class Probe:
    """A run of the probe: what it reported, and the gate it waits at."""

    def __init__(self, worker: WarmWorker, folder: Path, *, gate: bool = False, **more: Any) -> None:
        self._path, self._gate = folder / "facts.json", folder / "gate" if gate else None
        folder.mkdir()
        if self._gate:
            os.mkfifo(self._gate)
        variables = more.pop("variables", None)
        parameters = {"path": str(self._path), "gate": str(self._gate or "")} | more
        self.worker, self.id = worker, worker.create("probe", variables, **parameters)

    @property
    def facts(self) -> dict[str, Any]:
        """What the run reported, once it has."""

        def reported() -> dict[str, Any] | None:
            return json.loads(self._path.read_text()) if self._path.exists() else None

        try:
            found: dict[str, Any] = until(reported, "the probe reports")
        except AssertionError as late:
            run = self.worker.run(self.id)
            raise AssertionError(f"{late}: {run['state']}\n{self.worker.log[-3000:]}") from None
        return found

    @property
    def process(self) -> psutil.Process:
        """The process that executes the run."""
        return psutil.Process(self.facts["pid"])

    @property
    def interruption(self) -> str:
        """The type of what interrupted the run at its gate."""
        return Path(f"{self._gate}.interrupted").read_text()

    def open(self) -> None:
        """Let the run go on."""
        assert self._gate is not None
        self._gate.write_bytes(b"")

    def ended(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The run once it has ended."""
        return self.worker.ended(self.id, seconds)


@contextmanager
def warm_worker(folder: Path, project: Path, port: int) -> Iterator[WarmWorker]:
    """A Prefect server, and a worker of the project that has not started yet."""
    streams = {"PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "true"}
    server = PrefectServer(folder / "prefect", port, **streams).start()
    worker = WarmWorker(project, folder, server)
    try:
        worker.bootstrap()
        yield worker
    finally:
        worker.stop()
        server.stop()
