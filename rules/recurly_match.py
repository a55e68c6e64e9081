"""Finding a customer in Recurly when the account did not appear under its code (ONB-12)."""

from collections.abc import Iterable

from rules.records import RecurlyAccount
from rules.text import folded


def normal_name(name: str | None) -> str:
    """A company's name as it is compared: case, spacing and Unicode forms do not count (ONB-12)."""
    return folded(name)


def match_by_name(company: str, accounts: Iterable[RecurlyAccount]) -> tuple[RecurlyAccount, ...]:
    """Every account of exactly that company name; a single one may be taken, else ask (ONB-12)."""
    wanted = normal_name(company)
    return tuple(account for account in accounts if wanted and normal_name(account.company) == wanted)
