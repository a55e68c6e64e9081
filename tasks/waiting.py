"""The steps around the runs that wait for people: finding them, and waking them."""

import asyncio
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from rules.questions import WAITING
from rules.waiting import Rest, Waiting, Wake
from tasks.conversation import Conversation, check_again, hear
from tasks.runs import every_run, page, server, try_again
from tasks.steps import reading

AT_ONCE = 4
"""Runs whose conversation is read at the same time: Prefect's SQLite is no faster with more."""


@reading("Find what waits for people")
async def waiting_runs() -> list[Waiting]:
    """Every run with an open question, suspended or broken off."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def look(run: FlowRun) -> Waiting | None:
        async with gate:
            return _waiting(run, await hear(run.id))

    runs = [run for run in await _tagged() if _rest(run)]
    found = await asyncio.gather(*map(look, runs))
    return [one for one in found if one is not None]


async def _tagged() -> list[FlowRun]:
    at_rest = [StateType.PAUSED, StateType.CRASHED, StateType.FAILED]
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[WAITING]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=at_rest)),
    )
    return await every_run(which, FlowRunSort.EXPECTED_START_TIME_ASC)


def _rest(run: FlowRun) -> Rest | None:
    """How it rests; None for a run that failed for a reason which only people can remove."""
    if run.state_type is StateType.PAUSED:
        return Rest.SUSPENDED
    unavailable = run.state_type is StateType.FAILED and run.state_name == "Unavailable"
    return Rest.BROKEN_OFF if unavailable or run.state_type is StateType.CRASHED else None


def _waiting(run: FlowRun, talk: Conversation) -> Waiting | None:
    rest, question, state = _rest(run), talk.open, run.state
    if question is None or rest is None or state is None:
        return None
    keyset = state.state_details.run_input_keyset or {}
    return Waiting(
        run_id=str(run.id),
        state_id=str(state.id),
        name=run.name,
        url=page(run.id),
        question=question,
        rest=rest,
        since=state.timestamp,
        tries=run.run_count,
        reminded=talk.reminded(question),
        said=len(talk.places(question.number)) == len({problem.who for problem in question.problems}),
        heard=all(answer.at <= state.timestamp for answer in talk.answers),
        has_form=keyset.get("schema") in talk.forms,
    )


@reading("Wake {name}: {why}")
async def wake(name: str, why: str, run_id: str, state_id: str) -> None:  # noqa: ARG001 - the name is for people
    """Have a run look and speak again, unless it left its rest meanwhile.

    Args:
        name: of the run.
        why: a `rules.waiting.Wake`.
        run_id: of the run.
        state_id: of the state it was found in.
    """
    run = UUID(run_id)
    now = await server().read_flow_run(run)
    if now.state is None or str(now.state.id) != state_id:
        return
    if why in (Wake.AGAIN, Wake.FORM):
        await try_again(run, f"Woken: {why}")
    else:
        await check_again(run)
