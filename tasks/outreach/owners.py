"""The steps that change the owners of an account and its prospects in Outreach (TRN-10)."""

from collections.abc import Iterable, Mapping

from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import Account, Prospect, User
from rules.common.records import Change
from rules.common.text import normalize
from tasks.core.effects import recording
from tasks.core.steps import write_task
from tasks.outreach.login import outreach
from tasks.outreach.records import OUTREACH, account_of, user_of
from tasks.runs.audit import record_earlier_attempt

Move = tuple[Account | Prospect, Change]
OWNERS_KEY = "outreach-owners-"
"""The key under which a run saves its planned changes of owners: this, and the id of the account in Outreach."""


async def planned_owners(client: OutreachClient, account: Account, user: User) -> list[Move]:
    """The account and those of its prospects that another user owns, each with the change to this user."""
    records = [record for record in await _records(client, account) if record.owner != user.id]
    emails = await _owner_emails(client, records)
    return [(record, _change(record, emails.get(record.owner or 0, ""), user.email)) for record in records]


@write_task("Hand {label} over in Outreach", per_try=True)
async def hand_over_in_outreach(account_id: str, csm_email: str) -> None:
    """Make the CSM the owner of the account and of each of its prospects (TRN-10).

    Outreach moves the account's open tasks to the new owner.

    Args:
        account_id: of Salesforce, 18 characters.
        csm_email: of the new CSM in Outreach.

    Raises:
        VendorRefused: Outreach does not have the account or the user.
    """
    client = await outreach()
    user, account = await user_of(client, csm_email), await account_of(client, account_id)
    moves = await planned_owners(client, account, user)
    await record_earlier_attempt(f"{OWNERS_KEY}{account.id}", [change for _, change in moves])
    for record, change in moves:
        await _move(client, record, user, change)


@write_task("Restore {label} in Outreach", per_try=True)
async def restore_in_outreach(account_id: str, former: dict[str, str], csm_email: str) -> list[str]:
    """Restore the former owners of the account and its prospects; a sentence for each that is not restored.

    Args:
        account_id: of Salesforce, 18 characters.
        former: by `Account 7` or `Prospect 12`, the e-mail address of the former owner; "" for none, which Outreach
            does not accept.
        csm_email: of the new CSM; records of other owners are not changed.

    Raises:
        VendorRefused: Outreach does not have the account or a former owner.
    """
    client = await outreach()
    account, new_csm = await account_of(client, account_id), await client.user_by_email(csm_email)
    records = await _records(client, account)
    moves = [
        (record, _change(record, csm_email, email))
        for record in records
        if new_csm and record.owner == new_csm.id and (email := former.get(_name(record)))
    ]
    await record_earlier_attempt(f"{OWNERS_KEY}{account.id}", [change for _, change in moves])
    kept = await _not_restored(client, records, former, new_csm)
    for record, change in moves:
        await _move(client, record, await user_of(client, change.after), change)
    return kept


async def _records(client: OutreachClient, account: Account) -> list[Account | Prospect]:
    """The account and its prospects."""
    return [account, *await client.prospects_of_account(account.id)]


async def _owner_emails(client: OutreachClient, records: Iterable[Account | Prospect]) -> dict[int, str]:
    """The e-mail addresses of the owners, by their ids."""
    return {user.id: user.email for user in await client.users({record.owner for record in records if record.owner})}


async def _not_restored(
    client: OutreachClient, records: Iterable[Account | Prospect], former: Mapping[str, str], new_csm: User | None
) -> list[str]:
    """A sentence for each record of the move whose former owner is not restored."""
    of_move = [record for record in records if _name(record) in former]
    emails = await _owner_emails(client, of_move)
    sentences = []
    for record in of_move:
        name, before, now = _name(record), former[_name(record)], emails.get(record.owner or 0, "")
        if new_csm and record.owner == new_csm.id:
            sentences += [] if before else [f"Outreach {name} had no owner before the move and stays with {now}."]
        elif normalize(now) != normalize(before):
            sentences.append(f"Outreach {name} was given to {now or 'nobody'} after the move and is kept.")
    return sentences


def _name(record: Account | Prospect) -> str:
    return f"{'Account' if isinstance(record, Account) else 'Prospect'} {record.id}"


def _change(record: Account | Prospect, before: str, after: str) -> Change:
    return Change(OUTREACH, _name(record), "Owner", before, after, "TRN-10")


async def _move(client: OutreachClient, record: Account | Prospect, user: User, change: Change) -> None:
    with recording(change):
        await (client.move_account if isinstance(record, Account) else client.move_prospect)(record.id, user.id)
