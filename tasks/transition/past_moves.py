"""Moves of the past, as Prefect remembers their runs."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from pydantic import ValidationError

from rules.transition.approved_move import Appointment, ApprovedMove
from tasks.core.steps import read_task, write_task
from tasks.runs.claims import every_run, page, present_run
from tasks.runs.starting import NewRun, deployment_id, start_runs
from tasks.transition.approved_plan import kept_in_run, kept_values
from tasks.transition.runs import BEGUN, DEPLOYMENT, UNDER, UNDONE

OWNERS = "outreach-owners-"
"""Before the account's id there, under which a run keeps whom it is about to make owners in Outreach."""
UNDO = "account-transition/undo"


@dataclass(frozen=True)
class PastMove:
    """A move of the past.

    Attributes:
        run_id: of its run.
        url: that run's page, by which the audit knows it.
        order: as it was approved.
        appointment: the call about it, if any.
        undone: it was given back since.
        came_to_its_end: its run said itself how it ended; of one that did not, nobody knows what it did last.
    """

    run_id: str
    url: str
    order: ApprovedMove
    appointment: Appointment | None
    undone: bool = False
    came_to_its_end: bool = True

    @property
    def name(self) -> str:
        """The account's."""
        return self.order.account_name


@read_task("Find the moves of {account_id}")
async def moves_of_account(account_id: str, under: str | None) -> list[PastMove]:
    """The moves of an account, those that were given back too, the newest first, as far as Prefect remembers them.

    Args:
        account_id: 18 characters.
        under: the id of a workbook's run: its moves alone.
    """
    return await _moves(f"account:{account_id}", *([f"{UNDER}{under}"] if under else []))


@read_task("Find the moves of workbook run {run_id}")
async def moves_under(run_id: str) -> list[PastMove]:
    """The moves that a workbook's run started and that were not given back."""
    return [one for one in await _moves(f"{UNDER}{run_id}") if not one.undone]


async def _moves(*tags: str) -> list[PastMove]:
    found = [_past(run) for run in await _runs(*tags)]
    return [one for one in found if one is not None]


async def _runs(*tags: str) -> list[FlowRun]:
    which = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[await deployment_id(DEPLOYMENT)]),
        tags=FlowRunFilterTags(all_=list(tags)),
    )
    return await every_run(which, FlowRunSort.START_TIME_DESC)


def _past(run: FlowRun) -> PastMove | None:
    if run.parameters.get("preview") or run.start_time is None:
        return None
    try:
        order = ApprovedMove.model_validate(run.parameters["order"])
        given = run.parameters.get("appointment")
        appointment = Appointment.model_validate(given) if given else None
    except (KeyError, ValidationError):
        return None
    ended = run.state_type in (StateType.COMPLETED, StateType.FAILED)
    return PastMove(str(run.id), page(run.id), order, appointment, UNDONE in run.tags, ended)


@read_task("Read what the move of {label} was about to write")
async def intended(run_id: str) -> list[dict[str, Any]] | None:
    """The audit's lines of what a move kept before it wrote; None when it never began to write.

    A process that is killed leaves no line on the account's page, but what it was about to write is kept in its run.

    Args:
        run_id: of the move.
    """
    begun = await kept_in_run(UUID(run_id), BEGUN)
    if begun is None:
        return None
    owners = [one for value in await kept_values(UUID(run_id), OWNERS) for one in value]
    return [{**line, "run": page(UUID(run_id))} for line in (*begun, *owners)]


@write_task("Start giving {label} back")
async def start_undoing(moves: dict[str, str], under: str) -> dict[str, str]:
    """Start a run for each account, to give it back; the ids of the runs by account.

    Args:
        moves: by account id, the id of the run that moved it.
        under: the id of the workbook's run: what a later workbook took is not given back.
    """
    runs = [
        NewRun(
            account,
            f"undo:{present_run().id}:{run}",
            {"account_id": account, "workbook_run": under},
            (f"account:{account}",),
        )
        for account, run in moves.items()
    ]
    return await start_runs(UNDO, runs, "the undoing of a workbook")
