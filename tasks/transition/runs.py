"""The runs that move one account each, as the run of their workbook starts them and sees them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from pydantic import ValidationError

from blocks.policy.block import Policy
from rules.transition.approved_move import Appointment, ApprovedMove
from rules.transition.meeting import LENGTH, Span
from rules.transition.progress import MoveProgress, MoveStatus
from tasks.core.connections import connection
from tasks.core.policy import load_policy, meeting_terms_of
from tasks.core.steps import gather_all, read_task, write_task
from tasks.runs.claims import ALREADY_RUNNING, every_run, page, present_run
from tasks.runs.starting import NewRun, deployment_id, start_runs
from tasks.salesforce.reassignments import read_people
from tasks.transition.meetings import appointments

DEPLOYMENT = "account-transition/move-account"
UNDER = "workbook-run:"
"""Before the id of the workbook's run, in the tags of the runs it started."""
OF_WORKBOOK = "workbook:"
"""Before the mark of the workbook."""
UNDONE = "undone"
"""The tag of a move that was given back."""
BEGUN = "changes"
"""Under which a move keeps what it is about to write in Salesforce, before it writes anything."""

_STANDINGS = {
    StateType.COMPLETED: MoveStatus.MOVED,
    StateType.FAILED: MoveStatus.FAILED,
    StateType.CRASHED: MoveStatus.FAILED,
    StateType.CANCELLED: MoveStatus.CALLED_OFF,
}


@write_task("Start the moves of {label}")
async def start_moves(mark: str, orders: Sequence[ApprovedMove]) -> dict[str, str]:
    """Start a run for each account, with its call, at once or on the day that its row names; the ids by account.

    Args:
        mark: of the workbook.
        orders: one for each account.
    """
    rules = await load_policy()
    ids = {user for order in orders for user in (order.former_csm_id, order.new_csm_id) if user}
    people, elsewhere = await gather_all(read_people.fn(sorted(ids)), _calls_elsewhere())
    calls = await appointments(orders, {user.person.id: user for user in people}, elsewhere)

    def due(order: ApprovedMove) -> datetime | None:
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
            here=True,
        )
        for order in orders
    ]
    return await start_runs(DEPLOYMENT, runs, "the run of a workbook")


async def _calls_elsewhere() -> dict[str, list[Span]]:
    """When people are asked to calls by the moves of other waves and workbooks, by their ids (TRN-9)."""
    since = datetime.now(UTC) - meeting_terms_of(await connection(Policy)).latest
    which = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[await deployment_id(DEPLOYMENT)]),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=since),
    )
    busy = defaultdict[str, list[Span]](list)
    for run in await every_run(which, FlowRunSort.ID_DESC):
        if UNDONE in run.tags:
            continue
        try:
            order = ApprovedMove.model_validate(run.parameters["order"])
            call = Appointment.model_validate(run.parameters.get("appointment"))
        except (KeyError, ValidationError):
            continue
        if call.start:
            for user in (call.host_id, order.new_csm_id):
                busy[user].append(Span(call.start, call.start + LENGTH))
    return busy


@read_task("Read the progress of {label}")
async def moves_of(runs: Mapping[str, str]) -> dict[str, MoveProgress]:
    """The progress of each account, by account id; `runs` holds the ids of their runs, by account id."""
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(run_id) for run_id in runs.values()]))
    found = {str(run.id): run for run in await every_run(wanted, FlowRunSort.ID_DESC)} if runs else {}
    return {account: _moved(found[run_id]) for account, run_id in runs.items() if run_id in found}


def _moved(run: FlowRun) -> MoveProgress:
    state = run.state
    kind = state.type if state else StateType.SCHEDULED
    standing = _STANDINGS.get(kind, MoveStatus.UNDER_WAY)
    if kind is StateType.SCHEDULED and run.run_count == 0 and state and state.state_details.scheduled_time:
        ahead = state.state_details.scheduled_time > datetime.now(state.state_details.scheduled_time.tzinfo)
        standing = MoveStatus.LATER if ahead else standing
    if run.state_name == ALREADY_RUNNING:
        standing = MoveStatus.FAILED
    if UNDONE in run.tags and standing.is_at_rest:
        standing = MoveStatus.GIVEN_BACK
    return MoveProgress(standing, (state.message if state else None) or "", page(run.id))
