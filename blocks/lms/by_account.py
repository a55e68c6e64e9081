"""The companies and publications of many Salesforce accounts, in the order of the accounts' ids."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol

from blocks.common.errors import UnexpectedResponse
from blocks.common.responses import M
from blocks.lms.responses import SYSTEM, AccountPublication, CompaniesOfAccounts, Company, PublicationsOfAccounts

ACCOUNTS_OF_PAGE = 1000
MOST_IDS = 200
"""Accounts that one call names by their ids."""

Rows = Sequence[Company | AccountPublication]


class Get(Protocol):
    """Makes one reading call."""

    def __call__(self, model: type[M], call: str, path: str, **params: str) -> Awaitable[M]:
        """The response as the model."""


class ByAccount:
    """Lists of the LMS. A publication comes with the `accountId` of its company.

    Args:
        get: makes one reading call.
    """

    def __init__(self, get: Get) -> None:
        self._get = get

    async def companies_between(self, after: str, up_to: str) -> list[dict[str, Any]]:
        """Every company of the accounts with ids after one, up to another, in the order of these ids.

        Args:
            after: a Salesforce account id, 18 characters, or "" for the first account.
            up_to: the last one, or "" for no end. Ids are compared byte by byte.
        """

        async def page(bound: str) -> tuple[Rows, bool]:
            answer = await self._companies(afterAccountId=bound, upToAccountId=up_to, limit=str(ACCOUNTS_OF_PAGE))
            return answer.companies, answer.more

        return await _every_page("companies", after, up_to, page)

    async def publications_between(self, after: str, up_to: str) -> list[dict[str, Any]]:
        """Every publication of these accounts' companies; the arguments as in `companies_between`."""

        async def page(bound: str) -> tuple[Rows, bool]:
            answer = await self._publications(afterAccountId=bound, upToAccountId=up_to, limit=str(ACCOUNTS_OF_PAGE))
            return answer.publications, answer.more

        return await _every_page("publications", after, up_to, page)

    async def companies_of(self, account_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Every company of up to 200 accounts, in one call."""
        return _of((await self._companies(accountIds=",".join(account_ids))).companies, account_ids)

    async def publications_of(self, account_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Every publication of up to 200 accounts' companies, in one call."""
        return _of((await self._publications(accountIds=",".join(account_ids))).publications, account_ids)

    async def _companies(self, **params: str) -> CompaniesOfAccounts:
        return await self._get(CompaniesOfAccounts, "companies", "api/companies", **params)

    async def _publications(self, **params: str) -> PublicationsOfAccounts:
        return await self._get(PublicationsOfAccounts, "publications", "api/publications", **params)


async def _every_page(
    call: str, after: str, up_to: str, page: Callable[[str], Awaitable[tuple[Rows, bool]]]
) -> list[dict[str, Any]]:
    """The records of all pages; a page begins after the last account of the one before.

    Raises:
        UnexpectedResponse: a record belongs to no account of the range or is out of order, or the pages do not end.
    """
    records: list[dict[str, Any]] = []
    more = True
    while more:
        rows, more = await page(after)
        records += [row.plain() for row in rows]
        after = _last(call, after, up_to, rows)
        if more and not rows:
            raise UnexpectedResponse(SYSTEM, f"{call}: the list goes on after an empty page")
    return records


def _last(call: str, after: str, up_to: str, rows: Rows) -> str:
    """The account of the last record."""
    last = after
    for row in rows:
        account_id = row.account_id or ""
        if account_id <= after or account_id < last or (up_to and account_id > up_to):
            raise UnexpectedResponse(SYSTEM, f"{call}: {row.id} is not in the range and order of accounts we asked for")
        last = account_id
    return last


def _of(rows: Iterable[Company | AccountPublication], account_ids: Sequence[str]) -> list[dict[str, Any]]:
    asked = set(account_ids)
    return [row.plain() for row in rows if row.account_id in asked]
