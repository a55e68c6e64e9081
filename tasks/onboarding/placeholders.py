"""Placeholder addresses of clients without a welcome e-mail: replace them, and find remaining ones (PUB-6)."""

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
from tasks.lms.records import holder_of, user_on_placeholder
from tasks.salesforce.fields import required, text
from tasks.salesforce.queries import run_queries, select
from tasks.templates import link

MOST_ACCOUNTS = 2000
"""Accounts of clients without a welcome e-mail that are checked, newest first: as many as one page holds."""
AT_ONCE = 5
"""Placeholders that are looked up at the same time in the LMS."""
WHAT_TO_DO = "Run onboarding again for this account's opportunity; it sets the true address."


@dataclass(frozen=True)
class RemainingPlaceholder:
    """A user who still has the placeholder instead of the true address.

    Attributes:
        account_id: of Salesforce, 18 characters.
        account_name: in Salesforce.
        user_id: of the LMS.
        company_id: of the LMS; None when the user has no company.
        placeholder: the user's present address.
    """

    account_id: str
    account_name: str
    user_id: str
    company_id: str | None
    placeholder: str


@write_task("Give {person} the true address in the LMS: {email}")
async def replace_placeholder(placeholder: str, email: str, person: str) -> None:
    """Replace the super admin's placeholder by the true address; the LMS sends no e-mail for that (PUB-6).

    Args:
        placeholder: the address at the sign-up.
        email: the true address, chosen by ONB-9.
        person: the primary contact's name.

    Raises:
        HumanInputRequired: another user has the address now, or another person has the placeholder.
    """
    lms = (await connection(Lms)).client()
    user = await user_on_placeholder(lms, Placeholder(placeholder, person))
    if user is None:
        return
    try:
        with recording(Change("LMS", f"User {user.id}", EMAIL, placeholder, email, "PUB-6")):
            await lms.change_email(user.id, email)
    except VendorRefused as refused:
        if refused.code != "email_taken":
            raise
        raise HumanInputRequired([address_taken(user.id, email)]) from None


@read_task("Find remaining placeholders in the LMS")
async def remaining_placeholders() -> tuple[RemainingPlaceholder, ...]:
    """The users who still have a placeholder, by account name (PUB-6).

    It takes one call for the accounts, and one call to the LMS for each account.
    """
    lms, clients = await connection(Lms), (await load_policy()).no_welcome
    if not clients:
        return ()
    (rows,) = await run_queries([accounts_statement(clients)])
    if len(rows) == MOST_ACCOUNTS:
        get_run_logger().warning(
            "Only the newest %d accounts of clients without a welcome e-mail are checked", len(rows)
        )
    candidates = [(required(row, "Id"), text(row, "Name") or "") for row in rows]
    accounts = [account for account in candidates if is_no_welcome(*account, clients)]
    accounts.sort(key=lambda account: (normalize(account[1]), account[0]))
    gate = asyncio.Semaphore(AT_ONCE)

    async def look_up(account_id: str, name: str) -> RemainingPlaceholder | None:
        async with gate:
            user = await holder_of(lms.client(), placeholder_address(account_id))
        return RemainingPlaceholder(account_id, name, user.id, user.company_id, user.email) if user else None

    placeholders = await asyncio.gather(*(look_up(*account) for account in accounts))
    return tuple(placeholder for placeholder in placeholders if placeholder)


def accounts_statement(clients: Sequence[str]) -> str:
    """The SOQL of accounts that may be on the list of clients without a welcome e-mail; `is_no_welcome` decides.

    Args:
        clients: names and ids of the list, at least one.
    """
    # The rule ignores how many spaces stand between two words.
    patterns = ["%".join(format_soql("{:like}", word) for word in client.split()) for client in clients]
    named = [f"Name LIKE '{pattern}%'" for pattern in patterns]
    ids = sorted({account_id for client in clients if (account_id := account_id_of(client))})
    where = " OR ".join([*named, *([format_soql("Id IN {}", ids)] if ids else [])])
    return select(("Id", "Name"), "Account", f"WHERE {where} ORDER BY CreatedDate DESC, Id LIMIT {MOST_ACCOUNTS}")


async def placeholder_rows(placeholders: Sequence[RemainingPlaceholder]) -> list[dict[str, str]]:
    """The table rows of remaining placeholders, with what to do about each."""
    org = await connection(SalesforceOrg)
    return [
        {
            "Account": link(user.account_name or user.account_id, org.record_url(user.account_id)),
            "LMS company": user.company_id or "none",
            "LMS user": user.user_id,
            "Address": user.placeholder,
            "What to do": WHAT_TO_DO,
        }
        for user in placeholders
    ]
