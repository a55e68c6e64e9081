"""A guarded Prefect is started again: worker and receiver go on, and the next sale is onboarded."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deployments.stack.credentials import SandboxCredentials, credentials_of
from tests.support.closing import EFFECTS, close, effects, hire, open_sale
from tests.support.guarded import AUTH, GUARDED, clients
from tests.support.ports import free_port
from tests.support.prefect_server import PrefectServer
from tests.support.sandbox import SandboxProcess, port_of, start_sandbox
from tests.support.stack import ROOT, prefect_client
from tests.support.warm_worker import WarmWorker, until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("restarted server"), pytest.mark.timeout(900)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrefectServer]:
    streams = {"PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "true"}
    server = PrefectServer(tmp_path / "home" / "prefect", free_port(), **streams, **GUARDED).start()
    yield server
    server.stop()


@pytest.fixture
def credentials(tmp_path: Path) -> SandboxCredentials:
    return credentials_of(tmp_path / "home")


@pytest.fixture
def receiver(server: PrefectServer, credentials: SandboxCredentials) -> Iterator[str]:
    """The address of a receiver."""
    port = free_port()
    variables = {"PREFECT_API_URL": server.url} | clients() | credentials.for_receiver()
    command = [sys.executable, "-m", "webhooks", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(60)


@pytest.fixture
def sandbox(credentials: SandboxCredentials, receiver: str) -> Iterator[SandboxProcess]:
    """The vendors, whose Salesforce sends its messages to the receiver."""
    messages = {"SANDBOX_RECEIVER_URL": f"{receiver}/salesforce/outbound-messages/{credentials.receiver_token}"}
    with start_sandbox("empty", **credentials.for_sandbox(), **messages) as sandbox:
        hire(sandbox, 2)
        yield sandbox


@pytest.fixture
def worker(tmp_path: Path, server: PrefectServer, sandbox: SandboxProcess) -> Iterator[WarmWorker]:
    """A worker that hears of runs by events alone."""
    worker = WarmWorker(ROOT, tmp_path / "home", server)
    worker.prefect = prefect_client(server.url.removesuffix("/api"), AUTH)
    ports = {"SANDBOX_PORT": str(port_of(sandbox.url)), "SANDBOX_SMTP_PORT": str(sandbox.smtp_port)}
    command = [sys.executable, "-m", "deployments.cli", "bootstrap", "--sandbox"]
    subprocess.run(command, cwd=ROOT, env=worker.environment | clients() | ports, check=True, timeout=300)
    worker.start(**clients())
    yield worker
    worker.stop()


def ready(receiver: str) -> bool:
    try:
        return httpx.get(f"{receiver}/ready", timeout=10, trust_env=False).is_success
    except httpx.TransportError:
        return False


def onboarded(company: str, sandbox: SandboxProcess, worker: WarmWorker) -> None:
    """Close a sale, and wait until its customer is set up."""
    sale = open_sale(sandbox, company)
    sandbox.until("salesforce", lambda state: not state["outbound"]["pending"])
    since = sandbox.last()
    close(sandbox, sale.opportunity)
    which = {"flow_runs": {"tags": {"all_": [f"opportunity:{sale.opportunity}"]}}}
    (run,) = until(lambda: worker.post("/flow_runs/filter", which), "the run is there")
    assert worker.ended(run["id"])["state_name"] == "Completed"
    assert effects(sandbox, since) == EFFECTS


def test_worker_and_receiver_log_in_anew(
    server: PrefectServer, receiver: str, sandbox: SandboxProcess, worker: WarmWorker
) -> None:
    until(lambda: ready(receiver), "the receiver is ready")
    onboarded("First Clinic", sandbox, worker)

    server.restart()
    until(lambda: ready(receiver), "the receiver is ready again")
    onboarded("Second Clinic", sandbox, worker)
