"""Read Outreach for a move; what is missing is reported to the person who can add it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from blocks.common.errors import VendorRefused
from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import (
    FAILED,
    Account,
    Mailbox,
    OutreachSequence,
    OutreachTask,
    Prospect,
    SequenceState,
    User,
)

OUTREACH = "Outreach"
OPEN = "pending,incomplete"
"""The states of an open task, as a filter."""
T = TypeVar("T")


@dataclass(frozen=True)
class OutreachAccount:
    """An account in Outreach.

    Attributes:
        id: of the account in Outreach.
        owner: None when it has none.
        prospects: its contacts.
        open_tasks: about the account or one of its prospects, of any owner.
        states: of its prospects in the sequences that were asked for, the oldest first.
        emails: of the owners of account, prospects and tasks, by their ids.
    """

    id: int
    owner: User | None
    prospects: tuple[Prospect, ...]
    open_tasks: tuple[OutreachTask, ...]
    states: tuple[SequenceState, ...]
    emails: Mapping[int, str]


async def user_of(client: OutreachClient, email: str) -> User:
    """The user with this e-mail address.

    Raises:
        VendorRefused: nobody has it, or the user is locked.
    """
    problem = f"nobody there has the address {email}"
    user = _required(await client.user_by_email(email), problem, "An Outreach administrator adds this user")
    if user.locked:
        raise refused(f"the user {email} is locked", "An Outreach administrator unlocks it")
    return user


async def account_of(client: OutreachClient, account_id: str) -> Account:
    """The account of a Salesforce account.

    Raises:
        VendorRefused: there is none, or more than one.
    """
    account, remedy = await client.account_by_custom_id(account_id), "CS Operations synchronize it from Salesforce"
    return _required(account, f"no account there has the custom id {account_id}", remedy)


async def mailbox_of(client: OutreachClient, user: User) -> Mailbox:
    """The mailbox of a user, whether it can send or not.

    Raises:
        VendorRefused: the user has none.
    """
    problem, remedy = f"{user.email} has no mailbox there", f"{user.email} connects one in Outreach"
    return _required(await client.mailbox_of(user), problem, remedy)


async def sequence_named(client: OutreachClient, name: str) -> OutreachSequence:
    """The sequence of this name, whether it is enabled or not.

    Raises:
        VendorRefused: there is none.
    """
    remedy = "CS Operations create it in Outreach, or correct its name in the policy block"
    return _required(await client.sequence_by_name(name), f"there is no sequence {name!r}", remedy)


async def template_named(client: OutreachClient, name: str) -> int:
    """The id of the template of this name.

    Raises:
        VendorRefused: there is none.
    """
    problem, remedy = f"there is no template {name!r}", "CS Operations create it in Outreach"
    return _required(await client.template_by_name(name), problem, remedy).id


def check_can_start(prospect: Prospect, sequence: OutreachSequence, mailbox: Mailbox) -> None:
    """Refuse to start a sequence that cannot work, and name the person who can correct it.

    Raises:
        VendorRefused: the prospect has opted out, the sequence is not enabled, or the mailbox cannot send.
    """
    if not sequence.enabled:
        raise refused(f"the sequence {sequence.name!r} is not enabled", "CS Operations enable it in Outreach")
    if not mailbox.can_send:
        remedy = "Its user, or an Outreach administrator, connects it again"
        raise refused(f"the mailbox {mailbox.email} cannot send", remedy)
    if prospect.opted_out:
        problem = f"{prospect.name or 'the prospect'} ({prospect.id}) has opted out of mails"
        raise refused(problem, "The CSM writes to another contact of the account, or calls")


def check_goes_on(state: SequenceState, sequence: OutreachSequence) -> None:
    """Refuse a sequence state that has failed.

    Raises:
        VendorRefused: with Outreach's reason.
    """
    if state.state in FAILED:
        problem = f"prospect {state.prospect} is {state.state} in the sequence {sequence.name!r}"
        raise refused(f"{problem}: {state.error or 'Outreach gives no reason'}", "The CSM corrects it in Outreach")


def refused(problem: str, remedy: str) -> VendorRefused:
    """The error for something that people must correct in Outreach."""
    return VendorRefused(OUTREACH, f"{problem}. {remedy}, then press Retry")


def _required(record: T | None, problem: str, remedy: str) -> T:
    if record is None:
        raise refused(problem, remedy)
    return record


async def read_account(
    client: OutreachClient, account_id: str, sequences: Iterable[str] = ()
) -> OutreachAccount | None:
    """The account of one Salesforce account, as `read_accounts`; None when Outreach does not have it."""
    return (await read_accounts(client, [account_id], sequences)).get(account_id)


async def read_accounts(
    client: OutreachClient, account_ids: Iterable[str], sequences: Iterable[str]
) -> dict[str, OutreachAccount]:
    """The accounts by the ids of their Salesforce accounts; six calls for fifty of them, and one for each sequence.

    Args:
        client: of Outreach.
        account_ids: 18 characters; an account that Outreach does not have is missing.
        sequences: names of the sequences whose states are read; unknown names are ignored.
    """
    accounts = await client.accounts_by_custom_id(list(account_ids))
    rows = [await client.sequence_by_name(name) for name in sequences]
    numbers = [account.id for account in accounts.values()]
    prospects = await client.prospects_of_account(*numbers)
    contacts = [prospect.id for prospect in prospects]
    tasks = [
        *await client.tasks_of(*contacts, state=OPEN),
        *await client.tasks_of_account(*numbers, state=OPEN),
    ]
    states = await client.sequence_states(contacts, [row.id for row in rows if row])
    records: list[Account | Prospect | OutreachTask] = [*accounts.values(), *prospects, *tasks]
    users = {user.id: user for user in await client.users({record.owner for record in records if record.owner})}
    return {account_id: _account(row, users, prospects, tasks, states) for account_id, row in accounts.items()}


def _account(
    account: Account,
    users: Mapping[int, User],
    prospects: Iterable[Prospect],
    tasks: Iterable[OutreachTask],
    states: Iterable[SequenceState],
) -> OutreachAccount:
    own = tuple(prospect for prospect in prospects if prospect.account == account.id)
    contacts = {prospect.id for prospect in own}
    about = {task.id: task for task in tasks if task.prospect in contacts or task.account == account.id}
    return OutreachAccount(
        id=account.id,
        owner=users.get(account.owner or 0),
        prospects=own,
        open_tasks=tuple(about.values()),
        states=tuple(state for state in states if state.prospect in contacts),
        emails={user.id: user.email for user in users.values()},
    )
