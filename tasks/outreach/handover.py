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
    InOutreach,
    account_of,
    check_goes_on,
    known,
    mailbox_of,
    refused,
    sequence_named,
    template_named,
    user_of,
)
from tasks.outreach.sequences import Start, finish, only_state
from tasks.runs.inputs import remember_once

LONGEST_NOTE = 60_000
"""Characters of a task's text; Outreach takes 65,535 in all."""


@read_task("Read the accounts in Outreach")
async def read_outreach(account_ids: Sequence[str], sequences: Sequence[str] = ()) -> dict[str, InOutreach]:
    """What Outreach knows of each account: owner, prospects, open tasks, and where they stand in these sequences.

    Args:
        account_ids: Salesforce's, 18 characters; one that Outreach does not know is missing from the answer.
        sequences: names; one that does not exist is passed over.
    """
    return await known(await outreach(), account_ids, sequences)


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
    """Make a contact of an account a prospect, once; the prospect's id (TRN-3, TRN-11).

    Args:
        account_id: Salesforce's, 18 characters.
        email: tells prospects apart.
        first_name: may be "".
        last_name: may be "".
        title: the job's; may be "".
        csm_email: of who is to own the prospect.

    Raises:
        VendorRefused: the account or the user is unknown there, or the address is another account's.
    """
    client = await outreach()
    account, user = await account_of(client, account_id), await user_of(client, csm_email)
    there = await client.prospect_by_email(email)
    if there:
        if there.account != account.id:
            told = f"{email} is prospect {there.id} of another account"
            raise refused(told, "CS Operations move it in Outreach")
        return there.id
    with recording(Change(OUTREACH, f"Account {account.id}", "Prospect", "", email, "TRN-3")):
        made = await client.create_prospect(
            first_name=first_name,
            last_name=last_name,
            email=email,
            title=title,
            account_id=account.id,
            owner_id=user.id,
        )
    return made.id


@read_task("See whether {label} was in {sequence} before")
async def states_before(prospect_id: int, sequence: str) -> list[int]:
    """The states in which a prospect was in a sequence before this run began anything: the same in every try of it.

    Outreach's clock cannot tell: an account that is given back and moved again is back within minutes.

    Args:
        prospect_id: Outreach's.
        sequence: its name.

    Raises:
        VendorRefused: there is no such sequence.
    """
    client = await outreach()
    row = await sequence_named(client, sequence)
    now = [one.id for one in await client.sequence_states([prospect_id], [row.id])]
    before: list[int] = await remember_once(before_key(prospect_id, row.id), now)
    return before


def before_key(prospect_id: int, sequence_id: int) -> str:
    """Under which a run keeps the states that it found."""
    return f"outreach-{prospect_id}-{sequence_id}"


@write_task("Start {sequence} for {label}", keyed_by=("prospect_id", "sequence", "csm_email"))
async def start_sequence(prospect_id: int, sequence: str, csm_email: str, *, rule: str, before: Sequence[int]) -> int:
    """Put a prospect into a sequence that mails from the new CSM's mailbox, once; its state's id (TRN-3, TRN-4).

    One that another mailbox began at an earlier hand-over is finished. Two that a race began are one in the end; what
    both of them mailed by then cannot be taken back, so nobody looks and begins while somebody else does.

    Args:
        prospect_id: Outreach's.
        sequence: its name.
        csm_email: whose mailbox the mails come from, and who gets the tasks of a sequence that is not automated.
        rule: why: `TRN-3` or `TRN-4`.
        before: by `states_before`; a way through the sequence that has ended counts when it is none of these.

    Raises:
        VendorRefused: saying who must put which of user, mailbox, sequence or prospect right.
    """
    client = await outreach()
    row, mailbox = await sequence_named(client, sequence), await mailbox_of(client, await user_of(client, csm_email))
    async with lock(outreach_once(prospect_id)):
        kept = await only_state(client, prospect_id, Start(row, mailbox, rule, frozenset(before)))
    check_goes_on(kept, row)
    return kept.id


@write_task("End the other introductions of {label}")
async def end_other_introductions(account_id: str, sequences: Sequence[str], csm_email: str) -> None:
    """Finish what an earlier hand-over began in these sequences, and another mailbox than the new CSM's goes on with.

    Args:
        account_id: Salesforce's, 18 characters.
        sequences: names; one that does not exist is passed over.
        csm_email: of the new CSM.
    """
    client = await outreach()
    mailbox = await client.mailbox_of(await user_of(client, csm_email))
    for name in sequences:
        there = (await known(client, [account_id], [name])).get(account_id)
        others = [one for one in there.states if mailbox is None or one.mailbox != mailbox.id] if there else []
        await finish(others, client, name, "TRN-10")


@write_task("Make the task {title} about {label}", keyed_by=("key", "prospect_id", "csm_email", "template", "action"))
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
    """Give a CSM something to do about a prospect, once; the task's id (TRN-5, TRN-11).

    Args:
        key: names the task for ever; it stands in its note, by which it is found again in whatever state it is.
        title: the note's first line.
        prospect_id: Outreach's.
        csm_email: who is to do it.
        text: the rest of the note: what it is about.
        template: name of the text to begin with; "" for none.
        action: `action_item`, `call`, `email` or `in_person`.
        rule: why.
        due: an aware instant, or None.

    Raises:
        VendorRefused: the user or the template is unknown there.
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
            made = await client.create_task(
                action=action, note=note, owner_id=user.id, prospect_id=prospect_id, template_id=template_id, due=due
            )
    return made.id
