"""Retry is a person's decision: a late report of the attempt before never overrides it with Crashed.

Prefect's server accepts a report of a crash for any run that has not ended, including one that was scheduled again
after the attempt that crashed. Our worker checks first (`deployments.worker`). If another worker, or the server itself,
did not, the sweep that runs every quarter of an hour schedules the run again.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import State
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from tasks.core.steps import read_task
from tasks.runs.claims import every_run, schedule_again, server

PROCESS_GONE = "Its process is gone. Press Retry: what is done stays done."
"""The message of the automation for a run whose heartbeats stopped."""
CRASH_REPORTS = ("Process exited with status code", "Flow run infrastructure exited with non-zero", PROCESS_GONE)
"""How the messages of crashes reported by a worker or by our automation begin. A person may write any other."""
REPORTED_WITHIN = timedelta(days=2)
"""Many sweeps have looked at a crash that is older."""
AT_ONCE = 4
"""Runs whose states are read at the same time."""


def is_scheduled_again(history: Sequence[State[Any]], seen: UUID | None) -> bool:
    """Whether a run was scheduled again since the attempt in which it was in a state.

    Args:
        history: every state of the run, in any order.
        seen: the id of a state of the attempt. If it is the Scheduled one, the attempt begins when a worker takes the
            run: until then the server may schedule it again by itself, because it is late or no slot is free.
    """
    states = _in_order(history)
    place = next((number for number, state in enumerate(states) if state.id == seen), len(states) - 1)
    later = states[place + 1 :]
    if later and states[place].is_scheduled():
        taken = next((number for number, state in enumerate(later) if state.is_pending()), len(later))
        later = later[taken:]
    return any(state.is_scheduled() for state in later)


def overrides_a_retry(history: Sequence[State[Any]]) -> bool:
    """Whether a run is Crashed by a report that came while it was scheduled, so that nothing of it could crash."""
    before, last = [None, None, *_in_order(history)][-2:]
    if before is None or last is None or not last.is_crashed():
        return False
    return before.is_scheduled() and (last.message or "").startswith(CRASH_REPORTS)


async def is_retried(client: PrefectClient, run: FlowRun) -> bool:
    """Whether a run was scheduled again since it was in the given state; a worker knows only the state's id."""
    return is_scheduled_again(await client.read_flow_run_states(run.id), run.state_id)


async def restore_retry(client: PrefectClient, run: FlowRun) -> bool:
    """Schedule a run again if a late report of a crash has overridden its Retry; whether one had."""
    if not overrides_a_retry(await client.read_flow_run_states(run.id)):
        return False
    await schedule_again(client, run.id, "Retry stands: the report of the crash before it came late.")
    return True


@read_task("Restore overridden retries")
async def restore_retries(now: datetime) -> int:
    """Schedule every run again whose Retry was overridden; how many there were. `now` is an aware time."""
    which = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CRASHED])),
        end_time=FlowRunFilterEndTime(after_=now - REPORTED_WITHIN),
    )
    client, gate = server(), asyncio.Semaphore(AT_ONCE)

    async def restore(run: FlowRun) -> bool:
        async with gate:
            return await restore_retry(client, run)

    return sum(await asyncio.gather(*map(restore, await every_run(which, FlowRunSort.ID_DESC))))


def _in_order(history: Sequence[State[Any]]) -> list[State[Any]]:
    return sorted(history, key=lambda state: state.timestamp)
