"""A transition is undone: an account, or a whole workbook, goes back to whoever had it (TRN-10)."""

from typing import Annotated, Any
from uuid import UUID

from prefect import State
from prefect.states import Completed
from pydantic import Field

from flows.parameters import AccountId
from rules.ids import to18
from rules.transition_undo import GiveBack, give_back, taken, wrote
from tasks.audit import audit_lines, audit_trail, done_before, leave_trail
from tasks.procedure import BadInput, Preview, procedure
from tasks.runs import claim, name_run, this_try
from tasks.salesforce_moves import holders, move_in_salesforce
from tasks.steps import plain, together
from tasks.transition_past import PastMove, moves_of_account, moves_under, start_undoing, take_back
from tasks.transition_reports import show_undo

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
    is named. The call is cancelled and the sequence ended. Mails that went out cannot be taken back.
    """
    under = str(workbook_run) if workbook_run else None
    if account_id:
        return await undo_account(to18(account_id, "001"), under, preview=preview)
    if not under:
        raise BadInput("Name an account, or the run of a workbook.")
    moves = {one.order.account_id: one.run_id for one in await moves_under(under)}
    started = {} if preview else await start_undoing(len(moves), moves, under)
    return Completed(message=f"{len(moves)} accounts of the workbook moved; {len(started)} are being given back.")


async def undo_account(account_id: str, under: str | None, *, preview: bool) -> State[Any]:
    """Give one account back: what its last move took, or its move by the workbook of this run."""
    mine, moves = await together(claim(f"account:{account_id}", preview=preview), moves_of_account(account_id, under))
    if mine.held_by:
        return Completed(name="Already under way", message=f"This account is being moved by {mine.held_by}")
    if not moves:
        raise BadInput("This account was moved by no workbook, or what moved it is forgotten: change it by hand.")
    lines = await audit_lines(account_id)
    move = next((one for one in moves if wrote(lines, one.url)), None)
    if move is None:
        return Completed(name="Nothing to undo", message=f"{moves[0].name} is as it was: its move wrote nothing.")
    found = taken(lines, move.url)
    in_salesforce = [one for one in found if one.system == "Salesforce"]
    present = await holders(move.name, [(one.record, one.field) for one in in_salesforce])
    back = give_back(in_salesforce, present)
    await name_run(f"Give {move.name} back", preview=preview)
    if not preview:
        async with audit_trail(account_id):
            leave_trail(await done_before("given-back", back.changes))
            if back.changes:
                leave_trail(await move_in_salesforce(move.name, "who had it", plain(back.changes), this_try()))
            await take_back(move, [one for one in found if one.system != "Salesforce"])
    await show_undo(move, back, preview=preview)
    return ended(move, back, preview=preview)


def ended(move: PastMove, back: GiveBack, *, preview: bool) -> State[Any]:
    """The run's last word."""
    stays = f" {' '.join(back.stays)}" if back.stays else ""
    if preview:
        return Completed(name="Previewed", message=f"{len(back.changes)} fields would be given back.{stays}")
    return Completed(message=f"{move.name} is with those who had it before; {len(back.changes)} fields.{stays}")
