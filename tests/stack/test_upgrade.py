"""A run that an earlier version suspended is carried to its end by the present one, and nothing is done twice."""

import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.stack.credentials import credentials_of
from tests.support.closing import EFFECTS, close, effects, hire, open_sale
from tests.support.outcome import messages, welcomes
from tests.support.ports import free_port
from tests.support.prefect_server import PrefectServer
from tests.support.sandbox import SandboxProcess, port_of, start_sandbox
from tests.support.stack import CODE, ROOT
from tests.support.warm_worker import WarmWorker, until

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.xdist_group("upgrade"), pytest.mark.timeout(900)]

EARLIER = "0369642"
"""A commit whose runs are in use. Move it on when a release says in its notes that older runs must end first."""
SLACK, SALESFORCE = ("slack", "POST", "/api/chat.postMessage"), ("salesforce", "POST", "/composite")


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, check=True).stdout


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The project as it was at that commit."""
    if subprocess.run(["git", "-C", ROOT, "cat-file", "-e", EARLIER], capture_output=True, check=False).returncode:
        pytest.skip(f"The commit {EARLIER} is not here: this is no clone, or a shallow one. `git fetch --unshallow`")
    project = tmp_path / "project"
    with tarfile.open(fileobj=io.BytesIO(git("archive", EARLIER))) as archive:
        archive.extractall(project, filter="data")
    return project


def update(project: Path) -> None:
    """Put the present code in the place of the earlier one."""
    for name in CODE:
        source, target = ROOT / name, project / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrefectServer]:
    """Prefect's server, whose database both versions use."""
    streams = {"PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "true"}
    server = PrefectServer(tmp_path / "home" / "prefect", free_port(), **streams).start()
    yield server
    server.stop()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxProcess]:
    """The vendors, with a team lead whose only CSM serves another segment."""
    with start_sandbox("empty", **credentials_of(tmp_path / "home").for_sandbox()) as sandbox:
        hire(sandbox, 1, segments="Enterprise")
        yield sandbox


def bootstrap(worker: WarmWorker, sandbox: SandboxProcess) -> None:
    """`lifecycle bootstrap` of the code that is there now."""
    ports = {"SANDBOX_PORT": str(port_of(sandbox.url)), "SANDBOX_SMTP_PORT": str(sandbox.smtp_port)}
    command = [sys.executable, "-m", "deployments.cli", "bootstrap", "--sandbox"]
    subprocess.run(command, cwd=worker.project, env=worker.environment | ports, check=True, timeout=300)


def test_a_run_that_the_version_before_suspended_is_completed_by_this_one(
    earlier: Path, tmp_path: Path, server: PrefectServer, sandbox: SandboxProcess
):
    since = sandbox.last()
    worker = WarmWorker(earlier, tmp_path / "home", server)
    bootstrap(worker, sandbox)
    sale = open_sale(sandbox, "Earlier Clinic")
    close(sandbox, sale.opportunity)
    deployment = worker.prefect.get("/deployments/name/onboarding/onboarding").raise_for_status().json()["id"]
    parameters = {"opportunity_id": sale.opportunity, "preview": False}
    worker.start(polls=1)
    run = worker.post(f"/deployments/{deployment}/create_flow_run", {"parameters": parameters})["id"]
    worker.becomes(run, "Suspended")
    until(lambda: not worker.processes(run), "the process of the waiting run has ended")
    worker.stop()
    before = effects(sandbox, since)

    update(earlier)
    hire(sandbox, 1)
    bootstrap(worker, sandbox)
    worker.start(polls=1)
    answer = {"decision": "Check again", "decided_by": "Lena Team"}
    resumed = worker.post(f"/flow_runs/{run}/resume", {"run_input": answer})
    assert resumed["status"] == "ACCEPT", resumed

    ended = worker.ended(run)
    worker.stop()
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    assert before == {**EFFECTS, SALESFORCE: 1}  # announced, asked, set up, codes written: nobody was available
    assert effects(sandbox, since) - before == {SLACK: 1, SALESFORCE: 2}
    keys = [str(message["metadata"]) for message in messages(sandbox)]
    assert len(keys) == len(set(keys)) == 3
    assert len(sandbox.state("salesforce")["records"]["Customer_Onboarding__c"]) == 1
    assert len(welcomes(sandbox, "jane@earlier-clinic.example")) == 1
