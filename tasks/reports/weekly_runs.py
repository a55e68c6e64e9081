"""Read the runs of a weekly report from Prefect: what they asked, and how often they failed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from rules.reports.week import Week
from rules.reports.weekly import MOVE, ONBOARDING, WEEKS, AskedQuestion, Failure, ReportedRun
from tasks.core.steps import gather_all, read_task
from tasks.questions.failures import FAILED_TYPES
from tasks.questions.history import QuestionHistory, load_history
from tasks.runs.claims import pages_of_runs, server

PROCEDURES = (ONBOARDING, "account-transition", "csm-assignment", "deactivation", "entitlement", "publications")
"""The flows whose runs are about customers."""
AT_ONCE = 4
"""Runs whose states and questions are read at the same time."""


@read_task("Read the runs of the week from {week.monday}")
async def read_week(week: Week) -> list[ReportedRun]:
    """Onboardings of the last weeks; of the week and since, all runs about customers, and all that failed."""
    found: dict[str, ReportedRun] = {}
    gate = asyncio.Semaphore(AT_ONCE)

    async def keep(run: FlowRun, flow: str) -> None:
        async with gate:
            found[str(run.id)] = await _reported(run, flow)

    async for flow, runs in _pages(week):
        await gather_all(*(keep(run, flow) for run in runs if not run.parameters.get("preview")))
    return list(found.values())


async def _pages(week: Week) -> AsyncIterator[tuple[str, list[FlowRun]]]:
    """The runs by flow, page by page; in the order of ids, a run that changes meanwhile stays on its page.

    Failed runs of any flow come first: one that is about customers comes again, under its flow.
    """
    async for page in pages_of_runs(_of(*FAILED_TYPES, since=week.start), FlowRunSort.ID_DESC):
        yield "", page
    for flow in PROCEDURES:
        since = week.earlier(WEEKS - 1).start if flow == ONBOARDING else week.start
        for which in (_ended(since), _of(StateType.PAUSED)):
            async for page in pages_of_runs(which, FlowRunSort.ID_DESC, FlowFilter(name=FlowFilterName(any_=[flow]))):
                yield flow, page


def _ended(since: datetime) -> FlowRunFilter:
    return FlowRunFilter(end_time=FlowRunFilterEndTime(after_=since))


def _of(*types: StateType, since: datetime | None = None) -> FlowRunFilter:
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))
    return FlowRunFilter(state=state, end_time=FlowRunFilterEndTime(after_=since) if since else None)


async def _reported(run: FlowRun, flow: str) -> ReportedRun:
    assert run.created is not None
    history = await load_history(run.id) if run.empirical_policy.pause_keys else QuestionHistory()
    return ReportedRun(
        kind=MOVE if "order" in run.parameters else flow,
        name=run.name,
        created=run.created,
        ended=run.end_time,
        state=run.state_name or "",
        by_hand=run.idempotency_key is None,
        questions=_questions(history),
        failures=await _failures(run),
    )


def _questions(history: QuestionHistory) -> tuple[AskedQuestion, ...]:
    def first_answer(asked: datetime) -> datetime | None:
        return min((answer.at for answer in history.answers if answer.at >= asked), default=None)

    return tuple(AskedQuestion(one.asked_at, first_answer(one.asked_at)) for one in history.questions)


async def _failures(run: FlowRun) -> tuple[Failure, ...]:
    """Every failed state; a run that began once has no other than its present one."""
    states: list[Any] = [run.state] if run.run_count <= 1 else await server().read_flow_run_states(run.id)
    return tuple(
        Failure(state.timestamp, state.name or state.type.value.capitalize())
        for state in states
        if state and state.type in FAILED_TYPES
    )
