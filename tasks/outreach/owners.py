"""The steps that change who has an account and its contacts in Outreach (TRN-10)."""

from collections.abc import Iterable, Mapping

from blocks.outreach.block import OutreachClient
from blocks.outreach.responses import Account, Prospect, User
from rules.common.records import Change
from rules.common.text import normalize
from tasks.core.steps import write_task
from tasks.outreach.login import outreach
from tasks.outreach.records import OUTREACH, account_of, user_of
from tasks.outreach.undo import Ended
from tasks.runs.audit import Effect, effects, effects_of_earlier_attempt, record_if_unknown, record_partial


@write_task("Hand {account_name} over to {csm_name} in Outreach", not_in_key=("account_name", "csm_name"))
async def hand_over_in_outreach(account_id: str, csm_email: str, *, account_name: str, csm_name: str) -> list[Effect]:  # noqa: ARG001 - the names are for the run's title
    """Make the CSM the owner of the account and of each of its prospects, where somebody else is (TRN-10).

    Outreach itself moves the account's open tasks along.

    Args:
        account_id: Salesforce's, 18 characters.
        csm_email: of the new CSM, as Outreach knows it.
        account_name: for people.
        csm_name: for people.

    Raises:
        VendorRefused: the account or the user is unknown there.
    """
    client = await outreach()
    user, account = await user_of(client, csm_email), await account_of(client, account_id)
    held: list[Account | Prospect] = [account, *await client.prospects_of_account(account.id)]
    others = [one for one in held if one.owner != user.id]
    names = {one.id: one.email for one in await client.users({one.owner for one in others if one.owner})}
    moves = [(one, _change(one, names.get(one.owner or 0, ""), user.email)) for one in others]
    done = await effects_of_earlier_attempt(f"outreach-owners-{account.id}", [change for _, change in moves])
    with record_partial(done):
        for one, change in moves:
            done += await _move(client, one, user, change)
    return done


@write_task("Give {account_name} back in Outreach", not_in_key=("account_name",))
async def give_back_in_outreach(
    account_id: str,
    former: dict[str, str],
    taken_by: str,
    *,
    account_name: str,  # noqa: ARG001 - for the run's title
    try_id: str,  # noqa: ARG001 - what came back since the last try is given back again
) -> Ended:
    """Make those who had the account and its prospects their owners again, where the taker still is.

    Args:
        account_id: Salesforce's, 18 characters.
        former: by `Account 7` or `Prospect 12`, the address of who had it; "" for nobody, which Outreach cannot enter.
        taken_by: the address of who has it by the transition.
        account_name: for people.
        try_id: of the run.

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
    done = await effects_of_earlier_attempt(f"outreach-owners-{account.id}", [change for _, change in moves])
    ended = Ended(effects=done, stays=list(await _not_ours(client, held, former, taker)))
    with record_partial(done):
        for one, change in moves:
            done += await _move(client, one, await user_of(client, change.after), change)
    return ended


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


async def _move(client: OutreachClient, held: Account | Prospect, user: User, change: Change) -> list[Effect]:
    with record_if_unknown([change]):
        await (client.move_account if isinstance(held, Account) else client.move_prospect)(held.id, user.id)
    return effects([change])
