"""Power cuts while a run asks or waits: no question is lost, and none is posted twice (PUB-7, D-4)."""

import asyncio

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.objects import State, StateType

from tasks.core.locks import SLACK_QUESTIONS
from tests.faults.killed import killed
from tests.support.asking import Worker, later, questions, read_run, state_of
from tests.support.outcome import announcements, assert_onboarded
from tests.support.scale import cases

pytestmark = pytest.mark.flows


def posts(sandbox, sale, method="chat.postMessage"):
    return [one for one in sandbox.journal("slack", sale.since) if one["path"].endswith(method)]


async def free_turn():
    """The dead process still holds its turn; what the end of its lease does a minute later."""
    async with get_client() as client:
        await client.update_global_concurrency_limit(SLACK_QUESTIONS, GlobalConcurrencyLimitUpdate(active_slots=0))


@pytest.fixture
def broken_sale(people):
    return people.make_sale(contact={"Phone": None})


async def all_arrived(sandbox, sale):
    """What a dead process had sent is still taken: nobody presses Retry within that second."""
    async with asyncio.timeout(60):
        while any(one["status"] is None for one in sandbox.journal("slack", sale.since)):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.05)


async def assert_asked_once_and_goes_on(sandbox, people, sale, worker, run):
    await all_arrived(sandbox, sale)
    await later()
    run = await worker.work(run.id)
    if state_of(run) == "Crashed":
        # It had not asked anybody yet: like every crashed run it waits for Retry.
        async with get_client() as client:
            retry = State(type=StateType.SCHEDULED, name="AwaitingRetry")
            await client.set_flow_run_state(run.id, retry, force=True)
        run = await worker.work(run.id)
    assert state_of(run) == "Suspended", run.state
    assert len(announcements(sandbox, sale.opportunity)) == 1
    assert len(questions(sandbox, run)) == 1
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert_onboarded(people, sale)


MOMENTS = {
    "announces the sale": (0, lambda sandbox, sale, _: posts(sandbox, sale)),
    "puts the question": (1, lambda sandbox, sale, _: len(posts(sandbox, sale)) > 1),
    "has put the question": (None, lambda sandbox, _, run: questions(sandbox, run)),
}
"""Which post is held while the process dies, and how it is seen that it got there."""


@pytest.mark.parametrize("moment", cases(MOMENTS, "puts the question"))
async def test_killed_while_it_asks(sandbox, people, broken_sale, moment):
    held, seen = MOMENTS[moment]
    worker = Worker()
    run = await worker.create(opportunity_id=broken_sale.opportunity)
    if held is not None:
        sandbox.fault("slack", "slow", path="/api/chat.postMessage", seconds=1, skip=held)
    await killed(run, lambda: seen(sandbox, broken_sale, run))
    if held is not None:  # otherwise its turn comes free by itself, a minute later
        await free_turn()
    await assert_asked_once_and_goes_on(sandbox, people, broken_sale, worker, run)


@pytest.mark.long
async def test_killed_while_it_looks_again(sandbox, people, broken_sale):
    worker = Worker()
    run = await worker.start(opportunity_id=broken_sale.opportunity)
    sandbox.fault("slack", "slow", path="/api/chat.update", seconds=1)
    async with get_client() as client:
        await client.resume_flow_run(run.id, {"decision": "Check again", "decided_by": "Dana Ops"})
    await killed(run, lambda: posts(sandbox, broken_sale, "chat.update"))
    await assert_asked_once_and_goes_on(sandbox, people, broken_sale, worker, run)


@pytest.mark.long
async def test_the_server_is_killed_while_the_run_waits(sandbox, people, broken_sale, prefect_server):
    worker = Worker()
    run = await worker.start(opportunity_id=broken_sale.opportunity)
    prefect_server.kill()
    await asyncio.to_thread(prefect_server.start)
    assert state_of(await read_run(run.id)) == "Suspended"
    await assert_asked_once_and_goes_on(sandbox, people, broken_sale, worker, run)
