"""The steps that read the facts about accounts that move, from Salesforce, the LMS and Recurly (TRN-6, TRN-7)."""

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
from rules.common.text import counted
from rules.transition.account_facts import AccountFacts, Billed, ModuleUse, Usage
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import gather_all, read_task
from tasks.recurly.subscriptions import subscription_of
from tasks.salesforce.account_facts import ReadSettings, salesforce_facts

AT_ONCE = 4
"""The number of calls to the LMS at the same time; the same for Recurly."""
T = TypeVar("T")
R = TypeVar("R")


async def read_facts(account_ids: Sequence[str]) -> list[AccountFacts]:
    """The facts about the accounts, in the order of their ids; accounts that Salesforce does not have are left out.

    Args:
        account_ids: 18 characters each. 200 accounts take 8 calls to Salesforce, and one more for every 2,000 rows;
            each account takes one call to the LMS and one to Recurly.
    """
    accounts = await read_accounts.labelled(counted(len(account_ids), "account"))(list(account_ids))
    companies = [account.lms_company_id for account in accounts if account.lms_company_id]
    billing = {account.id: account.recurly_account_id or f"code-{account.id}" for account in accounts}
    usage, billed = await gather_all(
        read_usage.labelled(counted(len(companies), "company", "companies"))(companies),
        read_billed.labelled(counted(len(billing), "account"))(billing),
    )
    return [
        replace(account, usage=usage.get(account.lms_company_id or ""), billed=billed.get(account.id, ()))
        for account in accounts
    ]


@read_task("Read {label} in Salesforce")
async def read_accounts(account_ids: list[str]) -> list[AccountFacts]:
    """The facts in Salesforce; usage and subscriptions are missing."""
    org, policy, rules = await connection(SalesforceOrg), await connection(Policy), await load_policy()
    since = rules.today - timedelta(days=policy.transition_look_back_days)
    how = ReadSettings(policy.field_map, since, rules.time_zone)
    return await asyncio.to_thread(lambda: salesforce_facts(org.client(), how, account_ids))


@read_task("Read the usage of {label} in the LMS")
async def read_usage(company_ids: list[str]) -> dict[str, Usage]:
    """The companies' usage of the LMS, by their id; a company that the LMS does not have is missing (TRN-7)."""
    lms = (await connection(Lms)).client()
    by_company = await _few_at_once(company_ids, lambda company: usage_of(lms, company))
    return {company: usage for company, usage in by_company.items() if usage is not None}


@read_task("Read the subscriptions of {label} in Recurly")
async def read_billed(accounts: dict[str, str]) -> dict[str, tuple[Billed, ...]]:
    """Every subscription of the accounts, by the id of the Salesforce account (TRN-7).

    Args:
        accounts: by the id of the Salesforce account, the id in Recurly, or `code-<code>`.
    """
    site, rules = await connection(RecurlySite), await load_policy()

    def ask(account: str) -> tuple[Billed, ...]:
        return billed_of(site.client(), accounts[account], rules.time_zone)

    return await _few_at_once(accounts, lambda account: asyncio.to_thread(ask, account))


async def usage_of(lms: LmsClient, company_id: str) -> Usage | None:
    """The usage of the LMS by a company; None when the LMS does not have the company."""
    usage = await lms.usage(company_id)
    if usage is None:
        return None
    modules = sorted(usage["modules"].items())
    return Usage(
        **usage["users"],
        providers=usage["providers"],
        modules=tuple(ModuleUse(name, users) for name, users in modules),
        as_of=usage["asOf"],
    )


def billed_of(client: RecurlyClient, account: str, zone: ZoneInfo) -> tuple[Billed, ...]:
    """Every subscription of a Recurly account; none when there is no such account.

    Args:
        client: of this thread.
        account: its id in Recurly, or `code-<code>`.
        zone: time zone of the org, for the end dates.
    """
    return tuple(Billed(subscription_of(row, zone), row.quantity) for row in client.subscriptions(account))


async def _few_at_once(keys: Iterable[T], ask: Callable[[T], Awaitable[R]]) -> dict[T, R]:
    """The answer for each key; at most `AT_ONCE` calls at the same time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask_one(key: T) -> R:
        async with gate:
            return await ask(key)

    distinct = list(dict.fromkeys(keys))
    return dict(zip(distinct, await gather_all(*map(ask_one, distinct)), strict=True))
