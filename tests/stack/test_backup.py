"""Prefect's database is lost and restored from a backup: nothing is lost with it, and nothing is done twice."""

import os
import shutil
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.postgres import programs
from deployments.stack.private import make_private
from tests.support.closing import close, hire, open_sale
from tests.support.outcome import messages, welcomes
from tests.support.parts import Parts, parts, postgres
from tests.support.sandbox import SandboxProcess
from tests.support.warm_worker import until

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(2400)]


def run_tool(program: str, *arguments: str, url: str) -> None:
    """Run one of Postgres' programs with the address of a database."""
    address, _, password = url.replace("+asyncpg", "").rpartition("@")[0].rpartition(":")
    address += "@" + url.rpartition("@")[2]
    installed = programs()
    assert installed is not None
    command = [str(installed / program), *arguments, "--dbname", address]
    subprocess.run(command, env=os.environ | {"PGPASSWORD": password}, check=True, timeout=120)


def back_up(stack: Parts, url: str, folder: Path) -> None:
    """The steps of docs/operations.md: the database first, then the results."""
    run_tool("pg_dump", "--format", "custom", "--file", str(folder / "prefect.dump"), url=url)
    shutil.copytree(stack.home / "prefect" / "storage", folder / "storage")


def restore(url: str, folder: Path, home: Path) -> None:
    """The steps of docs/operations.md, on another machine."""
    run_tool("pg_restore", "--no-owner", "--exit-on-error", str(folder / "prefect.dump"), url=url)
    shutil.copytree(folder / "storage", home / "prefect" / "storage")
    make_private(home)


def start(stack: Parts, environment: dict[str, str]) -> list:
    """Server, worker and receiver, in this order."""
    server = stack.server(environment).start()
    stack.connect()
    return [server, stack.worker(environment).start(), stack.receiver(environment).start()]


def age_deployments(url: str) -> None:
    """Make the project two days old: the reconciliation looks for no sale that is older than the project."""
    run_tool("psql", "--quiet", "--command", "UPDATE deployment SET created = created - interval '2 days'", url=url)


def keys(sandbox: SandboxProcess) -> Counter[str]:
    """How often each message of ours is in Slack, by its key."""
    return Counter(str(message["metadata"]) for message in messages(sandbox) if message["metadata"])


def test_after_a_restore_a_waiting_sale_goes_on_and_a_later_sale_is_found_again(tmp_path: Path):
    backup, elsewhere = tmp_path / "backup", tmp_path / "elsewhere"
    backup.mkdir()
    with parts(tmp_path) as stack:
        sandbox = stack.sandbox
        # Everything happens yesterday: the reconciliation leaves the last minutes to messages that may still come.
        sandbox.clock((datetime.now(UTC) - timedelta(days=1)).date().isoformat())
        hire(sandbox, 1, segments="Enterprise")  # nobody for the first sale: its run asks, and waits
        with postgres() as lost:
            environment = stack.environment(lost)
            server = stack.server(environment).start()
            stack.connect()
            stack.lifecycle(environment, "bootstrap", "--sandbox")
            age_deployments(lost)
            running = [server, stack.worker(environment).start(), stack.receiver(environment).start()]
            waiting, later, begun = (open_sale(sandbox, f"{name} Clinic") for name in ("Waiting", "Later", "Begun"))
            close(sandbox, waiting.opportunity)
            run = stack.becomes(waiting.opportunity, "Suspended")
            until(lambda: not running[1].processes_of(run["id"]), "the process of the waiting run has ended")

            back_up(stack, lost, backup)
            hire(sandbox, 1)
            close(sandbox, later.opportunity)
            stack.becomes(later.opportunity, "Completed")
            sandbox.fault("lms", "error", status=503, path="/signup/preSign", times=1000)
            close(sandbox, begun.opportunity)
            stack.becomes(begun.opportunity, "Unavailable")
            sandbox.clear_faults()
            before = keys(sandbox)
            for part in reversed(running):
                part.stop()

        with postgres() as restored:
            restore(restored, backup, elsewhere)
            environment = stack.environment(restored, elsewhere)
            start(stack, environment)
            stack.lifecycle(environment, "check")
            assert stack.runs_of(later.opportunity) == stack.runs_of(begun.opportunity) == []

            answer = {"decision": "Check again", "decided_by": "Lena Team"}
            resumed = stack.post(f"/flow_runs/{run['id']}/resume", {"run_input": answer})
            assert resumed["status"] == "ACCEPT", resumed
            stack.becomes(waiting.opportunity, "Completed")
            assert stack.run("reconciliation/reconciliation", full=False)["state_name"] == "Completed"
            for sale in (later, begun):
                stack.becomes(sale.opportunity, "Completed")

        for name in ("waiting", "later", "begun"):
            assert len(welcomes(sandbox, f"jane@{name}-clinic.example")) == 1, name
        assert len(sandbox.state("lms")["companies"]) == 3
        assert len(sandbox.state("salesforce")["records"]["Customer_Onboarding__c"]) == 3
        assert {key: times for key, times in keys(sandbox).items() if times > 1} == {}
        assert before <= keys(sandbox)
