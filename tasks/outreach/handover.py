"""The steps against Outreach: owners, sequences that introduce the new CSM, and tasks (TRN-3, TRN-4, TRN-5, TRN-11)."""

from collections.abc import Sequence
from datetime import datetime

from rules.common.records import Change
from tasks.core.effects import recording
from tasks.core.locks import lock, outreach_once
from tasks.core.steps import read_task, write_task
from tasks.outreach.login import outreach
from tasks.outreach.records import (
    OUTREACH,
    OutreachAccount,
    account_of,
    check_goes_on,
    mailbox_of,
    read_account,
    read_accounts,
    refused,
    sequence_named,
    template_named,
    user_of,
)
from tasks.outreach.sequences import Start, finish, only_state
from tasks.runs.inputs import remember_once

LONGEST_NOTE = 60_000
"""Characters of a task's text; Outreach accepts 65,535 for the whole note."""


@read_task("Read the accounts in Outreach")
async def read_outreach(account_ids: Sequence[str], sequences: Sequence[str] = ()) -> dict[str, OutreachAccount]:
    """Owner, prospects, open tasks and sequence states of each account, by the id of its Salesforce account.

    Args:
        account_ids: of Salesforce, 18 characters; an account that Outreach does not have is missing.
        sequences: names of the sequences whose states are read; unknown names are ignored.
    """
    return await read_accounts(await outreach(), account_ids, sequences)


@write_task("Add {label} to Outreach")
async def add_prospect(
    account_id: str,
    email: str,
    *,
    first_name: str,
    last_name: str,
    title: str,
    csm_email: str,
) -> int:
    """Add a contact of an account as a prospect, once; the id of the prospect (TRN-3, TRN-11).

    Args:
        account_id: of Salesforce, 18 characters.
        email: identifies the prospect.
        first_name: may be "".
        last_name: may be "".
        title: of the job; may be "".
        csm_email: of the new owner.

    Raises:
        VendorRefused: Outreach does not have the account or the user, or the address belongs to another account.
    """
    client = await outreach()
    account, user = await account_of(client, account_id), await user_of(client, csm_email)
    if prospect := await client.prospect_by_email(email):
        if prospect.account != account.id:
            problem = f"{email} is prospect {prospect.id} of another account"
            raise refused(problem, "CS Operations move it in Outreach")
        return prospect.id
    with recording(Change(OUTREACH, f"Account {account.id}", "Prospect", "", email, "TRN-3")):
        prospect = await client.create_prospect(
            first_name=first_name,
            last_name=last_name,
            email=email,
            title=title,
            account_id=account.id,
            owner_id=user.id,
        )
    return prospect.id


@read_task("Read the earlier states of {label} in {sequence}")
async def states_before(prospect_id: int, sequence: str) -> list[int]:
    """The ids of a prospect's states in a sequence before this run started anything; the same in every Retry.

    Outreach's times cannot tell this: an account may be undone and moved again within minutes.

    Args:
        prospect_id: of Outreach.
        sequence: its name.

    Raises:
        VendorRefused: there is no such sequence.
    """
    client = await outreach()
    row = await sequence_named(client, sequence)
    present = [state.id for state in await client.sequence_states([prospect_id], [row.id])]
    before: list[int] = await remember_once(before_key(prospect_id, row.id), present)
    return before


def before_key(prospect_id: int, sequence_id: int) -> str:
    """The key under which a run saves the earlier states of a prospect in a sequence."""
    return f"outreach-{prospect_id}-{sequence_id}"


@write_task("Start {sequence} for {label}", keyed_by=("prospect_id", "sequence", "csm_email"))
async def start_sequence(prospect_id: int, sequence: str, csm_email: str, *, rule: str, before: Sequence[int]) -> int:
    """Add a prospect to a sequence that sends from the new CSM's mailbox, once; the id of its state (TRN-3, TRN-4).

    Active states of other mailboxes, from earlier hand-overs, are finished. Mails of a second state could not be
    recalled, so a lock prevents that two runs start one.

    Args:
        prospect_id: of Outreach.
        sequence: its name.
        csm_email: of the new CSM, who also gets the tasks of a sequence that is not automated.
        rule: `TRN-3` or `TRN-4`.
        before: from `states_before`; a finished state that is not one of these counts as started by this run.

    Raises:
        VendorRefused: names the user, mailbox, sequence or prospect to correct, and who can do it.
    """
    client = await outreach()
    row, mailbox = await sequence_named(client, sequence), await mailbox_of(client, await user_of(client, csm_email))
    async with lock(outreach_once(prospect_id)):
        state = await only_state(client, prospect_id, Start(row, mailbox, rule, frozenset(before)))
    check_goes_on(state, row)
    return state.id


@write_task("End the other introductions of {label}")
async def end_other_introductions(account_id: str, sequences: Sequence[str], csm_email: str) -> None:
    """Finish the states in these sequences that an earlier hand-over started from another mailbox.

    Args:
        account_id: of Salesforce, 18 characters.
        sequences: names; unknown names are ignored.
        csm_email: of the new CSM.
    """
    client = await outreach()
    mailbox = await client.mailbox_of(await user_of(client, csm_email))
    for name in sequences:
        account = await read_account(client, account_id, [name])
        states = account.states if account else ()
        others = [state for state in states if mailbox is None or state.mailbox != mailbox.id]
        await finish(others, client, name, "TRN-10")


@write_task(
    "Create the task {title} about {label}",
    keyed_by=("key", "prospect_id", "csm_email", "template", "action"),
    skip_value=0,
)
async def make_task(
    key: str,
    title: str,
    *,
    prospect_id: int,
    csm_email: str,
    text: str,
    template: str,
    action: str = "email",
    rule: str = "TRN-11",
    due: datetime | None = None,
) -> int:
    """Create a task about a prospect for a CSM, once; the id of the task (TRN-5, TRN-11).

    Args:
        key: the permanent key of the task; it is part of the note, so that a repeat finds the task in any state.
        title: the first line of the note.
        prospect_id: of Outreach.
        csm_email: of the owner.
        text: the rest of the note.
        template: name of the Outreach template; "" for none.
        action: `action_item`, `call`, `email` or `in_person`.
        rule: its id.
        due: aware, or None.

    Raises:
        VendorRefused: Outreach does not have the user or the template.
    """
    client = await outreach()
    user = await user_of(client, csm_email)
    mark = f"[{key}]"
    begin_with = f"Template: {template}" if template else ""
    note = "\n\n".join(part for part in (title, text[:LONGEST_NOTE], begin_with, mark) if part)
    async with lock(outreach_once(prospect_id)):
        for task in await client.tasks_of(prospect_id):
            if mark in task.note:
                return task.id
        template_id = await template_named(client, template) if template else None
        with recording(Change(OUTREACH, f"Prospect {prospect_id}", "Task", "", title, rule)):
            created = await client.create_task(
                action=action, note=note, owner_id=user.id, prospect_id=prospect_id, template_id=template_id, due=due
            )
    return created.id
