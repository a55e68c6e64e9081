"""Salesforce record ids: 15 case-sensitive characters, or 18 with a checksum."""

from collections.abc import Callable
from functools import lru_cache

_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHORT, _LONG = 15, 18
# Real ids carry the org's instance behind the prefix; a capital in it makes checksums worth checking.
_INSTANCE = "Hs"


def to18(short: str) -> str:
    """Lengthen a 15-character id with its checksum."""
    return short + "".join(_suffix(short[start : start + 5]) for start in (0, 5, 10))


@lru_cache(maxsize=100_000)
def _suffix(five: str) -> str:
    return _CHECKSUM[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")]


@lru_cache(maxsize=100_000)
def normal(text: str) -> str | None:
    """Read an id of either length as 18 characters; None when it is malformed."""
    if len(text) not in (_SHORT, _LONG) or not (text.isascii() and text.isalnum()):
        return None
    long = to18(text[:_SHORT])
    return long if text in (long, long[:_SHORT]) else None


def record_id(prefix: str, number: int) -> str:
    """The 18-character id of the n-th record of an object."""
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    body = prefix + _INSTANCE
    return to18(body + digits.rjust(_SHORT - len(body), "0"))


def counter(prefix: str) -> Callable[[], str]:
    """Ids of one object in the order of their making, the same in every process."""
    number = 0

    def following() -> str:
        nonlocal number
        number += 1
        return record_id(prefix, number)

    return following
