"""The runs that move one account each: how the run of a workbook starts them and follows their progress."""

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
from rules.common.going_live import PREVIEWED
from rules.transition.approved_move import Appointment, ApprovedMove
from rules.transition.meeting import LENGTH, Span
from rules.transition.progress import MoveProgress, MoveStatus
from tasks.core.connections import connection
from tasks.core.policy import load_policy, meeting_terms_of
from tasks.core.runbook import without_card
from tasks.core.steps import gather_all, read_task, write_task
from tasks.runs.claims import ALREADY_RUNNING, every_run, page, present_run
from tasks.runs.starting import NewRun, deployment_id, start_runs
from tasks.salesforce.reassignments import read_people
from tasks.transition.meetings import appointments

DEPLOYMENT = "account-transition/move-account"
WORKBOOK_RUN_TAG = "workbook-run:"
"""A tag of the moves that a workbook's run started: this, and the id of that run."""
WORKBOOK_TAG = "workbook:"
"""A tag of the moves of a workbook: this, and the mark of the workbook."""
UNDONE = "undone"
"""The tag of a move that was undone."""
UNDONE_BY_TAG = "undone-by:"
"""A tag of a move that was undone: this, and the id of the run that undid it."""
PLANNED_CHANGES = "changes"
"""The key under which a move saves its changes in Salesforce before it writes the first one."""

_STATUSES = {
    StateType.COMPLETED: MoveStatus.MOVED,
    StateType.FAILED: MoveStatus.FAILED,
    StateType.CRASHED: MoveStatus.FAILED,
    StateType.CANCELLED: MoveStatus.CALLED_OFF,
}


@write_task("Start the moves of {label}")
async def start_moves(mark: str, orders: Sequence[ApprovedMove]) -> dict[str, str]:
    """Start a run for each account, at once or on the effective date of its row, and schedule its call.

    Args:
        mark: of the workbook.
        orders: one for each account.

    Returns:
        The ids of the runs, by account id.
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
                "preview": False,
            },
            (f"account:{order.account_id}", f"{WORKBOOK_RUN_TAG}{present_run().id}", f"{WORKBOOK_TAG}{mark}"),
            due(order),
            here=True,
        )
        for order in orders
    ]
    return await start_runs(DEPLOYMENT, runs, "the run of a workbook")


async def _calls_elsewhere() -> dict[str, list[Span]]:
    """By user id, the calls of the moves of other waves and workbooks (TRN-9)."""
    since = datetime.now(UTC) - meeting_terms_of(await connection(Policy)).latest
    which = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[await deployment_id(DEPLOYMENT)]),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=since),
    )
    busy = defaultdict[str, list[Span]](list)
    for run in await every_run(which, FlowRunSort.ID_DESC):
        order, call = move_of(run)
        if order and call and call.start and UNDONE not in run.tags:
            for user in (call.host_id, order.new_csm_id):
                busy[user].append(Span(call.start, call.start + LENGTH))
    return busy


def move_of(run: FlowRun) -> tuple[ApprovedMove | None, Appointment | None]:
    """The move that a run was started for, and its call, if any; neither when its parameters cannot be read."""
    try:
        call = run.parameters.get("appointment")
        order = ApprovedMove.model_validate(run.parameters["order"])
        return order, Appointment.model_validate(call) if call else None
    except (KeyError, ValidationError):
        return None, None


@read_task("Read the progress of {label}")
async def read_progress(runs: Mapping[str, str]) -> dict[str, MoveProgress]:
    """The progress of each account, by account id; `runs` holds the ids of their runs, by account id."""
    which = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(run_id) for run_id in runs.values()]))
    by_id = {str(run.id): run for run in await every_run(which, FlowRunSort.ID_DESC)} if runs else {}
    return {account: _progress(by_id[run_id]) for account, run_id in runs.items() if run_id in by_id}


def _progress(run: FlowRun) -> MoveProgress:
    state = run.state
    kind = state.type if state else StateType.SCHEDULED
    status = _STATUSES.get(kind, MoveStatus.UNDER_WAY)
    if kind is StateType.SCHEDULED and run.run_count == 0 and state and state.state_details.scheduled_time:
        ahead = state.state_details.scheduled_time > datetime.now(state.state_details.scheduled_time.tzinfo)
        status = MoveStatus.LATER if ahead else status
    if run.state_name in (ALREADY_RUNNING, PREVIEWED):
        status = MoveStatus.FAILED
    if UNDONE in run.tags and status.is_at_rest:
        status = MoveStatus.UNDONE
    return MoveProgress(status, without_card(state.message if state else None), page(run.id))
