"""A transition is undone: an account, or a whole workbook, goes back to whoever had it (TRN-10)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from prefect import State
from prefect.states import Completed
from pydantic import Field

from rules.common.ids import record_id_in
from rules.common.run_ids import run_ids_in
from rules.common.text import counted, shorten
from rules.transition.undo import Reversal, changed_anything, changes_of_run, plan_reversal
from tasks.core.errors import BadInput
from tasks.procedure import Preview, Run, procedure
from tasks.runs.audit import audit_lines, record_earlier_attempt
from tasks.runs.claims import present_run, tag_run
from tasks.salesforce.reassignments import move_in_salesforce, read_present_values
from tasks.transition.past_moves import (
    PastMove,
    moves_of_account,
    moves_of_workbook,
    read_past_undo,
    read_planned_changes,
    start_undo_runs,
)
from tasks.transition.reports import show_undo
from tasks.transition.runs import UNDONE, UNDONE_BY_TAG
from tasks.transition.undo import Undo, left_outside_salesforce, revert_outside_salesforce, verify_undo
from tasks.transition.undo_notice import notify_of_undo

TheWorkbook = Annotated[
    str,
    Field(
        title="Workbook's run",
        description="Or all accounts of a workbook: the address of its run in the dashboard, or the id in it, like "
        "0d9f3c1e-5b7a-4c2d-9e8f-1a2b3c4d5e6f. With an account: its move by that workbook, if it is not the last one.",
    ),
]
TheAccount = Annotated[
    str,
    Field(
        title="Account id",
        description="One account alone: its Salesforce id, like 001Hs00000AbCdEIAV, or the address of its page.",
    ),
]


@procedure("account-transition", run_name="Undo a transition")
async def undo(
    run: Run, account_id: TheAccount = "", workbook_run: TheWorkbook = "", preview: Preview = False
) -> State[Any]:
    """Give an account back to whoever had it before its last move, or all accounts of a workbook.

    Every field that still holds what the transition wrote gets its former value; what somebody changed since stays, and
    is named. The call is cancelled, the sequence and the move's tasks in Outreach are ended, and the checklist is
    marked as withdrawn. Mails that went out cannot be taken back.
    """
    under = run_id_in(workbook_run)
    if account_id.strip():
        return await undo_account(run, record_id_in(account_id, "001"), under)
    if not under:
        raise BadInput("Name an account, or the run of a workbook.")
    await run.load()
    found = await moves_of_workbook(under)
    moves = {move.order.account_id: move.run_id for move in found}
    if run.preview:
        names = sorted(move.name for move in found)
        message = f"{counted(len(names), 'account')} would be given back: {', '.join(names) or 'none'}."
        return Completed(name="Previewed", message=f"{message} Preview one account to see every field.")
    started = await start_undo_runs.labelled(counted(len(moves), "account"))(moves, under)
    summary = f"{counted(len(moves), 'account')} of the workbook moved; {counted(len(started), 'run')} started"
    return Completed(message=f"{summary}, each restores one account. Each run reports its result.")


def run_id_in(text: str) -> str | None:
    """The id of the run that a person named by its id or its address; None for an empty field.

    Raises:
        BadInput: the text names no run, or several.
    """
    if not text.strip():
        return None
    named = run_ids_in(text)
    if len(named) != 1:
        raise BadInput(f"{shorten(text, 60)} is not the address of a run: copy it from the page of the workbook's run.")
    return named[0]


async def undo_account(run: Run, account_id: str, under: str | None) -> State[Any]:
    """Give one account back: what its last move took, or its move by the workbook of this run."""
    # 1. Find the move, and what it wrote
    moves = await run.begin(f"account:{account_id}", moves_of_account(account_id, under))
    await run.open(account_id=account_id, account=moves[0].name if moves else "")
    if not moves:
        raise BadInput(
            "Prefect has no run that moved this account. If that run was deleted, change the owners in Salesforce "
            "by hand. Otherwise enter the account that was moved."
        )
    reversal = await last_that_wrote(account_id, moves)
    if reversal is None:
        return Completed(name="Nothing to undo", message=f"{moves[0].name} is as it was: its move wrote nothing.")
    if reversal.move.undone:
        return await given_back_already(run, reversal.move)

    # 2. Plan: every field that still holds what the move wrote gets its former value
    name, written = reversal.move.name, reversal.in_salesforce
    present = await read_present_values.labelled(name)([(change.record, change.field) for change in written])
    back = plan_reversal(written, present)
    await run.rename(f"Undo transfer of {name}")
    if run.preview:
        await run.planned(back.changes, account_id, name)
        also = await left_outside_salesforce.labelled(name)(reversal)
        await show_undo(reversal.move, back, also=also, preview=True)
        return previewed(back, also)

    # 3. Give back in every system, compare all systems, and report (TRN-10)
    outcome, stays = await give_all_back(reversal, back)
    back = replace(back, kept=(*back.kept, *stays))
    await show_undo(reversal.move, back, preview=False)
    await notify_of_undo(reversal.move, outcome, back)
    await tag_run(UNDONE, f"{UNDONE_BY_TAG}{present_run().id}", run_id=UUID(reversal.move.run_id))
    return Completed(message=" ".join([f"{outcome} {counted(len(back.changes), 'field')} restored.", *back.kept]))


async def last_that_wrote(account_id: str, moves: Sequence[PastMove]) -> Undo | None:
    """The newest of the moves that wrote anything, or may have; None when none did."""
    lines = await audit_lines(account_id)
    for move in moves:
        kept = await read_planned_changes.labelled(move.name)(move.run_id)
        if kept is not None or changed_anything(lines, move.url):
            every = [*(kept or ()), *lines]
            return Undo(move, every, changes_of_run(every, move.url))
    return None


async def give_all_back(reversal: Undo, back: Reversal) -> tuple[str, tuple[str, ...]]:
    """Revert a move, and compare all systems; who has the account, and what stays.

    Raises:
        HumanInputRequired: something of the move is left.
    """
    await record_earlier_attempt("given-back", back.changes)
    if back.changes:
        await move_in_salesforce.labelled(f"{reversal.move.name} to its former CSM")(back.changes)
    stays = await revert_outside_salesforce(reversal)
    outcome, since = await verify_undo(reversal, back)
    return outcome, (*stays, *since)


async def given_back_already(run: Run, move: PastMove) -> State[Any]:
    """The last move was undone before: an older one is not undone without being named."""
    earlier = await read_past_undo.labelled(move.name)(move.undone_by) if move.undone_by else None
    when = ""
    if earlier:
        when = f" on {earlier.at.astimezone(run.policy.time_zone):%Y-%m-%d at %H:%M %Z} by {earlier.by}: {earlier.url}"
    message = f"{move.name} was already restored{when}. Nothing was changed."
    also = "To undo an earlier move, start this again with that workbook's run."
    return Completed(name="Nothing to undo", message=f"{message} {also}")


def previewed(back: Reversal, also: Sequence[str]) -> State[Any]:
    """The final state of a preview."""
    fields = f"{counted(len(back.changes), 'field')} would be restored. Nothing was written."
    return Completed(name="Previewed", message=" ".join([fields, *also, *back.kept]))
