"""A whole stack of a test's own: a copy of the project's files, started by `lifecycle up --json` on free ports."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from pydantic import SecretStr

from sandbox.state import Credentials
from tests.support.closing import SaleIds, open_sale
from tests.support.ports import free_ports
from tests.support.sandbox import SandboxProcess, port_of
from webhooks.runs.prefect_login import PrefectLogin

ROOT = Path(__file__).parents[2]
PATIENCE = 180
"""Seconds until a run is where a test wants it, on a machine that does other things as well."""
STOP_SECONDS = 120
CODE = ("flows", "tasks", "blocks", "rules", "webhooks", "sandbox", "deployments", "benchmarks", "prefect.yaml")


@dataclass
class StackProcess:
    """A running stack.

    Attributes:
        project: the copy of the project that it runs; a test may edit it.
        home: everything the stack keeps.
        prefect: a client of Prefect's API.
        sandbox: the stand-ins' controls.
        urls: the line that `lifecycle up --json` printed.
    """

    project: Path
    home: Path
    prefect: httpx.Client
    sandbox: SandboxProcess
    urls: dict[str, Any]
    process: subprocess.Popen[str]

    def run_of(self, opportunity_id: str) -> dict[str, Any] | None:
        """The flow run of an opportunity; fails when there are several."""
        return self._only_run(**_of(opportunity_id))

    def _only_run(self, **which: dict[str, Any]) -> dict[str, Any] | None:
        runs = self._post("/flow_runs/filter", {"flow_runs": which})
        assert len(runs) <= 1, [run["name"] for run in runs]
        return runs[0] if runs else None

    def until(
        self, opportunity_id: str, holds: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE
    ) -> dict[str, Any]:
        """The flow run of an opportunity once the condition holds for it."""
        return self._until(_of(opportunity_id), holds, seconds)

    def until_named(self, state: str, **which: dict[str, Any]) -> str:
        """Wait until the only run of a filter is in a state of that name; its id."""
        return str(self._until(which, lambda run: run["state_name"] == state, PATIENCE)["id"])

    def run_to_end(self, deployment: str, **parameters: Any) -> dict[str, Any]:
        """Start a run of a deployment and wait for its end."""
        return self.ended_run(self.start_run(deployment, **parameters))

    def start_run(self, deployment: str, **parameters: Any) -> str:
        """Start a run of a deployment; its id."""
        there = self.prefect.get(f"/deployments/name/{deployment}").raise_for_status().json()
        started = self._post(f"/deployments/{there['id']}/create_flow_run", {"parameters": parameters})
        return str(started["id"])

    def ended_run(self, run_id: str) -> dict[str, Any]:
        """A run once it has ended."""
        return self._until({"id": {"any_": [run_id]}}, _has_ended, PATIENCE)

    def newest_artifact(self, key: str) -> dict[str, Any]:
        """The newest version of an artifact."""
        versions = {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC", "limit": 1}
        (found,) = self._post("/artifacts/filter", versions)
        return dict(found)

    def _until(
        self, which: dict[str, dict[str, Any]], holds: Callable[[dict[str, Any]], bool], seconds: float
    ) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        run = None
        while time.monotonic() < deadline:
            run = self._only_run(**which)
            if run and holds(run):
                return run
            time.sleep(0.2)
        state = run["state"] if run else "no run"
        raise AssertionError(f"the run did not get there within {seconds} s: {state}")

    def ended(self, opportunity_id: str, tries: int = 1, seconds: float = PATIENCE) -> dict[str, Any]:
        """The flow run of an opportunity once it has ended in its nth try."""
        return self.until(opportunity_id, lambda run: _has_ended(run) and run["run_count"] >= tries, seconds)

    def at_rest(self, opportunity_id: str) -> dict[str, Any]:
        """The flow run of an opportunity once it waits, having looked again after it was suspended."""
        self.sandbox.until("salesforce", lambda state: not state["outbound"]["pending"])
        return self.until(
            opportunity_id, lambda run: run["state_name"] == "Suspended" and not self.processes_of(run["id"])
        )

    def processes_of(self, run_id: str) -> list[psutil.Process]:
        """The processes in which a flow run runs now: one, or none."""
        return [child for child in psutil.Process(self.process.pid).children(recursive=True) if executes(child, run_id)]

    def open_sale(self, company: str, *, mrr: float | None = None) -> SaleIds:
        """A sale in negotiation that was entered before today: nobody is told of its contract now."""
        with self.untold():
            return open_sale(self.sandbox, company, mrr=mrr)

    @contextmanager
    def untold(self) -> Iterator[None]:
        """What is changed in Salesforce meanwhile nobody is told."""
        self.sandbox.behaviour(outbound_messages="off")
        yield
        self.sandbox.behaviour(outbound_messages="on")

    def retry(self, run_id: str) -> None:
        """What the dashboard's Retry button sends."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}
        self._post(f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})

    def resume(self, run_id: str, answer: dict[str, str]) -> None:
        """What the dashboard's form sends, once Prefect has the form: a run is Suspended a moment before that."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            outcome = self._post(f"/flow_runs/{run_id}/resume", {"run_input": answer})
            if outcome["status"] == "ACCEPT":
                return
            assert "schema not found" in outcome["details"]["reason"], outcome
            time.sleep(0.05)
        raise AssertionError(f"the form of run {run_id} did not come within {PATIENCE} s")

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self.prefect.post(path, json=body).raise_for_status().json()


def _has_ended(run: dict[str, Any]) -> bool:
    return run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def _of(opportunity_id: str) -> dict[str, dict[str, Any]]:
    return {"tags": {"all_": [f"opportunity:{opportunity_id}"]}}


def executes(process: psutil.Process, run_id: str) -> bool:
    """Whether a flow run runs in the process."""
    try:
        return process.environ().get("PREFECT__FLOW_RUN_ID") == run_id
    except psutil.Error:
        return False


@contextmanager
def running_stack(folder: Path, *, world: str = "empty", **environment: str) -> Iterator[StackProcess]:
    """Copy the project into `folder`, run `lifecycle up --json` there, stop it at the end."""
    project, home = folder / "project", folder / "home"
    _copy(project)
    names = ("PREFECT_PORT", "SANDBOX_PORT", "SANDBOX_SMTP_PORT", "RECEIVER_PORT")
    ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    # Without byte code every run's process would compile the whole copy again.
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PREFECT_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    env = {**mine, **ports, "LIFECYCLE_HOME": str(home), "LIFECYCLE_RETRY_DELAYS": "0.2,0.2", **environment}
    process = subprocess.Popen(
        [sys.executable, "-m", "deployments.cli", "up", "--json", "--world", world],
        cwd=project,
        env=env,
        stdout=subprocess.PIPE,
        stderr=(folder / "up.log").open("w"),
        text=True,
    )
    try:
        yield _ready(process, project, home, folder / "up.log", environment)
    finally:
        runs = process.poll() is None
        process.send_signal(signal.SIGTERM)
        code = process.wait(STOP_SECONDS)
    assert not runs or code == 0, f"the stack was stopped, and ended with {code}"


def _copy(project: Path) -> None:
    for name in CODE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name)
        else:
            shutil.copy(source, project / name)


def _ready(
    process: subprocess.Popen[str], project: Path, home: Path, log: Path, environment: Mapping[str, str]
) -> StackProcess:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the stack did not come up: {log.read_text()}"
    urls = json.loads(line)
    environ = {
        f"SANDBOX_{system.upper()}_{name.upper()}": value
        for system, values in urls["credentials"].items()
        for name, value in values.items()
    }
    control = httpx.Client(base_url=urls["sandbox"], trust_env=False, timeout=60)
    own = Credentials.from_environment(environ)
    sandbox = SandboxProcess(urls["sandbox"], own, control, process, port_of(urls["smtp"]))
    prefect = prefect_client(urls["prefect"], environment.get("PREFECT_SERVER_API_AUTH_STRING"))
    return StackProcess(project, home, prefect, sandbox, urls, process)


def prefect_client(url: str, auth_string: str | None = None) -> httpx.Client:
    """A client of Prefect's API, with the credentials and the CSRF tokens that the server asks for."""
    login = PrefectLogin(f"{url}/api", SecretStr(auth_string) if auth_string else None)
    return httpx.Client(base_url=f"{url}/api", auth=login, trust_env=False, timeout=60)


def files_below(folder: Path) -> list[Path]:
    """Every file in a folder and in its folders."""
    return [path for path in folder.rglob("*") if path.is_file()]
