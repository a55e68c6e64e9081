"""Finding a customer in Recurly when the account did not appear under its code (ONB-12)."""

from collections.abc import Iterable

from rules.common.records import RecurlyAccount
from rules.common.text import normalize


def match_by_name(company: str, accounts: Iterable[RecurlyAccount]) -> tuple[RecurlyAccount, ...]:
    """Every account of that company name, the open ones first; a single open one may be taken, else ask.

    Case, spacing and Unicode forms do not count.
    """
    name = normalize(company)
    matches = [account for account in accounts if name and normalize(account.company) == name]
    return tuple(sorted(matches, key=lambda account: not account.is_open))


def taken_by_name(matches: Iterable[RecurlyAccount], chosen_id: str) -> RecurlyAccount | None:
    """The account that is taken: the one that people chose, or the only open one; None where people must choose.

    A closed account is never taken by its name alone (ONB-12).
    """
    accounts = tuple(matches)
    chosen = next((account for account in accounts if account.id == chosen_id), None)
    still_open = [account for account in accounts if account.is_open]
    return chosen or (still_open[0] if len(still_open) == 1 else None)
