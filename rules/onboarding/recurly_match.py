"""Finding a customer in Recurly when the account did not appear under its code (ONB-12)."""

from collections.abc import Iterable

from rules.common.records import RecurlyAccount
from rules.common.text import normalize


def normal_name(name: str | None) -> str:
    """A company's name as it is compared: case, spacing and Unicode forms do not count (ONB-12)."""
    return normalize(name)


def match_by_name(company: str, accounts: Iterable[RecurlyAccount]) -> tuple[RecurlyAccount, ...]:
    """Every account of exactly that company name, the open ones first; a single open one may be taken, else ask."""
    wanted = normal_name(company)
    found = [account for account in accounts if wanted and normal_name(account.company) == wanted]
    return tuple(sorted(found, key=lambda account: not account.is_open))


def taken_by_name(matches: Iterable[RecurlyAccount], chosen_id: str) -> RecurlyAccount | None:
    """The account that is taken: the one that people chose, or the only open one; None where people must choose.

    A closed account is never taken by its name alone (ONB-12).
    """
    found = tuple(matches)
    chosen = next((one for one in found if one.id == chosen_id), None)
    still_open = [one for one in found if one.is_open]
    return chosen or (still_open[0] if len(still_open) == 1 else None)
