"""The run of a workbook and the runs of its accounts: who waits for whom, and what becomes of those that one leaves.

The workbook's process does them; while a worker is at one of them nobody waits in a process (ADR-10): the
workbook's run is suspended, and the last account to end wakes it.
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
from tasks.transition.runs import DEPLOYMENT, UNDER, moves_of

MOVING = "waits-for-accounts"
"""The tag of a workbook's run that waits for its accounts."""
SILENCE = timedelta(minutes=2)
"""After this long, a worker has told of the process in which it does an account."""


async def wait_for(runs: Mapping[str, str]) -> None:
    """Suspend the present run until one of these runs ends and wakes it; never returns.

    Args:
        runs: the ids of the runs, by account id.
    """
    await tag_run(MOVING)
    used = present_run().empirical_policy.pause_keys or set()
    try:
        await asuspend_flow_run(key=f"accounts-{len(used) + 1}-{present_run().run_count}")
    except Pause:
        # Who ended between our looking and the suspension found a run that was not asleep.
        if all(one.status.is_at_rest for one in (await moves_of.fn(runs)).values()):
            await server().resume_flow_run(present_run().id)
        raise


async def wake_workbook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - Prefect's
    """After an account's run has ended: wake the run of its workbook, when all that it started are at rest."""
    parent = _workbook_run(flow_run)
    if parent is None or is_done_here():  # The workbook's own process is awake.
        return
    async with get_client() as client:
        if not await _under_way(client, parent, flow_run.id):
            await client.resume_flow_run(parent)


async def _under_way(client: PrefectClient, parent: UUID, but: UUID) -> bool:
    """Whether any other run of the workbook works, or is due; those of a later day do not count."""
    busy = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[f"{UNDER}{parent}"]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=busy)),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC)),
    )
    return any(one.id != but for one in await client.read_flow_runs(flow_run_filter=which, limit=2))


@read_task("Wake what waits for accounts")
async def wake_workbooks() -> int:
    """Have every workbook's run that waits look again, for what ended without a word; how many there are."""
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[MOVING]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])),
    )
    found = [run for run in await every_run(which, FlowRunSort.ID_DESC) if _has_no_form(run)]
    for run in found:
        await server().resume_flow_run(run.id)
    return len(found)


def _has_no_form(run: FlowRun) -> bool:
    return run.state is not None and not run.state.state_details.run_input_keyset


async def leave_accounts(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - Prefect's
    """After a workbook's run was called off or its process died: nobody does its accounts until it is tried again.

    A crash may be reported when the run is tried again already: what its accounts did since is left as it is.
    """
    before = state.timestamp if state.is_crashed() else None
    async with get_client() as client:
        await mark_interrupted(client, flow_run.id, f"{UNDER}{flow_run.id}", before)


@read_task("Leave the accounts of workbooks that have ended")
async def leave_accounts_of_ended(now: datetime) -> int:
    """Do the same for every workbook's run that ended without a word; how many accounts are left by that.

    Accounts of a later day go on by themselves, unless the workbook was called off: then they are, too.

    Args:
        now: aware.
    """
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[DEPLOYMENT.partition("/")[0]]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(UNDER_WAY))),
    )
    accounts = [(run, _workbook_run(run)) for run in await every_run(which, FlowRunSort.ID_DESC)]
    ended = {run.id: run for run in await _ended({parent for _, parent in accounts if parent})}
    before = now - SILENCE
    left = sum([await mark_interrupted(server(), parent, f"{UNDER}{parent}", before) for parent in ended])
    for run, parent in accounts:
        if parent in ended and ended[parent].state_type is StateType.CANCELLED and _has_not_begun(run):
            await server().set_flow_run_state(run.id, Cancelled(message="Its workbook was called off."), force=True)
            left += 1
    return left


async def _ended(run_ids: set[UUID]) -> list[FlowRun]:
    which = FlowRunFilter(
        id=FlowRunFilterId(any_=list(run_ids)),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(TERMINAL_STATES))),
    )
    return await every_run(which, FlowRunSort.ID_DESC) if run_ids else []


def _has_not_begun(run: FlowRun) -> bool:
    """Whether a run only waits for its day; who has pressed Retry on it wants it done."""
    return run.state_type is StateType.SCHEDULED and run.run_count == 0 and run.state_name != RETRIED


def _workbook_run(run: FlowRun) -> UUID | None:
    """The id of the workbook's run that started the run of an account."""
    return next((UUID(tag.removeprefix(UNDER)) for tag in run.tags if tag.startswith(UNDER)), None)
