"""The LMS's answers and refusals, checked for what the contract promises."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import httpx
from pydantic import SecretStr

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.common.http import retry_after
from blocks.common.masking import MOST_QUOTES, code_of, field_name, masked

SYSTEM = "LMS"

_SERVER_ERROR = 500
_TOO_MANY = 429
_RIGHTS = (401, 403)
_REDIRECT = range(300, 400)
_LOCKED = "locked"

# What a refusal must tell besides its code, for the caller to decide on.
_PROMISED = {"account_exists": "companyId", "email_taken": "holder", "publication_exists": "publicationId"}
_STATUSES = ("active", "inactive", "terminated")
_HOLDER = ("userId", "kind", "status", "companyId")


def parsed(what: str, content: bytes) -> Any:
    """The body as JSON, its numbers with a fraction as Decimal."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UnexpectedResponse(SYSTEM, f"{what}: the answer is not JSON") from None


def _no_number(_: str) -> NoReturn:
    raise ValueError


def text(what: str, parent: Any, field: str) -> str:
    """The field as a text that is not empty."""
    value = parent.get(field) if isinstance(parent, dict) else None
    if not isinstance(value, str) or not value:
        raise UnexpectedResponse(SYSTEM, f"{what}: {field} is missing or not a text")
    return value


def items(what: str, parent: Any, field: str) -> list[Any]:
    """The field as a list."""
    value = parent.get(field) if isinstance(parent, dict) else None
    if not isinstance(value, list):
        raise UnexpectedResponse(SYSTEM, f"{what}: {field} is missing or not a list")
    return value


def company(what: str, value: Any) -> dict[str, Any]:
    """A company with everything we rely on; `planAmount` as Decimal."""
    for field in ("id", "name", "status"):
        text(what, value, field)
    _optional(what, value, "accountId")
    for field in ("userCount", "locationCount"):
        if type(value.get(field)) is not int:
            raise UnexpectedResponse(SYSTEM, f"{what}: {field} is missing or not a whole number")
    if not all(isinstance(module, str) for module in items(what, value, "modules")):
        raise UnexpectedResponse(SYSTEM, f"{what}: modules is not a list of texts")
    return {**value, "planAmount": _money(what, value.get("planAmount")), **_end(what, value)}


def publication(what: str, value: Any) -> dict[str, Any]:
    """A publication with everything we rely on; `deactivateOn` as a date."""
    for field in ("id", "organizationName", "publicationName", "status"):
        text(what, value, field)
    _optional(what, value, "companyId")
    if not isinstance(value.get("details"), dict):
        raise UnexpectedResponse(SYSTEM, f"{what}: details is missing or not an object")
    return {**value, **_end(what, value)}


def _end(what: str, value: dict[str, Any]) -> dict[str, Any]:
    """The last day of service, if one is set, as a date; and the reason, which the LMS need not tell."""
    last, reason = value.get("deactivateOn"), value.get("deactivationReason")
    try:
        day = date.fromisoformat(last) if last is not None else None
    except (TypeError, ValueError):
        raise UnexpectedResponse(SYSTEM, f"{what}: deactivateOn is not a date") from None
    return {"deactivateOn": day, "deactivationReason": reason if isinstance(reason, str) else ""}


def user(what: str, value: Any) -> dict[str, Any]:
    """A user with everything we rely on."""
    for field in ("id", "email", "kind", "status"):
        text(what, value, field)
    _optional(what, value, "companyId")
    return dict(value)


def usage(what: str, value: Any) -> dict[str, Any]:
    """How a company is used: `users` by status, `providers` that are active, `modules` by name; `asOf` in UTC."""
    users, providers = _object(what, value, "users"), _object(what, value, "providers")
    modules = _object(what, value, "modules")
    return {
        "users": {status: _count(what, users, status) for status in _STATUSES},
        "providers": _count(what, providers, "active"),
        "modules": {name: _count(what, _object(what, modules, name), "monthlyActiveUsers") for name in modules},
        "asOf": _moment(what, value, "asOf"),
    }


def _object(what: str, parent: Any, field: str) -> dict[str, Any]:
    value = parent.get(field) if isinstance(parent, dict) else None
    if not isinstance(value, dict):
        raise UnexpectedResponse(SYSTEM, f"{what}: {field} is missing or not an object")
    return value


def _count(what: str, parent: dict[str, Any], field: str) -> int:
    value = parent.get(field)
    if type(value) is not int or value < 0:
        raise UnexpectedResponse(SYSTEM, f"{what}: {field} is missing or not a number of people")
    return value


def _moment(what: str, parent: Any, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text(what, parent, field))
        # The contract's timestamps are UTC, whether they say so or not.
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnexpectedResponse(SYSTEM, f"{what}: {field} is not a date and time") from None


def _optional(what: str, parent: dict[str, Any], field: str) -> None:
    if not isinstance(parent.get(field, ""), str | None) or field not in parent:
        raise UnexpectedResponse(SYSTEM, f"{what}: {field} is missing or not a text")


def _money(what: str, value: Any) -> Decimal:
    try:
        amount = Decimal(value) if type(value) in (str, int, Decimal) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite():
        raise UnexpectedResponse(SYSTEM, f"{what}: planAmount is missing or not an amount")
    return amount


def refusal(what: str, response: httpx.Response, *, writes: bool, secrets: tuple[SecretStr, ...]) -> VendorError:
    """Our error for an answer that is no success."""
    status = response.status_code
    if status >= _SERVER_ERROR or status == _TOO_MANY:
        outcome_unknown = writes and status != _TOO_MANY
        wait = retry_after(response.headers)
        return VendorUnavailable(
            SYSTEM, f"{what}: HTTP {status}", retry_after=wait, outcome_unknown=outcome_unknown, status=status
        )
    if status in _RIGHTS:
        return CredentialsRejected(
            SYSTEM, f"{what}: the key is not accepted. Edit Blocks → LMS → API Key", status=status
        )
    if status in _REDIRECT:
        return UnexpectedResponse(
            SYSTEM, f"{what}: answered with a redirect. Check Blocks → LMS → Base URL", status=status
        )
    error = parsed(what, response.content)
    error = error.get("error") if isinstance(error, dict) else None
    code = code_of(text(what, error, "code"), *secrets)
    assert isinstance(error, dict)
    if code == _LOCKED:
        said = "somebody else is changing the same record"
        return VendorUnavailable(SYSTEM, f"{what}: {said} ({code})", code=code, status=status)
    fields = _fields(error, secrets)
    said = "; ".join([masked(str(error.get("message", "")), *secrets), *(f"{n}: {v}" for n, v in fields.items())])
    return VendorRefused(
        SYSTEM,
        f"{what}: {said} ({code})",
        code=code,
        status=status,
        fields=fields,
        details=_details(what, code, error),
    )


def _fields(error: dict[str, Any], secrets: tuple[SecretStr, ...]) -> dict[str, str]:
    fields = error.get("fields")
    if not isinstance(fields, dict):
        return {}
    told = list(fields.items())[:MOST_QUOTES]
    return {field_name(name, *secrets): masked(str(words), *secrets) for name, words in told}


def _details(what: str, code: str, error: dict[str, Any]) -> dict[str, object]:
    promised = _PROMISED.get(code)
    if promised in ("companyId", "publicationId"):
        return {promised: text(what, error, promised)}
    if promised == "holder":
        holder = error.get(promised)
        for field in ("userId", "kind", "status"):
            text(what, holder, field)
        assert isinstance(holder, dict)
        _optional(what, holder, "companyId")
        return {promised: {name: holder[name] for name in _HOLDER}}
    return {}
