"""Past moves, from their runs in Prefect."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from rules.transition.approved_move import Appointment, ApprovedMove
from tasks.core.steps import read_task, write_task
from tasks.outreach.owners import OWNERS_KEY
from tasks.runs.audit import started_by
from tasks.runs.claims import every_run, page, present_run, server
from tasks.runs.starting import NewRun, deployment_id, start_runs
from tasks.transition.approved_plan import load_input, load_inputs
from tasks.transition.runs import DEPLOYMENT, PLANNED_CHANGES, UNDONE, UNDONE_BY_TAG, WORKBOOK_RUN_TAG, move_of

_UNDO_DEPLOYMENT = "account-transition/undo"


@dataclass(frozen=True)
class PastMove:
    """A past move.

    Attributes:
        run_id: of its run.
        url: the page of that run; the audit names runs by it.
        order: the approved move.
        appointment: its call, if any.
        undone: whether it was undone.
        undone_by: the id of the run that undid it; "" where that is not known.
        workbook_run: the id of the run of its workbook; "" where that is not known.
        finished: whether its run completed or failed; the last effects of any other run may be missing in the audit.
    """

    run_id: str
    url: str
    order: ApprovedMove
    appointment: Appointment | None
    undone: bool = False
    finished: bool = True
    undone_by: str = ""
    workbook_run: str = ""

    @property
    def name(self) -> str:
        """The name of the account."""
        return self.order.account_name


@read_task("Find the moves of {account_id}")
async def moves_of_account(account_id: str, under: str | None) -> list[PastMove]:
    """The moves of an account that Prefect still has, the newest first, undone moves included.

    Args:
        account_id: 18 characters.
        under: the id of a workbook's run, for the moves of that run alone; None for all moves.
    """
    return await _moves(f"account:{account_id}", *([f"{WORKBOOK_RUN_TAG}{under}"] if under else []))


@read_task("Find the moves of workbook run {run_id}")
async def moves_of_workbook(run_id: str) -> list[PastMove]:
    """The moves that a workbook's run started and that were not undone."""
    return [move for move in await _moves(f"{WORKBOOK_RUN_TAG}{run_id}") if not move.undone]


async def _moves(*tags: str) -> list[PastMove]:
    which = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[await deployment_id(DEPLOYMENT)]),
        tags=FlowRunFilterTags(all_=list(tags)),
    )
    runs = await every_run(which, FlowRunSort.START_TIME_DESC)
    return [move for run in runs if (move := _past_move(run))]


def _past_move(run: FlowRun) -> PastMove | None:
    """The move of a run that started; None for a preview."""
    order, appointment = move_of(run)
    if order is None or run.parameters.get("preview") or run.start_time is None:
        return None
    finished = run.state_type in (StateType.COMPLETED, StateType.FAILED)
    return PastMove(
        str(run.id),
        page(run.id),
        order,
        appointment,
        undone=UNDONE in run.tags,
        finished=finished,
        undone_by=_after(UNDONE_BY_TAG, run),
        workbook_run=_after(WORKBOOK_RUN_TAG, run),
    )


def _after(prefix: str, run: FlowRun) -> str:
    """The rest of the run's tag with this prefix; "" for none."""
    return next((tag.removeprefix(prefix) for tag in sorted(run.tags) if tag.startswith(prefix)), "")


class PastUndo(NamedTuple):
    """When a move was undone (UTC), who asked for it, and the page of that run."""

    at: datetime
    by: str
    url: str


@read_task("Find out who undid the move of {label}")
async def read_past_undo(run_id: str) -> PastUndo | None:
    """The undo of a move, by its run; None if Prefect no longer has that run."""
    try:
        run = await server().read_flow_run(UUID(run_id))
    except ObjectNotFound:
        return None
    at = run.end_time or run.start_time or run.created
    return PastUndo(at, started_by(run), page(run.id)) if at else None


@read_task("Read the planned changes of the move of {label}")
async def read_planned_changes(run_id: str) -> list[dict[str, Any]] | None:
    """The changes that a move saved before it wrote, as lines of the audit; None when it never began to write.

    A killed process may leave no line on the account's page, but its planned changes are saved with its run.

    Args:
        run_id: of the move.
    """
    planned = await load_input(UUID(run_id), PLANNED_CHANGES)
    if planned is None:
        return None
    owners = [line for lines in await load_inputs(UUID(run_id), OWNERS_KEY) for line in lines]
    return [{**line, "run": page(UUID(run_id))} for line in (*planned, *owners)]


@write_task("Start the undo of {label}", outside=False)
async def start_undo_runs(moves: dict[str, str], under: str) -> dict[str, str]:
    """Start a run for each account that undoes its move; the ids of the runs by account id.

    Args:
        moves: by account id, the id of the run that moved it.
        under: the id of the workbook's run; moves by a later workbook are not undone.
    """
    runs = [
        NewRun(
            account,
            f"undo:{present_run().id}:{run}",
            {"account_id": account, "workbook_run": under, "preview": False},
            (f"account:{account}",),
        )
        for account, run in moves.items()
    ]
    return await start_runs(_UNDO_DEPLOYMENT, runs, "the undo of a workbook")
