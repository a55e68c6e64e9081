"""The steps that undo a move's tasks and sequences in Outreach (TRN-10)."""

from collections.abc import Sequence

from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import COMPLETE, Mailbox, OutreachTask, SequenceState, User
from rules.common.records import Change
from rules.transition.undo import Leftovers
from tasks.core.effects import recording
from tasks.core.steps import write_task
from tasks.outreach.login import outreach
from tasks.outreach.records import OUTREACH, OutreachAccount, read_account
from tasks.outreach.sequences import finish


@write_task("Complete the tasks that the move of {label} created", per_try=True)
async def complete_tasks(account_id: str, key: str, csm_email: str, *, why: str) -> list[str]:
    """Complete every open task of a move, with a note; a sentence for each task that is not completed by this.

    Args:
        account_id: of Salesforce, 18 characters.
        key: of the move; the notes of its tasks contain it.
        csm_email: of the new CSM, who owns the tasks unless they returned with the account.
        why: the note.
    """
    client, sentences = await outreach(), list[str]()
    account, new_csm = await read_account(client, account_id), await client.user_by_email(csm_email)
    owners = _task_owners(account, new_csm)
    for task in await _tasks(client, account, key):
        title = task.note.partition("\n")[0]
        if task.state == COMPLETE:
            sentences += [] if why in task.note else [f"The Outreach task {title!r} was complete already."]
        elif task.owner not in owners:
            sentences.append(f"The Outreach task {title!r} was given to somebody else after the move and is kept.")
        else:
            with recording(Change(OUTREACH, f"Task {task.id}", "State", task.state, COMPLETE, "TRN-11")):
                await client.complete_task(task.id, why)
    return sentences


@write_task("Take {label} out of the sequences of its move", per_try=True)
async def stop_sequences(account_id: str, sequences: Sequence[str], csm_email: str) -> None:
    """Finish the active states in these sequences that send from the new CSM's mailbox.

    Args:
        account_id: of Salesforce, 18 characters.
        sequences: their names.
        csm_email: of the new CSM.
    """
    client = await outreach()
    mailbox = await _mailbox(client, await client.user_by_email(csm_email))
    for sequence in sequences:
        account = await read_account(client, account_id, [sequence])
        await finish(_states_from(mailbox, account), client, sequence, "TRN-3")


async def left_in_outreach(
    account_id: str, key: str, csm_email: str, sequences: Sequence[str], former: dict[str, str]
) -> Leftovers:
    """The open tasks, active sequences and owners of a move that its undo has not ended.

    Args:
        account_id: of Salesforce, 18 characters.
        key: of the move.
        csm_email: of the new CSM.
        sequences: names of the move's sequences.
        former: by `Account 7` or `Prospect 12`, the e-mail address of the former owner; "" for none.
    """
    client = await outreach()
    account, new_csm = await read_account(client, account_id, sequences), await client.user_by_email(csm_email)
    task_owners, owners = _task_owners(account, new_csm), _owner_ids(account)
    tasks = [task for task in await _tasks(client, account, key) if task.state != COMPLETE]
    states = _states_from(await _mailbox(client, new_csm), account)
    return Leftovers(
        open_tasks=tuple(task.id for task in tasks if task.owner in task_owners),
        active_sequences=tuple(state.id for state in states if state.goes_on),
        owners={name: email for name, email in former.items() if email and new_csm and owners.get(name) == new_csm.id},
    )


def _owner_ids(account: OutreachAccount | None) -> dict[str, int | None]:
    """By `Account 7` or `Prospect 12`, the id of the owner."""
    if account is None:
        return {}
    prospects = {f"Prospect {prospect.id}": prospect.owner for prospect in account.prospects}
    return {f"Account {account.id}": account.owner.id if account.owner else None} | prospects


async def _tasks(client: OutreachClient, account: OutreachAccount | None, key: str) -> list[OutreachTask]:
    """The tasks that a move created, in any state."""
    if account is None:
        return []
    tasks = await client.tasks_of(*(prospect.id for prospect in account.prospects))
    return [task for task in tasks if f"[{key}:" in task.note]


def _task_owners(account: OutreachAccount | None, new_csm: User | None) -> set[int | None]:
    """The users whose tasks belong to the move: the new CSM, and the present owner of the account."""
    return {user.id if user else None for user in (account.owner if account else None, new_csm)}


async def _mailbox(client: OutreachClient, user: User | None) -> Mailbox | None:
    return await client.mailbox_of(user) if user else None


def _states_from(mailbox: Mailbox | None, account: OutreachAccount | None) -> list[SequenceState]:
    """The sequence states of the account's prospects that send from a mailbox."""
    return [state for state in account.states if state.mailbox == mailbox.id] if account and mailbox else []
