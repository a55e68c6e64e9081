"""Placeholders of no-welcome clients: the true address in their place, and those that were left behind (PUB-6)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from prefect.logging import get_run_logger
from simple_salesforce.format import format_soql

from blocks.common.errors import VendorRefused
from blocks.lms.block import Lms
from blocks.salesforce.block import SalesforceOrg
from rules.common.problems import HumanInputRequired
from rules.common.records import Change
from rules.common.text import normalize
from rules.onboarding.no_welcome import Placeholder, account_id_of, address_taken, is_no_welcome, placeholder_address
from rules.onboarding.write_back import EMAIL
from tasks.core.connections import connection
from tasks.core.effects import recording
from tasks.core.policy import load_policy
from tasks.core.steps import read_task, write_task
from tasks.lms.records import holder_of, left_on
from tasks.salesforce.fields import required, text
from tasks.templates import link

MOST_ACCOUNTS = 2000
"""Accounts of no-welcome clients that are looked at, the newest first: as many as one call answers."""
AT_ONCE = 5
"""Placeholders that are looked up at the same time."""
WHAT_TO_DO = "Run onboarding again for this account's opportunity; it finishes the address."


@dataclass(frozen=True)
class LeftBehind:
    """A user who should have been given the true address, and was not.

    Attributes:
        account_id: Salesforce's, 18 characters.
        account_name: in Salesforce.
        user_id: in the LMS.
        company_id: in the LMS; None when the user belongs to none.
        placeholder: the address that the user has.
    """

    account_id: str
    account_name: str
    user_id: str
    company_id: str | None
    placeholder: str


@write_task("Give {person} the true address in the LMS: {email}")
async def give_address(placeholder: str, email: str, person: str) -> None:
    """Put the true address in the place of the placeholder, which is silent (PUB-6).

    Args:
        placeholder: the address that the super admin was signed up under.
        email: the true one, as decided by ONB-9.
        person: the primary contact's name.

    Raises:
        HumanInputRequired: somebody took the address meanwhile, or another person is on the placeholder.
    """
    lms = (await connection(Lms)).client()
    user = await left_on(lms, Placeholder(placeholder, person))
    if user is None:
        return
    try:
        with recording(Change("LMS", f"User {user.id}", EMAIL, placeholder, email, "PUB-6")):
            await lms.change_email(user.id, email)
    except VendorRefused as refused:
        if refused.code != "email_taken":
            raise
        raise HumanInputRequired([address_taken(user.id, email)]) from None


@read_task("Look for placeholders that were left behind in the LMS")
async def placeholders_left() -> tuple[LeftBehind, ...]:
    """The users of no-welcome clients who are still on their placeholder, by account name (PUB-6).

    One query for the accounts, and a look-up in the LMS for each.
    """
    org, lms, clients = await connection(SalesforceOrg), await connection(Lms), (await load_policy()).no_welcome
    if not clients:
        return ()
    statement = accounts_statement(clients)
    (rows,) = await asyncio.to_thread(lambda: org.client().queries([statement]))
    if len(rows) == MOST_ACCOUNTS:
        get_run_logger().warning("Only the newest %d accounts of no-welcome clients are looked at", MOST_ACCOUNTS)
    found = [(required(row, "Id"), text(row, "Name") or "") for row in rows]
    accounts = sorted(
        (one for one in found if is_no_welcome(*one, clients)), key=lambda one: (normalize(one[1]), one[0])
    )
    gate = asyncio.Semaphore(AT_ONCE)

    async def look(account_id: str, name: str) -> LeftBehind | None:
        async with gate:
            user = await holder_of(lms.client(), placeholder_address(account_id))
        return LeftBehind(account_id, name, user.id, user.company_id, user.email) if user else None

    looked = await asyncio.gather(*(look(*account) for account in accounts))
    return tuple(one for one in looked if one)


def accounts_statement(clients: Sequence[str]) -> str:
    """The SOQL of the accounts that may be those of no-welcome clients; the rule tells which of them are.

    Args:
        clients: names and ids, at least one.
    """
    # However many spaces a name has between its words: the rule takes them for one.
    patterns = ["%".join(format_soql("{:like}", word) for word in client.split()) for client in clients]
    named = [f"Name LIKE '{pattern}%'" for pattern in patterns]
    ids = sorted({found for client in clients if (found := account_id_of(client))})
    where = " OR ".join([*named, *([format_soql("Id IN {}", ids)] if ids else [])])
    return f"SELECT Id, Name FROM Account WHERE {where} ORDER BY CreatedDate DESC, Id LIMIT {MOST_ACCOUNTS}"  # noqa: S608 - names are escaped, ids are checked


async def placeholder_rows(left: Sequence[LeftBehind]) -> list[dict[str, str]]:
    """The rows of a table of what was left behind, with what to do about each."""
    org = await connection(SalesforceOrg)
    return [
        {
            "Account": link(one.account_name or one.account_id, org.record_url(one.account_id)),
            "LMS company": one.company_id or "none",
            "LMS user": one.user_id,
            "Address": one.placeholder,
            "What to do": WHAT_TO_DO,
        }
        for one in left
    ]
