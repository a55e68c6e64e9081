"""The companies, publications and placeholder addresses of many clients in the LMS."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from blocks.common.errors import VendorUnavailable
from blocks.lms.block import LmsClient
from blocks.lms.by_account import MOST_IDS
from rules.common.records import Company, LmsUser, Publication
from rules.onboarding.no_welcome import placeholder_address
from tasks.core.steps import LONGEST_WAIT, RETRY_DELAYS, gather_all
from tasks.lms.records import company_from, holder_of, publication_from

AT_ONCE = 5
"""Placeholders that are looked up at the same time."""

Rows = Sequence[dict[str, Any]]
R = TypeVar("R")


@dataclass(frozen=True)
class LmsRecords:
    """Records by the account id of Salesforce."""

    companies: Mapping[str, tuple[Company, ...]] = field(default_factory=dict)
    publications: Mapping[str, tuple[Publication, ...]] = field(default_factory=dict)
    placeholders: Mapping[str, LmsUser] = field(default_factory=dict)


async def records_between(lms: LmsClient, after: str, last: str, no_welcome: Iterable[str]) -> LmsRecords:
    """The records of the accounts with ids after one, up to another.

    Args:
        lms: the client.
        after: an account id, 18 characters, or "" for the first account.
        last: the last one.
        no_welcome: the accounts whose placeholder address is looked up.

    Raises:
        VendorUnavailable: the LMS was unavailable at every try.
    """
    lists = lms.by_account
    return await _records(
        lms, lambda: lists.companies_between(after, last), lambda: lists.publications_between(after, last), no_welcome
    )


async def records_of(lms: LmsClient, account_ids: Sequence[str], no_welcome: Iterable[str]) -> LmsRecords:
    """The records of these accounts; the rest as in `records_between`."""
    chunks = [account_ids[first : first + MOST_IDS] for first in range(0, len(account_ids), MOST_IDS)]

    async def all_of(read: Callable[[Sequence[str]], Awaitable[Rows]]) -> Rows:
        return [row for chunk in chunks for row in await read(chunk)]

    lists = lms.by_account
    return await _records(lms, lambda: all_of(lists.companies_of), lambda: all_of(lists.publications_of), no_welcome)


async def _records(
    lms: LmsClient,
    companies: Callable[[], Awaitable[Rows]],
    publications: Callable[[], Awaitable[Rows]],
    no_welcome: Iterable[str],
) -> LmsRecords:
    company_rows, publication_rows = await gather_all(_several_tries(companies), _several_tries(publications))
    return LmsRecords(
        companies=_by_account(company_rows, company_from),
        publications=_by_account(publication_rows, publication_from),
        placeholders=await _placeholders(lms, no_welcome),
    )


async def _placeholders(lms: LmsClient, account_ids: Iterable[str]) -> dict[str, LmsUser]:
    """The users who still have the placeholder address of their account (PUB-6)."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def look_up(account_id: str) -> tuple[str, LmsUser | None]:
        async with gate:
            return account_id, await _several_tries(lambda: holder_of(lms, placeholder_address(account_id)))

    users = await gather_all(*(look_up(account_id) for account_id in account_ids))
    return {account_id: user for account_id, user in users if user}


async def _several_tries(read: Callable[[], Awaitable[R]]) -> R:
    """Read again while the LMS is unavailable, as often as a step does: the page keeps its other records meanwhile."""
    for delay in RETRY_DELAYS:
        try:
            return await read()
        except VendorUnavailable as busy:
            await asyncio.sleep(min(max(delay, busy.retry_after or 0.0), LONGEST_WAIT))
    return await read()


def _by_account(rows: Rows, record_from: Callable[[dict[str, Any]], R]) -> dict[str, tuple[R, ...]]:
    grouped: dict[str, list[R]] = {}
    for row in rows:
        grouped.setdefault(row["accountId"], []).append(record_from(row))
    return {account_id: tuple(records) for account_id, records in grouped.items()}
