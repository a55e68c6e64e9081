"""Workers report what `lifecycle check` cannot see from another machine: their storage, their code, their clocks."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from tasks.health import worker_reports
from tasks.health.declared import WORK_POOL
from tasks.health.worker_checks import clocks_check, code_check, sharing_check, worker_checks
from tasks.health.worker_reports import Reporter, WorkerReport, read_reports

flows = pytest.mark.flows


def told(**more):
    return WorkerReport(**{"worker": "A", "machine": "here", "prefect": "3.9.1", "code": "1", "storage": "s", **more})


@pytest.fixture
async def client(prefect_api):
    async with PrefectClient(prefect_api) as client:
        await client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="process"))
        yield client
        await client.delete_work_pool(WORK_POOL)


@asynccontextmanager
async def reporting(client, worker, folder, **more):
    """A worker that reports, with its results in a folder."""
    await client.send_worker_heartbeat(WORK_POOL, worker)
    reporter = Reporter(client, worker, **more)
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: folder}):
        await reporter.report()
    yield reporter
    await reporter.end()
    await client._client.delete(f"/variables/name/{worker_reports.variable(worker)}")
    await client._client.delete(f"/work_pools/{WORK_POOL}/workers/{worker}")


async def found(client, name):
    (check,) = [check for check in await worker_checks(client) if check.name == name]
    return check


@flows
async def test_workers_with_folders_of_their_own_are_an_error_and_with_one_folder_they_are_fine(client, tmp_path):
    async with reporting(client, "Worker A", tmp_path / "a"), reporting(client, "Worker B", tmp_path / "b"):
        check = await found(client, "workers share results")
        assert (check.ok, check.only_warns) == (False, False)
        assert "Worker B" in check.message
        assert "does not find what Worker A on " in check.message
        assert str(tmp_path / "a") in check.message
        assert "PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK" in check.message
    async with reporting(client, "Worker A", tmp_path / "a"), reporting(client, "Worker B", tmp_path / "a"):
        check = await found(client, "workers share results")
        assert check.ok, check.message
        assert check.message == "2 read each other's"


@flows
async def test_a_worker_that_ended_is_not_compared_and_leaves_no_mark(client, tmp_path):
    async with reporting(client, "Worker A", tmp_path / "a") as first, reporting(client, "Worker B", tmp_path / "b"):
        assert not (await found(client, "workers share results")).ok
        await first.end()
        assert (await found(client, "workers share results")).ok
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["worker-b"]


@flows
async def test_what_an_ended_worker_left_is_deleted_by_another_one(client, tmp_path, monkeypatch):
    async with reporting(client, "Ended", tmp_path):
        pass
    monkeypatch.setattr(worker_reports, "CURRENT", timedelta(0))
    async with reporting(client, "Worker A", tmp_path):
        assert [report.worker for report in await read_reports(client)] == ["Worker A"]


@flows
async def test_what_a_killed_worker_left_is_deleted_by_another_one(client, tmp_path, monkeypatch):
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path}):
        await Reporter(client, "Killed").report()
    monkeypatch.setattr(worker_reports, "FORGOTTEN", timedelta(0))
    async with reporting(client, "Worker A", tmp_path):
        assert [report.worker for report in await read_reports(client)] == ["Worker A"]
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["worker-a"]


@flows
async def test_a_worker_that_cannot_write_its_results_is_an_error(client, tmp_path):
    (tmp_path / "a file").write_text("")
    async with reporting(client, "Worker A", tmp_path / "a file"):
        check = await found(client, "workers share results")
        assert (check.ok, check.only_warns) == (False, False)
        assert "Worker A on " in check.message
        assert "access" in check.message


@flows
async def test_a_second_worker_that_does_not_report_is_a_warning(client, tmp_path):
    async with reporting(client, "Worker A", tmp_path):
        assert (await found(client, "workers share results")).ok
        await client.send_worker_heartbeat(WORK_POOL, "Silent")
        check = await found(client, "workers share results")
    assert (check.ok, check.only_warns) == (False, True)
    assert "Silent did not report" in check.message
    assert "python -m deployments.worker" in check.message


@flows
@pytest.mark.parametrize(("ahead", "says"), [(10, "behind that of Worker A"), (-10, "ahead of that of Worker A")])
async def test_a_worker_with_a_wrong_clock_is_named(client, tmp_path, ahead, says):
    async with reporting(client, "Worker A", tmp_path, clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead)):
        check = await found(client, "worker clocks")
    assert (check.ok, check.only_warns) == (False, True)
    assert "of the server is at least" in check.message
    assert "of the database is at least" in check.message
    assert says in check.message


@flows
async def test_a_report_that_somebody_has_edited_is_ignored(client, tmp_path):
    async with reporting(client, "Worker A", tmp_path):
        edited = {"value": "nothing of ours"}
        await client._client.patch(f"/variables/name/{worker_reports.variable('Worker A')}", json=edited)
        assert await read_reports(client) == []


def test_workers_that_differ_are_a_warning_that_names_each_version():
    assert code_check([]).ok
    assert code_check([told(), told(worker="B")]).ok
    for other in ({"code": "2"}, {"prefect": "3.9.2"}):
        check = code_check([told(), told(worker="B", **other)])
        assert (check.ok, check.only_warns) == (False, True)
        assert "A on here: Prefect 3.9.1, code 1" in check.message
        assert "B on here" in check.message


def test_one_worker_is_quiet():
    assert sharing_check([], []).ok
    assert sharing_check([told(mark="m")], []).ok
    assert sharing_check([], ["by Prefect's own command"]).ok
    assert clocks_check([told(clocks={"server": 1.9, "database": -1.9})]).ok
