"""A transition is undone: an account, or a whole workbook, goes back to whoever had it (TRN-10)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from prefect import State
from prefect.states import Completed
from pydantic import Field

from flows.parameters import AccountId
from rules.common.ids import to18
from rules.common.text import counted
from rules.transition.undo import Reversal, changed_anything, changes_of_run, plan_reversal
from tasks.core.errors import BadInput
from tasks.core.steps import as_dicts, gather_all
from tasks.procedure import Preview, procedure
from tasks.runs.audit import audit_lines, audit_trail, effects_of_earlier_attempt, record_effects
from tasks.runs.claims import claim_record, name_run, tag_run, this_try
from tasks.salesforce.reassignments import holders, move_in_salesforce
from tasks.transition.past_moves import PastMove, intended, moves_of_account, moves_under, start_undoing
from tasks.transition.reports import show_undo
from tasks.transition.runs import UNDONE
from tasks.transition.undo import Undo, read_back, revert_outside_salesforce

TheWorkbook = Annotated[
    UUID | None,
    Field(
        title="Workbook's run",
        description="Or all accounts of a workbook: the id of its run, from its address. With an account: its move by "
        "that workbook, if it is not the last one.",
    ),
]
TheAccount = Annotated[AccountId | None, Field(title="Account id", description="One account alone, by its id.")]


@procedure("account-transition", run_name="Undo a transition")
async def undo(account_id: TheAccount = None, workbook_run: TheWorkbook = None, preview: Preview = False) -> State[Any]:
    """Give an account back to whoever had it before its last move, or all accounts of a workbook.

    Every field that still holds what the transition wrote gets its former value; what somebody changed since stays, and
    is named. The call is cancelled, the sequence and the move's tasks in Outreach are ended, and the checklist is
    marked as withdrawn. Mails that went out cannot be taken back.
    """
    under = str(workbook_run) if workbook_run else None
    if account_id:
        return await undo_account(to18(account_id, "001"), under, preview=preview)
    if not under:
        raise BadInput("Name an account, or the run of a workbook.")
    moves = {one.order.account_id: one.run_id for one in await moves_under(under)}
    started = {} if preview else await start_undoing(len(moves), moves, under)
    said = (
        f"{counted(len(moves), 'account')} of the workbook moved; {counted(len(started), 'run')} started, each to give"
    )
    return Completed(message=f"{said} one account back. Each says at its end what came of it.")


async def undo_account(account_id: str, under: str | None, *, preview: bool) -> State[Any]:
    """Give one account back: what its last move took, or its move by the workbook of this run."""
    claim, moves = await gather_all(
        claim_record(f"account:{account_id}", preview=preview), moves_of_account(account_id, under)
    )
    if claim.other_run:
        return Completed(name="Already under way", message=f"This account is being moved by {claim.other_run}")
    if not moves:
        raise BadInput("This account was moved by no workbook, or what moved it is forgotten: change it by hand.")
    reversal = await last_that_wrote(account_id, moves)
    if reversal is None:
        return Completed(name="Nothing to undo", message=f"{moves[0].name} is as it was: its move wrote nothing.")
    if reversal.move.undone:
        return given_back_already(reversal.move)
    name, found = reversal.move.name, reversal.in_salesforce
    present = await holders(name, [(one.record, one.field) for one in found])
    back = plan_reversal(found, present)
    await name_run(f"Give {name} back", preview=preview)
    if preview:
        await show_undo(reversal.move, back, preview=True)
        return previewed(back)
    said, stays = await give_all_back(account_id, reversal, back)
    back = replace(back, kept=(*back.kept, *stays))
    await show_undo(reversal.move, back, preview=False)
    return Completed(message=" ".join([f"{said} {counted(len(back.changes), 'field')} given back.", *back.kept]))


async def last_that_wrote(account_id: str, moves: Sequence[PastMove]) -> Undo | None:
    """The newest of the moves that wrote anything, or may have; None when none did."""
    lines = await audit_lines(account_id)
    for move in moves:
        kept = await intended(move.run_id, move.name)
        if kept is not None or changed_anything(lines, move.url):
            every = [*(kept or ()), *lines]
            return Undo(move, every, changes_of_run(every, move.url))
    return None


async def give_all_back(account_id: str, reversal: Undo, back: Reversal) -> tuple[str, tuple[str, ...]]:
    """Take all of a move back, look at every system, and remember that it was undone; who has it, and what stays.

    Raises:
        NeedsPeople: something of the move is left.
    """
    name = reversal.move.name
    async with audit_trail(account_id):
        record_effects(await effects_of_earlier_attempt("given-back", back.changes))
        if back.changes:
            record_effects(await move_in_salesforce(name, "who had it", as_dicts(back.changes), this_try()))
        stays = await revert_outside_salesforce(reversal)
        said, since = await read_back(name, reversal, back)
    await tag_run(UNDONE, run_id=UUID(reversal.move.run_id))
    return said, (*stays, *since)


def given_back_already(move: PastMove) -> State[Any]:
    """The last move was undone before: an older one is not undone without being named."""
    said = f"{move.name}: its last move was given back already ({move.url})."
    return Completed(
        name="Nothing to undo", message=f"{said} To undo an earlier one, start this again with that workbook's run."
    )


def previewed(back: Reversal) -> State[Any]:
    """The run's last word when nothing was written."""
    stays = f" {' '.join(back.kept)}" if back.kept else ""
    said = f"{counted(len(back.changes), 'field')} would be given back. Nothing was written."
    return Completed(name="Previewed", message=f"{said}{stays}")
