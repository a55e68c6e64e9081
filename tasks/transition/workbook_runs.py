"""The run of a workbook and the runs of its accounts: how one waits for the others, and what a break interrupts.

The process of the workbook's run moves the accounts. While a worker moves one of them, the workbook's run is
suspended, and the run of the last account to end wakes it (ADR-10).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import Pause
from prefect.flow_runs import asuspend_flow_run
from prefect.states import Cancelled

from tasks.core.steps import read_task
from tasks.runs.claims import RETRIED, UNDER_WAY, every_run, present_run, server, tag_run
from tasks.runs.in_process import is_done_here, mark_interrupted
from tasks.transition.runs import DEPLOYMENT, WORKBOOK_RUN_TAG, read_progress

WAITING_TAG = "waits-for-accounts"
"""The tag of a workbook's run that has waited for its accounts."""
REPORTED_WITHIN = timedelta(minutes=2)
"""Within this time, a worker reports the process in which it moves an account."""


async def wait_for(runs: Mapping[str, str]) -> None:
    """Suspend the present run until one of these runs ends and wakes it; never returns.

    Args:
        runs: the ids of the runs, by account id.
    """
    await tag_run(WAITING_TAG)
    used = present_run().empirical_policy.pause_keys or set()
    try:
        await asuspend_flow_run(key=f"accounts-{len(used) + 1}-{present_run().run_count}")
    except Pause:
        # An account that ended before the suspension could not wake this run.
        if all(account.status.is_at_rest for account in (await read_progress.fn(runs)).values()):
            await server().resume_flow_run(present_run().id)
        raise


async def wake_workbook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - Prefect's
    """After an account's run has ended: wake the run of its workbook, unless another of its accounts is under way."""
    parent = _workbook_run(flow_run)
    if parent is None or is_done_here():  # The workbook's own process is awake.
        return
    async with get_client() as client:
        if not await _under_way(client, parent, flow_run.id):
            await client.resume_flow_run(parent)


async def _under_way(client: PrefectClient, parent: UUID, but: UUID) -> bool:
    """Whether another run of the workbook is running or due; the runs of a later day do not count."""
    busy = (StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING)
    due = FlowRunFilterExpectedStartTime(before_=datetime.now(UTC))
    which = _tagged(f"{WORKBOOK_RUN_TAG}{parent}", *busy, expected_start_time=due)
    return any(run.id != but for run in await client.read_flow_runs(flow_run_filter=which, limit=2))


@read_task("Wake the workbooks that wait for accounts")
async def wake_workbooks() -> int:
    """Wake every workbook's run that waits, in case an account ended without waking it; the number of them."""
    paused = await every_run(_tagged(WAITING_TAG, StateType.PAUSED), FlowRunSort.ID_DESC)
    waiting = [run for run in paused if _has_no_form(run)]
    for run in waiting:
        await server().resume_flow_run(run.id)
    return len(waiting)


def _tagged(tag: str, *states: StateType, **other: Any) -> FlowRunFilter:
    """The filter for runs with a tag, in one of these states."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states)))
    return FlowRunFilter(tags=FlowRunFilterTags(all_=[tag]), state=state, **other)


def _has_no_form(run: FlowRun) -> bool:
    """Whether a suspended run waits for no answer of a person."""
    return run.state is not None and not run.state.state_details.run_input_keyset


async def release_accounts(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - Prefect's
    """After a workbook's run was cancelled or crashed: mark the runs of its accounts as interrupted.

    A crash may be reported after the Retry of the run: states of its accounts that are newer than the crash are kept.
    """
    before = state.timestamp if state.is_crashed() else None
    async with get_client() as client:
        await mark_interrupted(client, flow_run.id, f"{WORKBOOK_RUN_TAG}{flow_run.id}", before)


@read_task("Release the accounts of workbooks that have ended")
async def release_accounts_of_ended(now: datetime) -> int:
    """Do the same for every workbook's run that ended without doing it; the number of accounts that were released.

    Accounts of a later day are moved on their day, unless the workbook was cancelled: then they are cancelled, too.

    Args:
        now: aware.
    """
    which = _tagged(DEPLOYMENT.partition("/")[0], *UNDER_WAY)
    accounts = [(run, _workbook_run(run)) for run in await every_run(which, FlowRunSort.ID_DESC)]
    ended = {run.id: run for run in await _ended({parent for _, parent in accounts if parent})}
    before = now - REPORTED_WITHIN
    tags = {parent: f"{WORKBOOK_RUN_TAG}{parent}" for parent in ended}
    released = sum([await mark_interrupted(server(), parent, tag, before) for parent, tag in tags.items()])
    for run, parent in accounts:
        if parent in ended and ended[parent].state_type is StateType.CANCELLED and _has_not_begun(run):
            await server().set_flow_run_state(run.id, Cancelled(message="Its workbook was called off."), force=True)
            released += 1
    return released


async def _ended(run_ids: set[UUID]) -> list[FlowRun]:
    which = FlowRunFilter(
        id=FlowRunFilterId(any_=list(run_ids)),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(TERMINAL_STATES))),
    )
    return await every_run(which, FlowRunSort.ID_DESC) if run_ids else []


def _has_not_begun(run: FlowRun) -> bool:
    """Whether a run waits for its day; a run on which somebody pressed Retry does not."""
    return run.state_type is StateType.SCHEDULED and run.run_count == 0 and run.state_name != RETRIED


def _workbook_run(run: FlowRun) -> UUID | None:
    """The id of the workbook's run that started the run of an account."""
    ids = (tag.removeprefix(WORKBOOK_RUN_TAG) for tag in run.tags if tag.startswith(WORKBOOK_RUN_TAG))
    return next(map(UUID, ids), None)
