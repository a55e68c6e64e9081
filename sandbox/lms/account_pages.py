"""The records of many Salesforce accounts, page by page in the order of the accounts' ids."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from starlette.requests import Request

from sandbox.lms import checks
from sandbox.lms.store import Record, Store

_MOST: Final = 1000
"""Accounts of a page, also without a limit."""
_MOST_IDS: Final = 200


def by_account(request: Request) -> bool:
    """Whether the request asks for many accounts: by a range, or by their ids."""
    return not request.query_params.keys().isdisjoint(("afterAccountId", "upToAccountId", "accountIds"))


def account_page(
    request: Request, store: Store, name: str, records_of: Callable[[str], list[Record]]
) -> dict[str, Any]:
    """A page: every record of at most `limit` accounts that have some, so the next page begins after the last account.

    Raises:
        Refused: a bound is no account id, or the limit or the number of ids is too large.
    """
    limit = _limit(request.query_params.get("limit", ""))
    found: list[list[Record]] = []
    for account_id in _accounts(request, store):
        records = records_of(account_id)
        if records and len(found) == limit:
            return {name: _flat(found), "more": True}
        if records:
            found.append(records)
    return {name: _flat(found), "more": False}


def _accounts(request: Request, store: Store) -> Iterator[str]:
    params = request.query_params
    if "accountIds" in params:
        asked = params["accountIds"].split(",")
        if len(asked) > _MOST_IDS:
            raise checks.invalid({"accountIds": f"must be at most {_MOST_IDS}"})
        return iter(sorted({_account("accountIds", one) for one in asked}))
    after, up_to = (_account(bound, params.get(bound, "")) for bound in ("afterAccountId", "upToAccountId"))
    return store.accounts_between(after, up_to)


def _account(name: str, text: str) -> str:
    """The id, or "" for no bound."""
    try:
        return checks.account_id(text) if text or name == "accountIds" else ""
    except ValueError as error:
        raise checks.invalid({name: str(error)}) from None


def _limit(text: str) -> int:
    if not text:
        return _MOST
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise checks.invalid({"limit": f"must be a whole number from 1 to {_MOST}"})
    return int(text)


def _flat(groups: list[list[Record]]) -> list[Record]:
    return [record for group in groups for record in group]
