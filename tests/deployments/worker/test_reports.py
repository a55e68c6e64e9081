"""Real workers report to `lifecycle check`: one finds what another one keeps, or not."""

import pytest
from prefect.client.orchestration import PrefectClient

from tasks.health.worker_checks import worker_checks
from tests.support.warm_worker import WarmWorker, until

pytestmark = [pytest.mark.flows, pytest.mark.xdist_group("warm worker"), pytest.mark.timeout(600)]

STORAGE = "PREFECT_RESULTS_LOCAL_STORAGE_PATH"


def reports(worker):
    """What the workers of the server report, by the name of the worker."""
    which = {"variables": {"tags": {"all_": ["lifecycle-worker"]}}}
    told = [row["value"] for row in worker.post("/variables/filter", which)]
    return {report["worker"]: report for report in told if not report["ended"]}


@pytest.fixture
def second(worker, project, tmp_path):
    """Another worker, whose home and results are its own."""
    second = WarmWorker(project, tmp_path, worker.server)
    yield second
    second.stop()


async def found(worker):
    async with PrefectClient(worker.server.url) as client:
        return {check.name: check for check in await worker_checks(client)}


async def test_a_worker_with_another_home_is_an_error_until_it_shares_the_results(worker, second):
    worker.stop()  # an earlier test may have changed the code since it started
    worker.start()
    first = until(lambda: reports(worker), "the first worker reports")
    assert len(first) == 1
    assert (await found(worker))["workers share results"].ok

    second.start()
    until(lambda: len(reports(worker)) == 2, "the second worker reports")
    check = (await found(worker))["workers share results"]
    assert (check.ok, check.only_warns) == (False, False)
    assert "does not find what" in check.message

    second.stop()
    assert set(reports(worker)) == set(first)
    (storage,) = [report["storage"].removeprefix("the folder ") for report in first.values()]
    second.start(**{STORAGE: storage})
    until(lambda: len(reports(worker)) == 2, "the second worker reports again")
    # On a busy machine, a clock may seem wrong: test_clocks.py has its own.
    checks = [(await found(worker))[name] for name in ("workers share results", "worker versions")]
    assert [check.message for check in checks if not check.ok] == []
