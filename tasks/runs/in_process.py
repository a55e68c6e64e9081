"""Runs of another deployment that the present run's own process carries out, several at once.

A run in a process of its own takes seconds to begin, and a slot of the worker: 200 of them take half an hour. Each run
has a state of its own, and a Retry hands it to a worker. If the run that carries them out is cancelled, or its process
dies, the runs that have not ended become *Interrupted*. Its Retry carries them out.
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
"""The state of a run whose parent run ended before it."""
_here = ContextVar("here", default=False)
_BEGUN = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)


async def run_in_process(flow: Flow[..., Any], run_ids: Iterable[str], at_once: int, advance: Advance) -> None:
    """Carry out those of the runs that no other process carries out.

    Args:
        flow: the flow of the runs.
        run_ids: of the runs, started with `NewRun.here` by the present run.
        at_once: how many run at the same time, at least 1.
        advance: called after each that has ended, however it ended.
    """
    gate, ids = asyncio.Semaphore(at_once), [UUID(run_id) for run_id in run_ids]

    async def carry_out(run_id: UUID) -> None:
        _here.set(True)
        async with gate:
            run = await server().read_flow_run(run_id)
            if _is_unattended(run):
                with suppress(Abort):  # somebody cancelled it in this moment
                    await run_flow_async(
                        flow, run, get_call_parameters(flow.fn, (), run.parameters), return_type="state"
                    )
        await advance(1)

    with shared_connections():
        await gather_all(*map(carry_out, ids))
    await _end_cancelled(ids)


def is_done_here() -> bool:
    """Whether the process of another run carries out the present run."""
    return _here.get()


def _is_unattended(run: FlowRun) -> bool:
    """Whether no process carries out a run: it never began, its process died, or an earlier process of ours did it."""
    ours = run.state_type in (StateType.PENDING, StateType.RUNNING) and not _is_with_a_worker(run)
    return ours or run.state_type is StateType.CRASHED or run.state_name == INTERRUPTED


def _is_with_a_worker(run: FlowRun) -> bool:
    return run.infrastructure_pid is not None


def _is_cut_off(run: FlowRun, since: datetime | None) -> bool:
    """Whether a run had not ended by itself by then: Prefect cancels with a process everything that runs in it."""
    if run.state is None or not run.state.is_cancelled():
        return True
    return since is not None and run.state_name != INTERRUPTED and run.state.timestamp >= since


async def mark_interrupted(client: PrefectClient, parent: UUID, tag: str, before: datetime | None = None) -> int:
    """Set the runs of a parent run that has ended to *Interrupted*, unless they have ended or a worker has them.

    Args:
        client: of Prefect.
        parent: the run that has ended.
        tag: the tag of all its runs.
        before: only runs whose state is older: a worker names its process a moment after it takes a run.

    Returns:
        How many there were.
    """
    states = await client.read_flow_run_states(parent)
    since = max((state.timestamp for state in states if state.is_cancelling()), default=None)
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[tag]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*_BEGUN, StateType.CANCELLED])),
    )
    runs = await every_run(which, FlowRunSort.ID_DESC, client=client)
    ours = [run for run in runs if not _is_with_a_worker(run) and _is_cut_off(run, since)]
    left = [run for run in ours if before is None or run.state is None or run.state.timestamp <= before]
    message = "The run that started this one ended first. Press Retry there, or here."
    for run in left:
        state: State[Any] = State(type=StateType.CANCELLED, name=INTERRUPTED, message=message)
        await client.set_flow_run_state(run.id, state, force=True)
    return len(left)


async def _end_cancelled(run_ids: Sequence[UUID]) -> None:
    """End the runs of ours that somebody cancels, as a worker does for its own."""
    cancelling = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLING]))
    which = FlowRunFilter(id=FlowRunFilterId(any_=list(run_ids)), state=cancelling)
    for run in await every_run(which, FlowRunSort.ID_DESC) if run_ids else ():
        if not _is_with_a_worker(run):
            await server().set_flow_run_state(run.id, Cancelled(message="Cancelled in the dashboard."), force=True)
