"""The step against Recurly: the customer's account there, which normally appears by itself (ONB-12)."""

import asyncio
import time
from collections.abc import Mapping
from typing import TypedDict

from blocks.policy.block import TAKE_CLOSED, Policy
from blocks.recurly.block import RecurlyClient, RecurlySite
from rules.common.problems import Choice, HumanInputRequired, Problem, Responsible
from rules.common.records import RecurlyAccount
from rules.common.text import strip
from rules.onboarding.recurly_match import match_by_name, taken_by_name
from rules.onboarding.write_back import billing_url
from tasks.core.connections import connection
from tasks.core.steps import read_task

TOPIC = "Recurly account"
"""What CS Operations decide where several accounts have the customer's name (ONB-12)."""
CLOSED_TOPIC = "closed Recurly account"
"""What CS Operations decide where the customer's account is closed, and the policy has them asked."""


CLOSED = "inactive"
"""Recurly's state of a closed account."""


class BilledCustomer(TypedDict):
    """A Recurly account: its id, its staff page (never the customer's own log-in link), and a remark.

    Attributes:
        trouble: what is worth knowing about it, a sentence; "" for an open account.
        is_closed: nothing is billed to it.
    """

    id: str
    billing_url: str
    trouble: str
    is_closed: bool


@read_task("Find the Recurly account of {company_name}")
async def recurly_account(
    account_id: str, company_name: str, known_id: str | None, known_url: str | None, chosen: Mapping[str, str]
) -> BilledCustomer:
    """Wait for the account whose code is the Salesforce account id; then look for one of the same company name.

    What Salesforce has on the account already, id and billing URL, is taken as it is: a person may have decided it.

    Args:
        account_id: 18 characters.
        company_name: the account's name.
        known_id: what the account has as Recurly account id.
        known_url: what it has as billing URL.
        chosen: what CS Operations decided, by topic: which account of that name, and whether a closed one is taken.

    Raises:
        HumanInputRequired: CS Operations must decide: no account, or several, have the name, or the account is closed.
    """
    site, policy = await connection(RecurlySite), await connection(Policy)
    asks = policy.closed_recurly_account != TAKE_CLOSED
    if (known_id := strip(known_id)) and (known_url := strip(known_url)):
        known = await asyncio.to_thread(lambda: site.client().account(known_id))
        if known is None:
            return BilledCustomer(id=known_id, billing_url=known_url, trouble=_unknown(known_id), is_closed=False)
        return _billed(_account(known), known_url, chosen, asks=asks)
    found = await _wait_for(site, account_id, policy.recurly_wait_seconds, policy.recurly_poll_seconds)
    if found is None:
        everybody = await asyncio.to_thread(lambda: [_account(one) for one in site.client().accounts()])
        matches = match_by_name(company_name, everybody)
        found = taken_by_name(matches, chosen.get(TOPIC, ""))
        if found is None:
            raise HumanInputRequired([_undecided(account_id, company_name, matches)])
    url = billing_url(site.billing_url_template, site.subdomain, found.code)
    return _billed(found, url, chosen, asks=asks)


def _billed(found: RecurlyAccount, url: str, chosen: Mapping[str, str], *, asks: bool) -> BilledCustomer:
    """The account as it is taken; a closed one by the policy (ONB-12).

    Raises:
        HumanInputRequired: it is closed, and CS Operations are to decide.
    """
    decided = found.id in (chosen.get(CLOSED_TOPIC), chosen.get(TOPIC))
    if not found.is_open and asks and not decided:
        raise HumanInputRequired([_closed(found)])
    trouble = "" if found.is_open else f"The Recurly account {found.code} is closed: nothing is billed to it. (ONB-12)"
    return BilledCustomer(id=found.id, billing_url=url, trouble=trouble, is_closed=not found.is_open)


def _unknown(known_id: str) -> str:
    return f"Recurly has no account {known_id}, which stands on the Salesforce account. (ONB-12)"


def _closed(found: RecurlyAccount) -> Problem:
    return Problem(
        Responsible.CS_OPS,
        "Recurly account",
        "",
        "State",
        f"closed (account {found.code})",
        "Reopen it in Recurly, or take it as it is.",
        "ONB-12",
        topic=CLOSED_TOPIC,
        choices=(Choice(found.id, f"Take the closed account {found.code}"),),
    )


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
    return RecurlyAccount(
        id=str(answer["id"]), code=str(answer["code"]), company=answer["company"], is_open=answer["state"] != CLOSED
    )


def _undecided(account_id: str, company_name: str, matches: tuple[RecurlyAccount, ...]) -> Problem:
    named = ", ".join(f"{one.code}{'' if one.is_open else ' (closed)'}" for one in matches)
    found = f"only found by name: {named}" if len(matches) == 1 else f"one of several of that name: {named}"
    return Problem(
        Responsible.CS_OPS,
        "Recurly account",
        "",
        f"the account of {company_name}",
        found if matches else "not there, neither by code nor by company name",
        f"Give the right one the code {account_id}, or enter its id and billing URL on the Salesforce account"
        f"{', or choose it here' if matches else ''}.",
        "ONB-12",
        topic=TOPIC,
        choices=tuple(Choice(one.id, _label(one)) for one in matches),
    )


def _label(account: RecurlyAccount) -> str:
    return f"{account.company}, code {account.code}{'' if account.is_open else ' (closed)'}"
