"""Outreach's refusals, told by who must act."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.common.http import retry_after
from blocks.common.masking import MOST_QUOTES, code_of, masked
from blocks.outreach.responses import SYSTEM, parsed

ANEW = "authorize the app in Outreach anew and paste its new token into Blocks → Outreach app → Refresh Token"

_SERVER_ERROR = 500
_TOO_MANY = 429
_REDIRECT = range(300, 400)
_RIGHTS = {
    401: f"the access token is not accepted, not even a new one: {ANEW}",
    403: "the app or its user lacks a right",
}
_SCOPE = "unauthorizedOauthScope"


def unavailable(what: str, response: httpx.Response, *, writes: bool) -> VendorUnavailable | None:
    """Our error for an answer that says not now; None for every other answer."""
    status = response.status_code
    if status < _SERVER_ERROR and status != _TOO_MANY:
        return None
    return VendorUnavailable(
        SYSTEM,
        f"{what}: HTTP {status}",
        retry_after=wait_of(response.headers),
        outcome_unknown=writes and status != _TOO_MANY,
        status=status,
    )


def refusal(what: str, response: httpx.Response, *, writes: bool, secrets: tuple[SecretStr, ...]) -> VendorError:
    """Our error for an answer that is no success."""
    if busy := unavailable(what, response, writes=writes):
        return busy
    status = response.status_code
    if status in _REDIRECT:
        told = "answered with a redirect. Check Blocks → Outreach app → Base URL"
        return UnexpectedResponse(SYSTEM, f"{what}: {told}", status=status)
    if status in _RIGHTS:
        code, said = _first(response, secrets)
        advice = f"{_RIGHTS[status]}: {said}" if said else _RIGHTS[status]
        scopes = f". Add the scope to the app, then {ANEW}" if code == _SCOPE else ""
        return CredentialsRejected(SYSTEM, f"{what}: {advice}{scopes} ({code})", code=code, status=status)
    errors = _errors(parsed(what, response.content))
    if not errors:
        return UnexpectedResponse(SYSTEM, f"{what}: the answer is not Outreach's (HTTP {status})", status=status)
    code = code_of(_text(errors[0], "id"), *secrets)
    said = "; ".join(masked(_text(one, "detail"), *secrets) for one in errors)
    fields = {masked(_pointer(one), *secrets): masked(_text(one, "detail"), *secrets) for one in errors}
    return VendorRefused(SYSTEM, f"{what}: {said} ({code})", code=code, status=status, fields=fields)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that Outreach asks us to wait: a number, or the instant at which its maintenance ends (ISO 8601)."""
    wait = retry_after(headers)
    if wait is not None:
        return wait
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _first(response: httpx.Response, secrets: tuple[SecretStr, ...]) -> tuple[str, str]:
    """Code and words of the first error, as far as there are any."""
    try:
        errors = _errors(parsed("", response.content))
    except UnexpectedResponse:
        errors = []
    first = errors[0] if errors else {}
    return code_of(_text(first, "id"), *secrets), masked(_text(first, "detail"), *secrets)


def _errors(body: Any) -> list[dict[str, Any]]:
    errors = body.get("errors") if isinstance(body, dict) else None
    return [one for one in errors[:MOST_QUOTES] if isinstance(one, dict)] if isinstance(errors, list) else []


def _text(error: dict[str, Any], field: str) -> str:
    value = error.get(field)
    return value if isinstance(value, str) else ""


def _pointer(error: dict[str, Any]) -> str:
    source = error.get("source")
    return _text(source, "pointer") if isinstance(source, dict) else ""
