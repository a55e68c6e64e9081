"""The step against Recurly: the customer's account there, which normally appears by itself (ONB-12)."""

import asyncio
import time
from typing import TypedDict

from blocks.policy import Policy
from blocks.recurly import RecurlyClient, RecurlySite
from rules.problems import Choice, NeedsPeople, Problem, Who
from rules.records import RecurlyAccount
from rules.recurly_match import match_by_name
from rules.write_back import billing_url
from tasks.connections import connection
from tasks.steps import reading

TOPIC = "Recurly account"
"""What CS Operations decide where several accounts have the customer's name (ONB-12)."""


class BilledCustomer(TypedDict):
    """A Recurly account: its id, and its staff page (never the customer's own log-in link)."""

    id: str
    billing_url: str


@reading("Find the Recurly account of {company_name}")
async def recurly_account(
    account_id: str, company_name: str, known_id: str | None, known_url: str | None, chosen_id: str = ""
) -> BilledCustomer:
    """Wait for the account whose code is the Salesforce account id; then look for one of the same company name.

    What Salesforce has on the account already, id and billing URL, is taken as it is: a person may have decided it.

    Args:
        account_id: 18 characters.
        company_name: the account's name.
        known_id: what the account has as Recurly account id.
        known_url: what it has as billing URL.
        chosen_id: the account that CS Operations chose among several of that name.

    Raises:
        NeedsPeople: none came and none, or several, have the name: CS Ops decide, nothing is guessed.
    """
    if known_id and known_url:
        return BilledCustomer(id=known_id, billing_url=known_url)
    site, policy = await connection(RecurlySite), await connection(Policy)
    found = await _wait_for(site, account_id, policy.recurly_wait_seconds, policy.recurly_poll_seconds)
    if found is None:
        everybody = await asyncio.to_thread(lambda: [_account(one) for one in site.client().accounts()])
        matches = match_by_name(company_name, everybody)
        matches = tuple(one for one in matches if one.id == chosen_id) or matches
        if len(matches) != 1:
            raise NeedsPeople([_undecided(account_id, company_name, matches)])
        found = matches[0]
    url = billing_url(site.billing_url_template, site.subdomain, found.code)
    return BilledCustomer(id=found.id, billing_url=url)


async def _wait_for(site: RecurlySite, code: str, longest: float, every: float) -> RecurlyAccount | None:
    """Ask until the account is there: Recurly announces nothing."""
    end = time.monotonic() + longest

    def ask() -> RecurlyAccount | None:
        client: RecurlyClient = site.client()
        answer = client.account_by_code(code)
        return _account(answer) if answer else None

    found = await asyncio.to_thread(ask)
    while found is None and time.monotonic() + every <= end:
        await asyncio.sleep(every)
        found = await asyncio.to_thread(ask)
    return found


def _account(answer: dict[str, str | None]) -> RecurlyAccount:
    return RecurlyAccount(id=str(answer["id"]), code=str(answer["code"]), company=answer["company"])


def _undecided(account_id: str, company_name: str, matches: tuple[RecurlyAccount, ...]) -> Problem:
    codes = ", ".join(match.code for match in matches)
    return Problem(
        Who.CS_OPS,
        "Recurly account",
        "",
        f"the account of {company_name}",
        f"one of several of that name: {codes}" if matches else "not there, neither by code nor by company name",
        f"Give the right one the code {account_id}, or enter its id and billing URL on the Salesforce account"
        f"{', or choose it here' if matches else ''}.",
        "ONB-12",
        topic=TOPIC,
        choices=tuple(Choice(match.id, f"{match.company}, code {match.code}") for match in matches),
    )
