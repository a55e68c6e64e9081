"""Retry is a person's decision: what a worker or an automation reports too late of the attempt before leaves it be."""

from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.runner._state_proposer import StateProposer
from prefect.workers.base import BaseWorker
from prefect.workers.process import ProcessWorker

from deployments.worker.retried_runs import respect_retries
from tasks.runs.in_process import INTERRUPTED
from tasks.runs.retries import PROCESS_GONE, restore_retries
from tasks.transition.runs import WORKBOOK_RUN_TAG
from tasks.transition.workbook_runs import release_accounts, release_accounts_of_ended
from tests.support.asking import Worker, read_run

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]

SIGKILL = "Process exited with status code: -9. Process exited due to a SIGKILL signal."


@flow(name="killed", persist_result=False)
async def killed() -> None:
    """A flow whose process dies."""


async def becomes(run_id, *states, message=None):
    """Bring a run into states, one after the other, as nobody can refuse."""
    async with get_client() as client:
        for name, type_ in states:
            await client.set_flow_run_state(run_id, State(type=type_, name=name, message=message), force=True)


ATTEMPT = (("Pending", StateType.PENDING), ("Running", StateType.RUNNING))
RETRY = ("AwaitingRetry", StateType.SCHEDULED)
CRASHED = ("Crashed", StateType.CRASHED)


@pytest.fixture
async def run():
    """A run as a worker is given it, and at which its process is now."""
    worker = Worker(killed, "killed")
    found = await worker.create()
    await becomes(found.id, *ATTEMPT)
    found.state = None  # a worker is given the id of the state alone
    return found


@pytest.fixture(params=["at once", "in the end"])
async def report(request):
    """How a worker reports a crash: at once, and again when it has put the run away."""
    async with get_client() as client:
        if request.param == "at once":
            yield StateProposer(client=client).propose_crashed
        else:
            worker = ProcessWorker(work_pool_name="lifecycle")
            worker._client = client
            yield worker._propose_crashed_state


@pytest.fixture
def respecting(monkeypatch):
    """Our worker's habit."""
    monkeypatch.setattr(BaseWorker, "_propose_crashed_state", BaseWorker._propose_crashed_state)
    for name in ("propose_crashed", "propose_cancelled"):
        monkeypatch.setattr(StateProposer, name, getattr(StateProposer, name))
    respect_retries()


async def state(run):
    found = await read_run(run.id)
    return found.state_name, found.state.message


async def test_prefect_alone_puts_a_late_report_over_a_retry(run, report):
    await becomes(run.id, CRASHED, RETRY)
    await report(run, SIGKILL)
    assert await state(run) == ("Crashed", SIGKILL)


@pytest.mark.usefixtures("respecting")
@pytest.mark.parametrize("goes_on", [(), ATTEMPT[:1], ATTEMPT])
@pytest.mark.parametrize("reported", [(), (CRASHED,)])
async def test_our_worker_does_not_however_far_the_retry_is(run, report, reported, goes_on):
    await becomes(run.id, *reported, RETRY, *goes_on)
    await report(run, SIGKILL)
    assert (await state(run))[0] == (RETRY, *goes_on)[-1][0]


@pytest.mark.usefixtures("respecting")
async def test_our_worker_reports_what_nobody_retried(run, report):
    await report(run, SIGKILL)
    assert await state(run) == ("Crashed", SIGKILL)
    await becomes(run.id, RETRY)
    again = await read_run(run.id)
    await becomes(run.id, *ATTEMPT)
    await report(again, "again")
    assert await state(run) == ("Crashed", "again")


async def test_a_retry_that_comes_between_look_and_report_is_restored(run, report, monkeypatch):
    propose = StateProposer.propose_crashed, BaseWorker._propose_crashed_state

    async def pressed_just_then(self, flow_run, *args, **kwargs):
        await becomes(run.id, RETRY)
        return await propose[isinstance(self, BaseWorker)](self, flow_run, *args, **kwargs)

    monkeypatch.setattr(BaseWorker, "_propose_crashed_state", pressed_just_then)
    monkeypatch.setattr(StateProposer, "propose_crashed", pressed_just_then)
    monkeypatch.setattr(StateProposer, "propose_cancelled", StateProposer.propose_cancelled)
    late = report.__name__, getattr(report, "__self__", None)
    respect_retries()
    await getattr(late[1], late[0])(run, SIGKILL)
    assert (await state(run))[0] == "AwaitingRetry"


@pytest.mark.usefixtures("respecting")
async def test_a_run_that_was_called_off_and_retried_is_not_called_off_again(run):
    await becomes(run.id, ("Cancelling", StateType.CANCELLING))
    called_off = await read_run(run.id)
    await becomes(run.id, ("Cancelled", StateType.CANCELLED), RETRY)
    async with get_client() as client:
        await StateProposer(client=client).propose_cancelled(called_off)
    assert (await state(run))[0] == "AwaitingRetry"


@flow(name="sweeps", persist_result=False)
async def sweep():
    """What the quarter-hourly sweep does for retries and for accounts."""
    now = datetime.now(UTC)
    return await restore_retries(now), await release_accounts_of_ended(now + timedelta(minutes=5))


@pytest.mark.parametrize("reported", [SIGKILL, PROCESS_GONE])
async def test_the_sweep_restores_a_retry_that_another_worker_or_the_automation_overrode(run, reported):
    await becomes(run.id, CRASHED, RETRY)
    await becomes(run.id, CRASHED, message=reported)
    await sweep()
    assert (await state(run))[0] == "AwaitingRetry"


async def test_the_sweep_leaves_a_true_crash(run):
    await becomes(run.id, CRASHED, message=SIGKILL)
    await sweep()
    assert await state(run) == ("Crashed", SIGKILL)


async def account_of(workbook, *states):
    """The run of an account that a workbook's run has started."""
    found = await Worker(killed, "killed").create()
    async with get_client() as client:
        await client.update_flow_run(found.id, tags=["account-transition", f"{WORKBOOK_RUN_TAG}{workbook.id}"])
    await becomes(found.id, *states)
    return found


async def test_a_late_word_of_a_workbooks_death_leaves_what_its_retry_does_now(run):
    abandoned = await account_of(run, *ATTEMPT)
    await becomes(run.id, CRASHED)
    died = (await read_run(run.id)).state
    await becomes(run.id, RETRY, *ATTEMPT)
    done_again = await account_of(run, *ATTEMPT)
    await release_accounts(killed, run, died)
    assert [(await state(one))[0] for one in (abandoned, done_again)] == [INTERRUPTED, "Running"]


async def test_the_sweep_leaves_an_account_that_somebody_retried_though_its_workbook_was_called_off(run):
    await becomes(run.id, ("Cancelled", StateType.CANCELLED))
    waits, retried = await account_of(run, ("Scheduled", StateType.SCHEDULED)), await account_of(run, RETRY)
    await sweep()
    assert [(await state(one))[0] for one in (waits, retried)] == ["Cancelled", "AwaitingRetry"]
