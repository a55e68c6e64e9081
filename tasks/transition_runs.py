"""The runs that move one account each, as the run of their workbook starts them, sees them and waits for them.

Nobody waits in a process (decision 10): the workbook's run is suspended, and the last account to end wakes it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
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
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import Pause
from prefect.flow_runs import asuspend_flow_run

from rules.transition_orders import Order
from rules.transition_progress import Moved, Standing
from tasks.meetings import appointments
from tasks.new_runs import NewRun, start_new
from tasks.policy import house_rules
from tasks.runs import BESIDE, every_run, page, present_run, server, tag_run
from tasks.salesforce_moves import read_people
from tasks.steps import reading, writing

DEPLOYMENT = "account-transition/move-account"
UNDER = "workbook-run:"
"""Before the id of the workbook's run, in the tags of the runs it started."""
OF_WORKBOOK = "workbook:"
"""Before the mark of the workbook."""
MOVING = "waits-for-accounts"
"""The tag of a workbook's run that waits for its accounts."""

_STANDINGS = {
    StateType.COMPLETED: Standing.MOVED,
    StateType.FAILED: Standing.FAILED,
    StateType.CRASHED: Standing.FAILED,
    StateType.CANCELLED: Standing.CALLED_OFF,
}


@writing("Start the moves of {which}", aside=("which", "orders"))
async def start_moves(
    which: str,
    mark: str,
    keys: Sequence[str],  # noqa: ARG001 - tell one wave from another
    orders: Sequence[dict[str, Any]],
) -> dict[str, str]:
    """Have a run for each account, with its call, at once or on the day that its row names; the ids by account.

    Args:
        which: for people.
        mark: of the workbook.
        keys: of the orders.
        orders: as `rules.transition_orders.Order` in plain form.
    """
    rules, found = await house_rules(), [Order.model_validate(order) for order in orders]
    ids = {user for one in found for user in (one.former_csm_id, one.new_csm_id) if user}
    users = {user.person.id: user for user in await read_people.fn(f"the CSMs of {which}", sorted(ids))}
    calls = await appointments(found, users)

    def due(order: Order) -> datetime | None:
        if order.effective <= rules.today:
            return None
        return datetime.combine(order.effective, time(), rules.time_zone)

    runs = [
        NewRun(
            order.account_id,
            order.key,
            {
                "account_id": order.account_id,
                "order": order.model_dump(mode="json"),
                "appointment": calls[order.account_id].model_dump(mode="json") if order.account_id in calls else None,
            },
            (f"account:{order.account_id}", f"{UNDER}{present_run().id}", f"{OF_WORKBOOK}{mark}"),
            due(order),
        )
        for order in found
    ]
    return await start_new(DEPLOYMENT, runs, "the run of a workbook")


@reading("See how far {which} are")
async def moves_of(which: str, runs: Mapping[str, str]) -> dict[str, Moved]:  # noqa: ARG001 - for people
    """How far each account is, by account id.

    Args:
        which: for people.
        runs: the ids of their runs, by account id.
    """
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(run_id) for run_id in runs.values()]))
    found = {str(run.id): run for run in await every_run(wanted, FlowRunSort.ID_DESC)} if runs else {}
    return {account: _moved(found[run_id]) for account, run_id in runs.items() if run_id in found}


def _moved(run: FlowRun) -> Moved:
    state = run.state
    kind = state.type if state else StateType.SCHEDULED
    standing = _STANDINGS.get(kind, Standing.UNDER_WAY)
    if kind is StateType.SCHEDULED and run.run_count == 0 and state and state.state_details.scheduled_time:
        ahead = state.state_details.scheduled_time > datetime.now(state.state_details.scheduled_time.tzinfo)
        standing = Standing.LATER if ahead else standing
    if run.state_name == BESIDE:
        standing = Standing.FAILED
    return Moved(standing, (state.message if state else None) or "", page(run.id))


async def wait_for(which: str, runs: Mapping[str, str]) -> None:
    """Suspend the present run until an account that ends wakes it; never returns.

    Args:
        which: for people.
        runs: the ids of the runs that are waited for, by account id.
    """
    await tag_run(MOVING)
    used = present_run().empirical_policy.pause_keys or set()
    try:
        await asuspend_flow_run(key=f"accounts-{len(used) + 1}-{present_run().run_count}")
    except Pause:
        # Who ended between our looking and the suspension found a run that was not asleep.
        if all(one.standing.is_at_rest for one in (await moves_of.fn(which, runs)).values()):
            await server().resume_flow_run(present_run().id)
        raise


async def wake_workbook(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - Prefect's
    """After an account's run has ended: wake the run of its workbook, when all that it started are at rest."""
    parent = next((tag.removeprefix(UNDER) for tag in flow_run.tags if tag.startswith(UNDER)), None)
    if parent is None:
        return
    async with get_client() as client:
        if not await _under_way(client, parent, flow_run.id):
            await client.resume_flow_run(UUID(parent))


async def _under_way(client: PrefectClient, parent: str, but: UUID) -> bool:
    """Whether any other run of the workbook works, or is due; those of a later day do not count."""
    busy = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING]
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[f"{UNDER}{parent}"]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=busy)),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC)),
    )
    return any(one.id != but for one in await client.read_flow_runs(flow_run_filter=which, limit=2))


@reading("Wake what waits for accounts")
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
