"""What the LMS accepts in each field; every refusal names the fields and says what is wrong with them."""

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, Final

from starlette.requests import Request

from sandbox.errors import Refused

Check = Callable[[Any], Any]
"""Takes what was sent, answers what is stored; ValueError says what is wrong."""

_LONGEST: Final = 255
_LONGEST_PHONE: Final = 40
_LONGEST_EMAIL: Final = 254
_SHORTEST_PASSWORD: Final = 8
_MOST: Final = 10_000_000
_EMAIL: Final = re.compile(r"[^@\s.]+(\.[^@\s.]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_SUFFIX: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def checked(sent: Mapping[str, Any], checks: Mapping[str, Check], required: Collection[str]) -> dict[str, Any]:
    """The values to store, by field.

    Raises:
        Refused: with every field that is missing, unknown or wrong.
    """
    wrong = {name: "is required" for name in required if name not in sent}
    values = {}
    for name, value in sent.items():
        try:
            values[name] = checks[name](value)
        except KeyError:
            wrong[name] = "is not a field of this call"
        except ValueError as error:
            wrong[name] = str(error)
    if wrong:
        raise invalid(wrong)
    return values


def invalid(fields: dict[str, str]) -> Refused:
    """The refusal that names fields."""
    told = "; ".join(f"{name} {reason}" for name, reason in sorted(fields.items()))
    return Refused(422, "invalid", told, fields=fields)


async def json_object(request: Request) -> dict[str, Any]:
    """The request's JSON object.

    Raises:
        Refused: the body is no JSON object.
    """
    try:
        sent = await request.json()
    except (ValueError, RecursionError):
        raise Refused(400, "bad_request", "the body is not JSON") from None
    if not isinstance(sent, dict):
        raise Refused(400, "bad_request", "the body is not a JSON object")
    return sent


def text(value: Any) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must not be empty")
    if len(value) > _LONGEST:
        raise ValueError(f"must not be longer than {_LONGEST} characters")
    return value


def phone(value: Any) -> str:
    """A telephone number as people write it."""
    number = text(value)
    if len(number) > _LONGEST_PHONE or not re.search(r"\d", number):
        raise ValueError("must be a telephone number")
    return number


def email(value: Any) -> str:
    """An e-mail address by its syntax."""
    address = text(value)
    if len(address) > _LONGEST_EMAIL or not _EMAIL.fullmatch(address):
        raise ValueError("must be an e-mail address")
    return address


def password(value: Any) -> None:
    """A password that is long enough; it is not kept."""
    if len(text(value)) < _SHORTEST_PASSWORD:
        raise ValueError(f"must have at least {_SHORTEST_PASSWORD} characters")


def account_id(value: Any) -> str:
    """A Salesforce account id: 18 characters, of which the last three are right."""
    given = text(value)
    if not re.fullmatch(r"001[A-Za-z0-9]{15}", given) or given[15:] != _checksum(given[:15]):
        raise ValueError("must be an 18-character Salesforce account id")
    return given


def _checksum(id15: str) -> str:
    def letter(part: str) -> str:
        return _SUFFIX[sum(1 << place for place, char in enumerate(part) if "A" <= char <= "Z")]

    return "".join(letter(id15[start : start + 5]) for start in (0, 5, 10))


def count(value: Any) -> int:
    """A whole number from 1 on."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST:
        raise ValueError("must be a whole number, at least 1")
    return value


def count_text(value: Any) -> int:
    """A whole number from 1 on, written in digits."""
    return count(int(value) if re.fullmatch(r"[0-9]{1,8}", value) else None)


def amount(value: Any) -> str:
    """An amount of money of 0 or more, as decimal text: it must not pass through a float."""
    written = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    if not isinstance(written, str) or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", written):
        raise ValueError("must be a decimal number, at least 0")
    return format(Decimal(written), "f")


def day(value: Any) -> str:
    """A date as ISO text."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        with suppress(ValueError):
            return date.fromisoformat(value).isoformat()
    raise ValueError("must be a date like 2026-01-31")


def one_of(*choices: str) -> Check:
    """One of some words."""

    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return check


def some_of(*choices: str) -> Check:
    """A list of some words, without repeats, in their usual order."""

    def check(value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError("must be a list of ids")
        if unknown := sorted(set(value) - set(choices)):
            raise ValueError(f"does not know {', '.join(unknown)}")
        return [choice for choice in choices if choice in value]

    return check


def maybe(check: Check) -> Check:
    """The same, or null."""
    return lambda value: None if value is None else check(value)


def details(value: Any) -> dict[str, Any]:
    """An object of further details."""
    if isinstance(value, dict):
        return value
    raise ValueError("must be an object")
