"""Failed runs reach CS Operations, each failure once, many at once in one message (REC-3)."""

from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from flows.failures import report_failures
from rules.questions import failures
from tests.support.asking import Worker, state_of
from tests.support.outcome import messages

pytestmark = pytest.mark.flows


@pytest.fixture(autouse=True)
async def _report_what_other_tests_left():
    await report()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(failures, "SETTLING", timedelta(0))


async def report(**parameters):
    state = await report_failures(**parameters, return_state=True)
    assert state.is_completed(), state
    return state


def reports(sandbox, name):
    """The messages in the CS Operations channel that name a run."""
    keyed = [one for one in messages(sandbox) if "failures:" in str(one["metadata"])]
    return [one["text"] for one in keyed if name in one["text"] and one["channel"] == "cs-operations"]


async def test_rec_3_each_failure_is_reported_once_with_its_cause_and_what_to_do(sandbox, people):
    sale, worker = people.make_sale(), Worker()
    sandbox.fault("lms", "error", status=403, code="forbidden", times=50)
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Refused"
    await report(preview=True)
    assert reports(sandbox, run.name) == []
    for _ in range(2):
        await report()
    (text,) = reports(sandbox, run.name)
    assert [
        word for word in ("*Refused*", "press *Retry*", str(run.id), run.state.message[:60]) if word not in text
    ] == []
    assert state_of(await worker.retry(run.id)) == "Refused"
    await report()
    assert len(reports(sandbox, run.name)) == 2
    sandbox.clear_faults()
    assert state_of(await worker.retry(run.id)) == "Completed"
    await report()
    assert len(reports(sandbox, run.name)) == 2


async def test_rec_3_a_storm_is_one_message_with_a_count(sandbox):
    worker, runs = Worker(), []
    async with get_client() as client:
        for _ in range(30):
            run = await worker.create(opportunity_id="006000000000001AAA")
            crashed = State(type=StateType.CRASHED, name="Crashed", message=f"Its process is gone {datetime.now(UTC)}")
            await client.set_flow_run_state(run.id, crashed, force=True)
            runs.append(run)
    before = len(reports(sandbox, ""))
    await report()
    (text,) = reports(sandbox, "")[before:]
    assert "*30 runs failed" in text
    assert "10 more failed" in text
    assert str(runs[0].id) in text
    await report()
    assert len(reports(sandbox, "")) == before + 1
