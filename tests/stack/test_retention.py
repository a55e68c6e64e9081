"""Prefect deletes old runs by itself; what people and later runs need outlives them."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from benchmarks.planted_runs import Planted, plant
from tests.support.closing import close, hire, open_sale
from tests.support.parts import Parts, parts, postgres
from tests.support.warm_worker import until

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(1800)]

DAYS, COPIES = 10, 30
VACUUM = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(DAYS * 86_400),
    "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "2",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ORPHAN_CLEANUP_LOOP_SECONDS": "2",
}
LEFT_OVER = (
    "SELECT 1 FROM log WHERE flow_run_id = $1 UNION SELECT 1 FROM artifact WHERE flow_run_id = $1"
    " UNION SELECT 1 FROM artifact_collection WHERE latest_id NOT IN (SELECT id FROM artifact)"
)
"""What Prefect deletes after a run: its log, its pages, and the entries of pages that have no version left."""


def in_database(url: str, statement: str, *values: object) -> list[asyncpg.Record]:
    """The rows of a statement."""

    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return asyncio.run(run())


def plant_copies(url: str, run_id: str) -> None:
    """Copies of a run, one for each of the last days."""

    async def run() -> None:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            await plant(connection, Planted([UUID(run_id)], COPIES, COPIES))
        finally:
            await connection.close()

    asyncio.run(run())


def parts_of(stack: Parts, run_id: str) -> tuple[int, int]:
    """The steps and the lines of the log of a run."""
    of_run = {"flow_runs": {"id": {"any_": [run_id]}}}
    log = {"logs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200}
    return int(stack.post("/task_runs/count", of_run)), len(stack.post("/logs/filter", log))


def audit(stack: Parts, account: str) -> list[dict[str, str]]:
    """The audit of an account as data."""
    newest = stack.prefect.get(f"/artifacts/account-{account.lower()}/latest").raise_for_status().json()
    return list(json.loads(newest["data"]))


def test_old_runs_are_deleted_and_waiting_runs_and_the_audit_stay(tmp_path: Path):
    with parts(tmp_path) as stack, postgres() as database:
        environment = stack.environment(database)
        server = stack.server(environment).start()
        stack.connect()
        stack.lifecycle(environment, "bootstrap", "--sandbox")
        worker, receiver = stack.worker(environment).start(), stack.receiver(environment).start()
        hire(stack.sandbox, 1)
        done, waiting = (open_sale(stack.sandbox, f"{name} Clinic") for name in ("Done", "Waiting"))
        close(stack.sandbox, done.opportunity)
        run = stack.becomes(done.opportunity, "Completed")
        lines = audit(stack, done.account)
        assert len(lines) > 20
        stack.sandbox.behaviour(report_omits=[waiting.opportunity])
        close(stack.sandbox, waiting.opportunity)
        asked = stack.becomes(waiting.opportunity, "Suspended")
        for part in (receiver, worker):
            part.stop()

        plant_copies(database, run["id"])
        copies = [row["id"] for row in in_database(database, "SELECT id FROM flow_run WHERE name = $1", run["name"])]
        assert len(copies) == COPIES + 1
        assert {parts_of(stack, str(copy)) for copy in copies} == {parts_of(stack, run["id"])}
        aged = "UPDATE flow_run SET created = created - d, start_time = start_time - d, end_time = end_time - d"
        aged += " FROM (SELECT interval '20 days' AS d) AS by WHERE id = ANY($1::uuid[])"
        in_database(database, aged, [run["id"], asked["id"]])
        server.stop()
        stack.server(environment | VACUUM).start()

        left = "SELECT id FROM flow_run WHERE name = $1"
        until(lambda: len(in_database(database, left, run["name"])) == DAYS - 1, "old runs are deleted")
        until(lambda: not in_database(database, LEFT_OVER, run["id"]), "logs and pages of old runs are deleted")
        assert stack.runs_of(waiting.opportunity)[0]["state_name"] == "Suspended"
        assert audit(stack, done.account) == lines
