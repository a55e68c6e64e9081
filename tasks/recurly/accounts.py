"""Find the customer's account in Recurly, which Recurly normally creates by itself (ONB-12)."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TypedDict
from zoneinfo import ZoneInfo

from blocks.policy.block import TAKE_CLOSED, Policy
from blocks.recurly.block import RecurlyClient, RecurlySite
from rules.common.problems import Choice, HumanInputRequired, Problem, Responsible
from rules.common.records import RecurlyAccount
from rules.common.text import strip
from rules.onboarding.recurly_match import TOPIC, Candidate, match_by_name, taken_by_name, undecided
from rules.onboarding.write_back import billing_url
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.recurly.subscriptions import subscription_of
from tasks.runs.looking import Awaited, look_until_there

CLOSED_TOPIC = "closed Recurly account"
"""The decision of CS Operations about a closed account, where the policy asks them."""
CLOSED = "inactive"
"""Recurly's state of a closed account."""


class BilledCustomer(TypedDict):
    """A Recurly account: its id and its page for staff, never the customer's log-in link.

    Attributes:
        trouble: a sentence about what is wrong with the account; "" for an open account.
        is_closed: whether the account is closed, so that nothing is billed to it.
    """

    id: str
    billing_url: str
    trouble: str
    is_closed: bool


@read_task("Find the Recurly account of {company_name}")
async def recurly_account(
    account_id: str, company_name: str, known_id: str | None, known_url: str | None, chosen: Mapping[str, str]
) -> BilledCustomer:
    """Wait for the account whose code is the Salesforce account id; then look for one with the company's name.

    An id and a billing URL that are on the Salesforce account already are used unchanged: a person may have chosen
    them.

    Args:
        account_id: of Salesforce, 18 characters.
        company_name: the name of the Salesforce account.
        known_id: the Recurly account id on the Salesforce account.
        known_url: the billing URL on the Salesforce account.
        chosen: the decisions of CS Operations by topic, each the id of a Recurly account.

    Raises:
        HumanInputRequired: CS Operations must decide: no account, or several, have the name, or the account is closed.
        NotThereYet: the run ends its process, and looks again later.
    """
    site, policy = await connection(RecurlySite), await connection(Policy)
    asks = policy.closed_recurly_account != TAKE_CLOSED
    if (known_id := strip(known_id)) and (known_url := strip(known_url)):
        known = await asyncio.to_thread(lambda: site.client().account(known_id))
        if known is None:
            return BilledCustomer(id=known_id, billing_url=known_url, trouble=_unknown(known_id), is_closed=False)
        return _billed(_account(known, ZoneInfo(policy.time_zone)), known_url, chosen, asks=asks)
    awaited = Awaited("Recurly", f"account with the code {account_id}", account_id, policy.recurly_wait_seconds)
    zone = ZoneInfo(policy.time_zone)
    account = await look_until_there(awaited, partial(_account_by_code, site, account_id, zone))
    if account is None:
        accounts = await asyncio.to_thread(lambda: [_account(row, zone) for row in site.client().accounts()])
        matches = match_by_name(company_name, accounts)
        account = taken_by_name(matches, chosen.get(TOPIC, ""))
        if account is None:
            candidates = await asyncio.to_thread(lambda: [_candidate(site, match, zone) for match in matches])
            raise HumanInputRequired([undecided(account_id, company_name, candidates)])
    url = billing_url(site.billing_url_template, site.subdomain, account.code)
    return _billed(account, url, chosen, asks=asks)


def _billed(account: RecurlyAccount, url: str, chosen: Mapping[str, str], *, asks: bool) -> BilledCustomer:
    """The account for the customer; the policy says whether a closed one is used without a question (ONB-12).

    Raises:
        HumanInputRequired: the account is closed, and CS Operations must decide.
    """
    decided = account.id in (chosen.get(CLOSED_TOPIC), chosen.get(TOPIC))
    if not account.is_open and asks and not decided:
        raise HumanInputRequired([_closed(account)])
    closed = f"The Recurly account {account.code} is closed: nothing is billed to it. (ONB-12)"
    trouble = "" if account.is_open else closed
    return BilledCustomer(id=account.id, billing_url=url, trouble=trouble, is_closed=not account.is_open)


def _unknown(known_id: str) -> str:
    return f"The Salesforce account has the Recurly account id {known_id}, which Recurly does not know. (ONB-12)"


def _closed(account: RecurlyAccount) -> Problem:
    return Problem(
        Responsible.CS_OPS,
        "Recurly account",
        "",
        "State",
        f"closed (account {account.code})",
        "Reopen it in Recurly, or take the closed account.",
        "ONB-12",
        topic=CLOSED_TOPIC,
        choices=(Choice(account.id, f"Take the closed account {account.code}"),),
    )


async def _account_by_code(site: RecurlySite, code: str, zone: ZoneInfo) -> RecurlyAccount | None:
    def look() -> RecurlyAccount | None:
        client: RecurlyClient = site.client()
        row = client.account_by_code(code)
        return _account(row, zone) if row else None

    return await asyncio.to_thread(look)


def _account(row: dict[str, str | None], zone: ZoneInfo) -> RecurlyAccount:
    created = row["created_at"]
    return RecurlyAccount(
        id=str(row["id"]),
        code=str(row["code"]),
        company=row["company"],
        is_open=row["state"] != CLOSED,
        email=row["email"],
        created=datetime.fromisoformat(created).astimezone(zone).date() if created else None,
    )


def _candidate(site: RecurlySite, account: RecurlyAccount, zone: ZoneInfo) -> Candidate:
    subscriptions = tuple(subscription_of(row, zone) for row in site.client().subscriptions(account.id))
    return Candidate(account, subscriptions, billing_url(site.billing_url_template, site.subdomain, account.code))
