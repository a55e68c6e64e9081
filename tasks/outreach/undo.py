"""The steps that end in Outreach what a transition began there: its tasks and its sequences (TRN-10)."""

from collections.abc import Iterable, Sequence

from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import COMPLETE, OutreachTask, SequenceState
from rules.common.records import Change
from rules.transition.undo import Leftovers
from tasks.core.effects import recording
from tasks.core.steps import write_task
from tasks.outreach.login import outreach
from tasks.outreach.records import OUTREACH, InOutreach, known
from tasks.outreach.sequences import finish


@write_task("Complete the tasks that the move of {label} made", per_try=True)
async def complete_tasks(account_id: str, key: str, taken_by: str, *, why: str) -> list[str]:
    """Mark every open task of a move as complete, with a note; what stays, a sentence for each task.

    Args:
        account_id: Salesforce's, 18 characters.
        key: of the move; it stands in the notes of its tasks.
        taken_by: the address of who took the account: the tasks are theirs, or went back with the account.
        why: the note.
    """
    client, stays = await outreach(), list[str]()
    there = (await known(client, [account_id], [])).get(account_id)
    ours = await _tasks(client, there, key)
    theirs = await _holders(client, there, taken_by)
    for task in ours:
        title = task.note.partition("\n")[0]
        if task.state == COMPLETE:
            stays += [] if why in task.note else [f"The Outreach task {title!r} was done by then."]
        elif task.owner not in theirs:
            stays.append(f"The Outreach task {title!r} was given to somebody else since, and stays.")
        else:
            with recording(Change(OUTREACH, f"Task {task.id}", "State", task.state, COMPLETE, "TRN-11")):
                await client.complete_task(task.id, why)
    return stays


@write_task("Take {label} out of the sequences of its move", per_try=True)
async def stop_sequences(account_id: str, sequences: Sequence[str], taken_by: str) -> None:
    """Finish what still goes on of the sequences, from the mailbox of who took the account.

    Args:
        account_id: Salesforce's, 18 characters.
        sequences: their names.
        taken_by: the address of who took the account.
    """
    client = await outreach()
    for sequence in sequences:
        await finish(await _ways(client, account_id, [sequence], taken_by), client, sequence, "TRN-3")


async def left_in_outreach(
    account_id: str, key: str, taken_by: str, sequences: Sequence[str], former: dict[str, str]
) -> Leftovers:
    """What of a move is still there, in so far as an undo had to end it.

    Args:
        account_id: Salesforce's, 18 characters.
        key: of the move.
        taken_by: the address of who took the account.
        sequences: their names.
        former: by `Account 7` or `Prospect 12`, the address of who had it; "" for nobody.
    """
    client = await outreach()
    there = (await known(client, [account_id], [])).get(account_id)
    taker, theirs = await _user_id(client, taken_by), await _holders(client, there, taken_by)
    owners = {} if there is None else {f"Account {there.id}": there.owner.id if there.owner else None} | {
        f"Prospect {one.id}": one.owner for one in there.prospects
    }  # fmt: skip
    return Leftovers(
        open_tasks=tuple(
            one.id for one in await _tasks(client, there, key) if one.state != COMPLETE and one.owner in theirs
        ),
        active_sequences=tuple(one.id for one in await _ways(client, account_id, sequences, taken_by) if one.goes_on),
        owners={
            record: email for record, email in former.items() if email and taker and owners.get(record) == taker
        },
    )  # fmt: skip


async def _tasks(client: OutreachClient, there: InOutreach | None, key: str) -> list[OutreachTask]:
    """The tasks that a move made, in whatever state they are."""
    if there is None:
        return []
    every = await client.tasks_of(*(one.id for one in there.prospects))
    return [one for one in every if f"[{key}:" in one.note]


async def _ways(
    client: OutreachClient, account_id: str, sequences: Iterable[str], taken_by: str
) -> list[SequenceState]:
    """The ways through these sequences that a user's mailbox began with the account's contacts."""
    there = (await known(client, [account_id], sequences)).get(account_id)
    user = await client.user_by_email(taken_by)
    mailbox = await client.mailbox_of(user) if user else None
    return [one for one in there.states if mailbox and one.mailbox == mailbox.id] if there else []


async def _holders(client: OutreachClient, there: InOutreach | None, taken_by: str) -> set[int | None]:
    """Whose tasks are still the move's: of who took the account, and of who has it."""
    return {there.owner.id if there and there.owner else None, await _user_id(client, taken_by)}


async def _user_id(client: OutreachClient, email: str) -> int | None:
    """The user's id there, also of one who is locked and can work no more."""
    user = await client.user_by_email(email)
    return user.id if user else None
