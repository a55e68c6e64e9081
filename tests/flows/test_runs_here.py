"""Runs that the present run's process does itself: those that nobody else does, a few at once, each to its own end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect import State, flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import StateType
from prefect.states import Completed, Failed

from tasks.runs import in_process as runs_here
from tasks.runs.in_process import INTERRUPTED, mark_interrupted, run_in_process
from tasks.runs.starting import NewRun, start_runs
from tests.support.asking import Worker, read_run

WAIT_SECONDS = 120
CANCELLED = StateType.CANCELLED
pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]


class AtWork:
    """How many errands are under way, the most there were, and how many wait for one another."""

    now = most = 0
    meet: asyncio.Barrier


@flow(name="errand", persist_result=False)
async def errand(outcome: str) -> State[Any]:
    """Something that ends as it is told."""
    AtWork.now += 1
    AtWork.most = max(AtWork.most, AtWork.now)
    async with asyncio.timeout(WAIT_SECONDS):
        await AtWork.meet.wait()
    AtWork.now -= 1
    if outcome == "broken":
        raise ZeroDivisionError
    return Completed(message="done") if outcome == "done" else Failed(name=outcome)


@pytest.fixture
def do(request):
    """Start an errand for each outcome, let something happen to the first, and do them; the runs as they are then."""

    async def run(outcomes, at_once=3, first=None, meet=1):
        AtWork.most, AtWork.meet, ended = 0, asyncio.Barrier(meet), []

        async def advance(more):
            ended.append(more)

        @flow(name="errands", persist_result=False)
        async def errands():
            mine = request.node.name
            runs = [
                NewRun(str(place), f"{mine}-{place}", {"outcome": outcome}, (mine,), here=True)
                for place, outcome in enumerate(outcomes)
            ]
            ids = list((await start_runs("errand/errand", runs, "a test")).values())
            if first:
                await first(ids[0])
            await run_in_process(errand, ids, at_once, advance)
            return ids

        await Worker(errand, "errand").deploy()
        ids = await errands()
        assert ended == [1] * len(outcomes)
        return [await read_run(one) for one in ids]

    return run


async def test_each_comes_to_its_own_end_and_none_disturbs_the_others(do):
    found = await do(["done", "Refused", "broken", "done"])
    assert [run.state_type.value for run in found] == ["COMPLETED", "FAILED", "FAILED", "COMPLETED"]
    assert found[1].state_name == "Refused"


async def test_as_many_are_at_work_as_may_be_and_no_more(do):
    await do(["done"] * 6, at_once=2, meet=2)
    assert AtWork.most == 2


def becomes(type_, pid=None):
    async def change(run_id):
        async with get_client() as client:
            await client.update_flow_run(run_id, infrastructure_pid=pid)
            await client.set_flow_run_state(run_id, State(type=type_), force=True)

    return change


@pytest.mark.parametrize("broken_off", [StateType.RUNNING, StateType.CRASHED])
async def test_what_broke_off_with_an_earlier_process_is_done(do, broken_off):
    (run,) = await do(["done"], first=becomes(broken_off))
    assert run.state.message == "done"


@pytest.fixture
async def doer():
    """A run that was doing others, until it was called off."""
    worker = Worker(errand, "doer")
    run = await worker.create(outcome="done")
    await becomes(StateType.RUNNING, pid="2")(run.id)
    return run.id


@pytest.mark.parametrize("broken_off", [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING])
async def test_what_was_left_behind_by_an_earlier_process_is_done(do, doer, request, broken_off):
    async def left_behind(run_id):
        await becomes(broken_off)(run_id)
        async with get_client() as client:
            assert await mark_interrupted(client, doer, request.node.name) == 2
        assert (await read_run(run_id)).state_name == INTERRUPTED

    found = await do(["done", "done"], first=left_behind)
    assert [run.state.message for run in found] == ["done", "done"]


async def test_what_was_called_off_with_its_process_is_done_and_what_was_called_off_before_is_not(do, doer, request):
    async def left_behind(run_id):
        (other,) = await others(run_id, request.node.name)
        await becomes(CANCELLED)(run_id)
        await becomes(StateType.CANCELLING, pid="2")(doer)
        await becomes(CANCELLED)(other)
        async with get_client() as client:
            assert await mark_interrupted(client, doer, request.node.name) == 1
            assert await mark_interrupted(client, doer, request.node.name) == 0

    found = await do(["done", "done"], first=left_behind)
    assert [run.state.message for run in found] == [None, "done"]


async def others(run_id, tag):
    async with get_client() as client:
        found = await client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[tag])))
    return [run.id for run in found if str(run.id) != run_id]


async def test_what_a_worker_may_have_taken_a_moment_ago_is_not_left_behind(do, doer, request):
    async def left_behind(_run_id):
        minute_ago, now = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC)
        async with get_client() as client:
            assert await mark_interrupted(client, doer, request.node.name, minute_ago) == 0
            assert await mark_interrupted(client, doer, request.node.name, now) == 1

    await do(["done"], first=left_behind)


async def test_what_a_worker_does_is_not_left_behind(do, doer, request):
    async def left_behind(run_id):
        await becomes(StateType.RUNNING, pid="1")(run_id)
        async with get_client() as client:
            assert await mark_interrupted(client, doer, request.node.name) == 0

    (run,) = await do(["done"], first=left_behind)
    assert run.state_type is StateType.RUNNING


@pytest.mark.parametrize("left", [StateType.COMPLETED, StateType.FAILED, StateType.CANCELLED, StateType.SCHEDULED])
async def test_what_has_ended_or_is_for_others_to_do_is_left(do, left):
    (run,) = await do(["done"], first=becomes(left))
    assert run.state_type is left


@pytest.mark.parametrize("under_way", [StateType.PENDING, StateType.RUNNING])
async def test_what_a_worker_is_doing_is_left_to_it(do, under_way):
    (run,) = await do(["done"], first=becomes(under_way, pid="1"))
    assert run.state_type is under_way


async def test_one_that_is_called_off_before_its_turn_is_not_begun(do):
    first, second = await do(["done", "done"], first=becomes(StateType.CANCELLING))
    assert (first.state_type, second.state.message) == (StateType.CANCELLED, "done")


async def test_one_that_is_called_off_at_the_very_moment_does_not_end_the_others(do, monkeypatch):
    ours = runs_here._is_unattended

    def and_then_it_is_called_off(run):
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run.id, State(type=StateType.CANCELLING), force=True)
        return ours(run)

    monkeypatch.setattr(runs_here, "_is_unattended", and_then_it_is_called_off)
    found = await do(["done", "done"])
    assert [run.state_type.value for run in found] == ["CANCELLED", "CANCELLED"]
