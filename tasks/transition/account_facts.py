"""The steps that read what is known of accounts that move: Salesforce, the LMS and Recurly (TRN-6, TRN-7)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from blocks.lms.block import Lms, LmsClient
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlyClient, RecurlySite
from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Subscription
from rules.common.text import counted
from rules.transition.account_facts import AccountFacts, Billed, ModuleUse, Usage
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import gather_all, read_task
from tasks.salesforce.account_facts import ReadSettings, salesforce_facts

AT_ONCE = 4
"""Calls that the LMS, and Recurly, answer for us at the same time."""
T = TypeVar("T")
R = TypeVar("R")


async def read_facts(account_ids: Sequence[str]) -> list[AccountFacts]:
    """All that is known of the accounts, in the order of their ids; one that Salesforce has not is left out.

    Args:
        account_ids: 18 characters each; up to 200 make 8 calls to Salesforce and a call for every 2,000 further rows,
            and each account one to the LMS and one to Recurly.
    """
    accounts = await read_accounts.labelled(counted(len(account_ids), "account"))(list(account_ids))
    companies = [one.lms_company_id for one in accounts if one.lms_company_id]
    billing = {one.id: one.recurly_account_id or f"code-{one.id}" for one in accounts}
    usage, billed = await gather_all(
        read_usage.labelled(counted(len(companies), "company", "companies"))(companies),
        read_billed.labelled(counted(len(billing), "account"))(billing),
    )
    return [
        replace(one, usage=usage.get(one.lms_company_id or ""), billed=billed.get(one.id, ())) for one in accounts
    ]  # fmt: skip


@read_task("Read {label} in Salesforce")
async def read_accounts(account_ids: list[str]) -> list[AccountFacts]:
    """The accounts as Salesforce knows them, without their use and their billing."""
    org, policy, rules = await connection(SalesforceOrg), await connection(Policy), await load_policy()
    since = rules.today - timedelta(days=policy.transition_look_back_days)
    how = ReadSettings(policy.field_map, since, rules.time_zone)
    return await asyncio.to_thread(lambda: salesforce_facts(org.client(), how, account_ids))


@read_task("Read the usage of {label} in the LMS")
async def read_usage(company_ids: list[str]) -> dict[str, Usage]:
    """The companies' usage of the LMS, by their id; a company that the LMS does not have is missing (TRN-7)."""
    lms = (await connection(Lms)).client()
    found = await _few_at_once(company_ids, lambda company: usage_of(lms, company))
    return {company: usage for company, usage in found.items() if usage is not None}


@read_task("Read the subscriptions of {label} in Recurly")
async def read_billed(accounts: dict[str, str]) -> dict[str, tuple[Billed, ...]]:
    """Every subscription of the accounts, by the Salesforce account (TRN-7).

    Args:
        accounts: by the Salesforce account id, Recurly's id, or `code-<code>`.
    """
    site, rules = await connection(RecurlySite), await load_policy()

    def ask(account: str) -> tuple[Billed, ...]:
        return billed_of(site.client(), accounts[account], rules.time_zone)

    return await _few_at_once(accounts, lambda account: asyncio.to_thread(ask, account))


async def usage_of(lms: LmsClient, company_id: str) -> Usage | None:
    """How a company uses the LMS; None when it has no such company."""
    found = await lms.usage(company_id)
    if found is None:
        return None
    modules = sorted(found["modules"].items())
    return Usage(
        **found["users"],
        providers=found["providers"],
        modules=tuple(ModuleUse(name, users) for name, users in modules),
        as_of=found["asOf"],
    )


def billed_of(client: RecurlyClient, account: str, zone: ZoneInfo) -> tuple[Billed, ...]:
    """Every subscription of a Recurly account; none when there is no such account.

    Args:
        client: of this thread.
        account: Recurly's id of it, or `code-<code>`.
        zone: of the org.
    """
    return tuple(
        Billed(
            Subscription(
                id=one.id,
                plan=one.plan,
                state=one.state,
                renews=one.auto_renew and one.state == "active",
                until=one.ends_at.astimezone(zone).date() if one.ends_at else None,
            ),
            one.quantity,
        )
        for one in client.subscriptions(account)
    )


async def _few_at_once(keys: Iterable[T], ask: Callable[[T], Awaitable[R]]) -> dict[T, R]:
    """What is answered about each, never more than a few asked at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(key: T) -> R:
        async with gate:
            return await ask(key)

    distinct = list(dict.fromkeys(keys))
    return dict(zip(distinct, await gather_all(*(one(key) for key in distinct)), strict=True))
