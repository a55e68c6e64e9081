"""What must be in Outreach before an account moves there; what is missing is reported to the person who can add it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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
OPEN = ("pending", "incomplete")
"""States of a task that is still to be done."""


@dataclass(frozen=True)
class InOutreach:
    """What Outreach knows of an account.

    Attributes:
        id: of its account.
        owner: who has it there; None when nobody does.
        prospects: its contacts, each with the id of its owner.
        open_tasks: about the account or one of its prospects, whoever is to do them.
        states: where its prospects stand in the sequences that were asked about, the oldest first.
        emails: of the users who own any of it, by their ids.
    """

    id: int
    owner: User | None
    prospects: tuple[Prospect, ...]
    open_tasks: tuple[OutreachTask, ...]
    states: tuple[SequenceState, ...]
    emails: Mapping[int, str]


async def user_of(client: OutreachClient, email: str) -> User:
    """The user with this address, who can work.

    Raises:
        VendorRefused: nobody has it, or the user is locked.
    """
    user = await client.user_by_email(email)
    if user is None:
        raise refused(f"nobody there has the address {email}", "An Outreach administrator adds this user")
    if user.locked:
        raise refused(f"the user {email} is locked", "An Outreach administrator unlocks it")
    return user


async def account_of(client: OutreachClient, account_id: str) -> Account:
    """The account of a Salesforce account.

    Raises:
        VendorRefused: there is none, or more than one.
    """
    account = await client.account_by_custom_id(account_id)
    if account is None:
        told = f"no account there has the custom id {account_id}"
        raise refused(told, "CS Operations let Outreach synchronize the Salesforce account")
    return account


async def mailbox_of(client: OutreachClient, user: User) -> Mailbox:
    """The mailbox a user sends from, whether it can or not.

    Raises:
        VendorRefused: the user has none.
    """
    mailbox = await client.mailbox_of(user)
    if mailbox is None:
        raise refused(f"{user.email} has no mailbox there", f"{user.email} connects one in Outreach")
    return mailbox


async def sequence_named(client: OutreachClient, name: str) -> OutreachSequence:
    """The sequence of this name, whether it is enabled or not.

    Raises:
        VendorRefused: there is none.
    """
    sequence = await client.sequence_by_name(name)
    if sequence is None:
        told = f"there is no sequence {name!r}"
        raise refused(told, "CS Operations create it in Outreach, or correct its name in the policy block")
    return sequence


async def template_named(client: OutreachClient, name: str) -> int:
    """The id of the template of this name.

    Raises:
        VendorRefused: there is none.
    """
    template = await client.template_by_name(name)
    if template is None:
        raise refused(f"there is no template {name!r}", "CS Operations create it in Outreach")
    return template.id


def check_can_start(prospect: Prospect, sequence: OutreachSequence, mailbox: Mailbox) -> None:
    """Refuse what Outreach would refuse, saying who can put it right.

    Raises:
        VendorRefused: the prospect has opted out, the sequence is not enabled, or the mailbox cannot send.
    """
    if not sequence.enabled:
        raise refused(f"the sequence {sequence.name!r} is not enabled", "CS Operations enable it in Outreach")
    if not mailbox.can_send:
        told = f"the mailbox {mailbox.email} cannot send"
        raise refused(told, "Its user, or an Outreach administrator, connects it again")
    if prospect.opted_out:
        told = f"{prospect.name or 'the prospect'} ({prospect.id}) has opted out of mails"
        raise refused(told, "The CSM writes to another contact of the account, or calls")


def check_goes_on(state: SequenceState, sequence: OutreachSequence) -> None:
    """Refuse a state that stands still.

    Raises:
        VendorRefused: with Outreach's reason.
    """
    if state.state in FAILED:
        told = f"prospect {state.prospect} is {state.state} in the sequence {sequence.name!r}"
        raise refused(f"{told}: {state.error or 'no reason is told'}", "The CSM puts it right in Outreach")


def refused(what: str, who_does_what: str) -> VendorRefused:
    """The error for something that people must put right in Outreach."""
    return VendorRefused(OUTREACH, f"{what}. {who_does_what}, then press Retry")


async def known(client: OutreachClient, account_ids: Iterable[str], sequences: Iterable[str]) -> dict[str, InOutreach]:
    """What Outreach knows of these Salesforce accounts, by their ids; six calls for fifty, and one a sequence."""
    accounts = await client.accounts_by_custom_id(list(account_ids))
    rows = [await client.sequence_by_name(name) for name in sequences]
    numbers = [account.id for account in accounts.values()]
    prospects = await client.prospects_of_account(*numbers)
    contacts = [one.id for one in prospects]
    tasks = [
        *await client.tasks_of(*contacts, state=",".join(OPEN)),
        *await client.tasks_of_account(*numbers, state=",".join(OPEN)),
    ]
    states = await client.sequence_states(contacts, [row.id for row in rows if row])
    held: list[Account | Prospect | OutreachTask] = [*accounts.values(), *prospects, *tasks]
    owners = {user.id: user for user in await client.users({one.owner for one in held if one.owner})}
    return {account_id: _of_one(account, owners, prospects, tasks, states) for account_id, account in accounts.items()}


def _of_one(
    account: Account,
    owners: Mapping[int, User],
    prospects: Iterable[Prospect],
    tasks: Iterable[OutreachTask],
    states: Iterable[SequenceState],
) -> InOutreach:
    own = tuple(one for one in prospects if one.account == account.id)
    contacts = {one.id for one in own}
    about = {task.id: task for task in tasks if task.prospect in contacts or task.account == account.id}
    return InOutreach(
        id=account.id,
        owner=owners.get(account.owner or 0),
        prospects=own,
        open_tasks=tuple(about.values()),
        states=tuple(one for one in states if one.prospect in contacts),
        emails={user.id: user.email for user in owners.values()},
    )
