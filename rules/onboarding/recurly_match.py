"""Finding a customer in Recurly when the account did not appear under its code (ONB-12)."""

from collections.abc import Iterable

from rules.common.records import RecurlyAccount
from rules.common.text import normalize


def match_by_name(company: str, accounts: Iterable[RecurlyAccount]) -> tuple[RecurlyAccount, ...]:
    """Return every account of this company name, open ones first; case, spacing and Unicode form do not count."""
    name = normalize(company)
    matches = [account for account in accounts if name and normalize(account.company) == name]
    return tuple(sorted(matches, key=lambda account: not account.is_open))


def taken_by_name(matches: Iterable[RecurlyAccount], chosen_id: str) -> RecurlyAccount | None:
    """Return the account that people chose, or the only open one; None when people must choose (ONB-12).

    A closed account is never used without a decision.
    """
    accounts = tuple(matches)
    chosen = next((account for account in accounts if account.id == chosen_id), None)
    still_open = [account for account in accounts if account.is_open]
    return chosen or (still_open[0] if len(still_open) == 1 else None)
