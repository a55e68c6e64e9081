"""Moves of the past, as Prefect remembers their runs, and what of them is taken back outside of Salesforce."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import UUID

from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from pydantic import ValidationError

from blocks.policy import Policy
from rules.transition_orders import Appointment, Order
from rules.transition_undo import Taken
from tasks.audit import leave_trail
from tasks.connections import connection
from tasks.mail import withdraw
from tasks.meetings import guests_to
from tasks.new_runs import NewRun, deployment_id, start_new
from tasks.outreach import stop_sequence
from tasks.outreach_owners import give_back_in_outreach
from tasks.runs import created, every_run, page, tag_run, this_try
from tasks.salesforce_moves import read_people
from tasks.steps import reading, writing
from tasks.transition_policy import sequences_of
from tasks.transition_runs import DEPLOYMENT, UNDER, UNDONE

UNDO = "account-transition/undo"


@dataclass(frozen=True)
class PastMove:
    """A move of the past.

    Attributes:
        run_id: of its run.
        url: that run's page, by which the audit knows it.
        order: as it was approved.
        appointment: the call about it, if any.
    """

    run_id: str
    url: str
    order: Order
    appointment: Appointment | None

    @property
    def name(self) -> str:
        """The account's."""
        return self.order.account_name


@reading("Find the moves of {account_id}")
async def moves_of_account(account_id: str, under: str | None) -> list[PastMove]:
    """The moves of an account that were not given back, the newest first, as far as Prefect remembers them.

    Args:
        account_id: 18 characters.
        under: the id of a workbook's run: its moves alone.
    """
    return await _moves(f"account:{account_id}", *([f"{UNDER}{under}"] if under else []))


@reading("Find the moves of workbook run {run_id}")
async def moves_under(run_id: str) -> list[PastMove]:
    """The moves that a workbook's run started and that were not given back."""
    return await _moves(f"{UNDER}{run_id}")


async def _moves(*tags: str) -> list[PastMove]:
    found = [_past(run) for run in await _runs(*tags) if UNDONE not in run.tags]
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
        order = Order.model_validate(run.parameters["order"])
        given = run.parameters.get("appointment")
        appointment = Appointment.model_validate(given) if given else None
    except (KeyError, ValidationError):
        return None
    return PastMove(str(run.id), page(run.id), order, appointment)


@writing("Start giving {count} accounts back")
async def start_undoing(count: int, moves: dict[str, str], under: str) -> dict[str, str]:  # noqa: ARG001 - for people
    """Have a run give each account back; the ids of the runs by account.

    Args:
        count: for people.
        moves: by account id, the id of the run that moved it.
        under: the id of the workbook's run: what a later workbook took is not given back.
    """
    runs = [
        NewRun(account, f"undo:{run}", {"account_id": account, "workbook_run": under}, (f"account:{account}",))
        for account, run in moves.items()
    ]
    return await start_new(UNDO, runs, "the undoing of a workbook")


async def take_back(move: PastMove, found: Sequence[Taken]) -> None:
    """Give the account back in Outreach, end the sequence, cancel the call, and remember that it was undone.

    Args:
        move: what is undone.
        found: what it wrote in Outreach, by the audit.
    """
    order = move.order
    users = {user.person.id: user for user in await read_people(f"the CSMs of {move.name}", _people(move))}
    taker = users.get(order.new_csm_id)
    email = taker.person.email if taker else None
    former = {one.record: one.before for one in found if one.field == "Owner"}
    if email and former:
        leave_trail(
            await give_back_in_outreach(order.account_id, former, email, account_name=move.name, try_id=this_try())
        )
    if email and (sequence := sequences_of(await connection(Policy)).of(order.route)):
        leave_trail(await stop_sequence(order.account_id, sequence, email, account_name=move.name))
    call = move.appointment
    if taker and call and call.start and call.start > datetime.now(UTC):
        guests = guests_to(order, call, {user.person.id: user.person for user in users.values()})
        withdrawn = await withdraw(
            order.key,
            account_name=move.name,
            people=" and ".join(guest.name for guest in guests),
            guests=[asdict(guest) for guest in guests],
            start=call.start,
            planned_at=created(),
            sequence=1,
        )
        leave_trail(withdrawn["effects"])
    await tag_run(UNDONE, run_id=UUID(move.run_id))


def _people(move: PastMove) -> list[str]:
    host = [move.appointment.host_id] if move.appointment else []
    return sorted({move.order.new_csm_id, *host})
