"""The steps that end in Outreach what a transition began there: its tasks and its sequences (TRN-10)."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from blocks.outreach.block import OutreachClient
from blocks.outreach.records import COMPLETE, OutreachTask, SequenceState
from rules.common.records import Change
from rules.transition.undo import Leftovers
from tasks.core.steps import read_task, write_task
from tasks.outreach.login import outreach
from tasks.outreach.records import OUTREACH, InOutreach, known
from tasks.outreach.sequences import finish
from tasks.runs.audit import Effect, effects, record_if_unknown, record_partial


class Ended(TypedDict):
    """What was ended, and what stays because it cannot be taken back, a sentence each."""

    effects: list[Effect]
    stays: list[str]


@write_task("Complete the tasks that the move of {account_name} made", not_in_key=("account_name", "why"))
async def complete_tasks(
    account_id: str,
    key: str,
    taken_by: str,
    *,
    account_name: str,  # noqa: ARG001 - for the run's title
    why: str,
    try_id: str,  # noqa: ARG001 - what was opened again since the last try is ended again
) -> Ended:
    """Mark every open task of a move as complete, with a note; one that went to somebody else stays, and is named.

    Args:
        account_id: Salesforce's, 18 characters.
        key: of the move; it stands in the notes of its tasks.
        taken_by: the address of who took the account: the tasks are theirs, or went back with the account.
        account_name: for people.
        why: the note.
        try_id: of the run.
    """
    client, ended = await outreach(), Ended(effects=[], stays=[])
    there = (await known(client, [account_id], [])).get(account_id)
    ours = await _tasks(client, there, key)
    theirs = await _holders(client, there, taken_by)
    with record_partial(ended["effects"]):
        for task in ours:
            title = task.note.partition("\n")[0]
            if task.state == COMPLETE:
                ended["stays"] += [] if why in task.note else [f"The Outreach task {title!r} was done by then."]
            elif task.owner not in theirs:
                ended["stays"].append(f"The Outreach task {title!r} was given to somebody else since, and stays.")
            else:
                ended["effects"] += await _complete(client, task, why)
    return ended


async def _complete(client: OutreachClient, task: OutreachTask, why: str) -> list[Effect]:
    wanted = Change(OUTREACH, f"Task {task.id}", "State", task.state, COMPLETE, "TRN-11")
    with record_if_unknown([wanted]):
        await client.complete_task(task.id, why)
    return effects([wanted])


@write_task("Take {account_name} out of the sequences of its move", not_in_key=("account_name",))
async def stop_sequences(
    account_id: str,
    sequences: Sequence[str],
    taken_by: str,
    *,
    account_name: str,  # noqa: ARG001 - for the run's title
    try_id: str,  # noqa: ARG001 - what was begun again since the last try is ended again
) -> list[Effect]:
    """Finish what still goes on of the sequences, from the mailbox of who took the account.

    Args:
        account_id: Salesforce's, 18 characters.
        sequences: their names.
        taken_by: the address of who took the account.
        account_name: for people.
        try_id: of the run.
    """
    client = await outreach()
    done: list[Effect] = []
    for sequence in sequences:
        await finish(await _ways(client, account_id, [sequence], taken_by), client, sequence, "TRN-3", done)
    return done


@read_task("See what is left in Outreach of the move of {account_name}")
async def left_in_outreach(
    account_id: str,
    key: str,
    taken_by: str,
    sequences: Sequence[str],
    former: dict[str, str],
    *,
    account_name: str,  # noqa: ARG001 - for the run's title
) -> Leftovers:
    """What of a move is still there, in so far as an undo had to end it.

    Args:
        account_id: Salesforce's, 18 characters.
        key: of the move.
        taken_by: the address of who took the account.
        sequences: their names.
        former: by `Account 7` or `Prospect 12`, the address of who had it; "" for nobody.
        account_name: for people.
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
