"""Runs of another deployment that the present run's own process does, several at once.

A run in a process of its own takes seconds to begin, and a place of the worker; 200 of them take half an hour. Whatever
becomes of one stands in its own state, and whoever tries it again gives it to a worker. When the run that does them
ends first, called off or because its process died, they are left behind: nobody waits for them; its Retry does them.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import Abort
from prefect.flow_engine import run_flow_async
from prefect.states import Cancelled
from prefect.utilities.callables import get_call_parameters

from tasks.core.connections import shared_connections
from tasks.core.steps import gather_all
from tasks.runs.claims import every_run, server
from tasks.runs.progress import Advance

INTERRUPTED = "Interrupted"
"""The state of a run that the run which does it has left."""
_here = ContextVar("here", default=False)
_BEGUN = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)


async def run_in_process(flow: Flow[..., Any], run_ids: Iterable[str], at_once: int, advance: Advance) -> None:
    """Do those of the runs that no other process does.

    Args:
        flow: what the runs are runs of.
        run_ids: of the runs; only the present run has them done here (`NewRun.here`).
        at_once: how many go on at the same time, at least 1.
        advance: told of each that has ended, however it did.
    """
    gate, ids = asyncio.Semaphore(at_once), [UUID(run_id) for run_id in run_ids]

    async def do(run_id: UUID) -> None:
        _here.set(True)
        async with gate:
            run = await server().read_flow_run(run_id)
            if _is_left_to_us(run):
                with suppress(Abort):  # somebody called it off this very moment
                    await run_flow_async(
                        flow, run, get_call_parameters(flow.fn, (), run.parameters), return_type="state"
                    )
        await advance(1)

    with shared_connections():
        await gather_all(*map(do, ids))
    await _end_called_off(ids)


def is_done_here() -> bool:
    """Whether the present run is done by the process of another one."""
    return _here.get()


def _is_left_to_us(run: FlowRun) -> bool:
    """Whether no process does a run: it never began, its process died, or an earlier process of ours was doing it."""
    ours = run.state_type in (StateType.PENDING, StateType.RUNNING) and not _is_with_a_worker(run)
    return ours or run.state_type is StateType.CRASHED or run.state_name == INTERRUPTED


def _is_with_a_worker(run: FlowRun) -> bool:
    return run.infrastructure_pid is not None


def _is_broken_off(run: FlowRun, since: datetime | None) -> bool:
    """Whether a run had not come to its own end by then: with a process, Prefect calls off all that goes on in it."""
    if run.state is None or not run.state.is_cancelled():
        return True
    return since is not None and run.state_name != INTERRUPTED and run.state.timestamp >= since


async def mark_interrupted(client: PrefectClient, doer: UUID, tag: str, before: datetime | None = None) -> int:
    """Say of the runs that a run was doing, and that has ended, that nobody does them now; how many.

    Args:
        client: of Prefect.
        doer: the run that has ended.
        tag: all runs that it does have it.
        before: those alone that were so before then: a worker tells of its process a moment after it takes a run.
    """
    called_off = [one.timestamp for one in await client.read_flow_run_states(doer) if one.is_cancelling()]
    since = max(called_off, default=None)
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[tag]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*_BEGUN, StateType.CANCELLED])),
    )
    found = await every_run(which, FlowRunSort.ID_DESC, client=client)
    ours = [run for run in found if not _is_with_a_worker(run) and _is_broken_off(run, since)]
    left = [run for run in ours if before is None or run.state is None or run.state.timestamp <= before]
    message = "The run that does this one ended first. Press Retry there, and it is done; or here."
    for run in left:
        state: State[Any] = State(type=StateType.CANCELLED, name=INTERRUPTED, message=message)
        await client.set_flow_run_state(run.id, state, force=True)
    return len(left)


async def _end_called_off(run_ids: Sequence[UUID]) -> None:
    """Do for runs of ours that somebody calls off what a worker does for its own."""
    cancelling = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING]))
    which = FlowRunFilter(id=FlowRunFilterId(any_=list(run_ids)), state=cancelling)
    for run in await every_run(which, FlowRunSort.ID_DESC) if run_ids else ():
        if not _is_with_a_worker(run):
            await server().set_flow_run_state(run.id, Cancelled(message="Called off in the dashboard."), force=True)
