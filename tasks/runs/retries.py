"""Retry is a person's decision: a late report of the attempt before never puts Crashed over it.

Prefect's server takes a report of a crash for any run that has not ended, so also for one that was scheduled again
since the attempt that crashed. Our worker looks first (`deployments.worker`). Where another worker, or the server
itself, did not, the quarter-hourly sweep gives the run back to a worker.
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
"""What the automation says of a run whose heartbeats stopped."""
CRASH_REPORTS = ("Process exited with status code", "Flow run infrastructure exited with non-zero", PROCESS_GONE)
"""How the message of a crash begins that a worker or our automation reported. A person may write any other."""
REPORTED_WITHIN = timedelta(days=2)
"""A crash that is older was looked at by many sweeps."""
AT_ONCE = 4
"""Runs whose states are read at the same time."""


def is_scheduled_again(history: Sequence[State[Any]], seen: UUID | None) -> bool:
    """Whether a run was scheduled again since the attempt in which it was in a state.

    Args:
        history: every state of the run, in any order.
        seen: the id of a state of the attempt. If it is the Scheduled one, the attempt begins when a worker takes the
            run: until then the server may schedule it anew by itself, as late or for want of a slot.
    """
    states = _in_order(history)
    place = next((number for number, state in enumerate(states) if state.id == seen), len(states) - 1)
    later = states[place + 1 :]
    if later and states[place].is_scheduled():
        taken = next((number for number, state in enumerate(later) if state.is_pending()), len(later))
        later = later[taken:]
    return any(state.is_scheduled() for state in later)


def overrides_a_retry(history: Sequence[State[Any]]) -> bool:
    """Whether a run is Crashed by a report that came while it was scheduled: nothing of it ran that could crash."""
    before, last = [None, None, *_in_order(history)][-2:]
    if before is None or last is None or not last.is_crashed():
        return False
    return before.is_scheduled() and (last.message or "").startswith(CRASH_REPORTS)


async def is_retried(client: PrefectClient, run: FlowRun) -> bool:
    """Whether a run was scheduled again since it was as given; what a worker is given has the id of a state only."""
    return is_scheduled_again(await client.read_flow_run_states(run.id), run.state_id)


async def restore_retry(client: PrefectClient, run: FlowRun) -> bool:
    """Schedule a run again whose Retry a late report of a crash has overridden; whether it was one."""
    if not overrides_a_retry(await client.read_flow_run_states(run.id)):
        return False
    await schedule_again(client, run.id, "Retry stands: the report of the crash before it came late.")
    return True


@read_task("Restore what was retried")
async def restore_retries(now: datetime) -> int:
    """Schedule every run again whose Retry was overridden; how many there were.

    Args:
        now: aware.
    """
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
