"""The steps that change who has an account and its contacts in Outreach (TRN-10)."""

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


@write_task("Hand {label} over in Outreach")
async def hand_over_in_outreach(account_id: str, csm_email: str) -> None:
    """Make the CSM the owner of the account and of each of its prospects, where somebody else is (TRN-10).

    Outreach itself moves the account's open tasks along.

    Args:
        account_id: Salesforce's, 18 characters.
        csm_email: of the new CSM, as Outreach knows it.

    Raises:
        VendorRefused: the account or the user is unknown there.
    """
    client = await outreach()
    user, account = await user_of(client, csm_email), await account_of(client, account_id)
    held: list[Account | Prospect] = [account, *await client.prospects_of_account(account.id)]
    others = [one for one in held if one.owner != user.id]
    names = {one.id: one.email for one in await client.users({one.owner for one in others if one.owner})}
    moves = [(one, _change(one, names.get(one.owner or 0, ""), user.email)) for one in others]
    await record_earlier_attempt(f"outreach-owners-{account.id}", [change for _, change in moves])
    for one, change in moves:
        await _move(client, one, user, change)


@write_task("Give {label} back in Outreach", per_try=True)
async def give_back_in_outreach(account_id: str, former: dict[str, str], taken_by: str) -> list[str]:
    """Make the former owners of the account and its prospects their owners again; what stays, a sentence each.

    Args:
        account_id: Salesforce's, 18 characters.
        former: by `Account 7` or `Prospect 12`, the address of who had it; "" for nobody, which Outreach cannot enter.
        taken_by: the address of who has it by the transition; what others have stays.

    Raises:
        VendorRefused: somebody is unknown there.
    """
    client = await outreach()
    account, taker = await account_of(client, account_id), await client.user_by_email(taken_by)
    held: list[Account | Prospect] = [account, *await client.prospects_of_account(account.id)]
    moves = [
        (one, _change(one, taken_by, email))
        for one in held
        if taker and one.owner == taker.id and (email := former.get(_name(one)))
    ]
    await record_earlier_attempt(f"outreach-owners-{account.id}", [change for _, change in moves])
    stays = list(await _not_ours(client, held, former, taker))
    for one, change in moves:
        await _move(client, one, await user_of(client, change.after), change)
    return stays


async def _not_ours(
    client: OutreachClient, held: Iterable[Account | Prospect], former: Mapping[str, str], taker: User | None
) -> Iterable[str]:
    """What is not given back, and why, a sentence each."""
    of_move = [one for one in held if _name(one) in former]
    names = {one.id: one.email for one in await client.users({one.owner for one in of_move if one.owner})}
    said = []
    for one in of_move:
        before, now = former[_name(one)], names.get(one.owner or 0, "")
        if taker and one.owner == taker.id:
            said += [] if before else [f"Outreach {_name(one)} had no owner before, and stays with {now}."]
        elif normalize(now) != normalize(before):
            said.append(f"Outreach {_name(one)} was given to {now or 'nobody'} since, and stays.")
    return said


def _name(held: Account | Prospect) -> str:
    return f"{'Account' if isinstance(held, Account) else 'Prospect'} {held.id}"


def _change(held: Account | Prospect, before: str, after: str) -> Change:
    return Change(OUTREACH, _name(held), "Owner", before, after, "TRN-10")


async def _move(client: OutreachClient, held: Account | Prospect, user: User, change: Change) -> None:
    with recording(change):
        await (client.move_account if isinstance(held, Account) else client.move_prospect)(held.id, user.id)
