"""Outreach's refusals as our errors, by who must act."""

from typing import Any

import httpx
from pydantic import SecretStr

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused
from blocks.common.http import unavailable
from blocks.common.masking import MOST_QUOTES, code_of, masked
from blocks.common.responses import parsed_json
from blocks.outreach.responses import SYSTEM

ANEW = "authorize the app in Outreach again: run `lifecycle authorize outreach`"

_RIGHTS = {
    401: f"Outreach does not accept the access token, not even a new one: {ANEW}",
    403: "the app or its user lacks a right",
}
_SCOPE = "unauthorizedOauthScope"


def refusal(call: str, response: httpx.Response, *, writes: bool, secrets: tuple[SecretStr, ...]) -> VendorError:
    """Our error for a response that is no success."""
    if busy := unavailable(SYSTEM, call, response, writes=writes):
        return busy
    status = response.status_code
    if response.is_redirect:
        message = f"{call}: Outreach answered with a redirect. Check Blocks → Outreach app → Base URL"
        return UnexpectedResponse(SYSTEM, message, status=status)
    if status in _RIGHTS:
        code, words = _first(response, secrets)
        advice = f"{_RIGHTS[status]}: {words}" if words else _RIGHTS[status]
        scopes = f". Add the scope to the app, then {ANEW}" if code == _SCOPE else ""
        return CredentialsRejected(SYSTEM, f"{call}: {advice}{scopes} ({code})", code=code, status=status)
    errors = _errors(parsed_json(SYSTEM, call, response.content))
    if not errors:
        return UnexpectedResponse(
            SYSTEM, f"{call}: the response is not one of Outreach's (HTTP {status})", status=status
        )
    code = code_of(_text(errors[0], "id"), *secrets)
    details = [masked(_text(error, "detail"), *secrets) for error in errors]
    fields = dict(zip((masked(_pointer(error), *secrets) for error in errors), details, strict=True))
    return VendorRefused(SYSTEM, f"{call}: {'; '.join(details)} ({code})", code=code, status=status, fields=fields)


def _first(response: httpx.Response, secrets: tuple[SecretStr, ...]) -> tuple[str, str]:
    """Code and words of the first error, "" where there are none."""
    try:
        errors = _errors(parsed_json(SYSTEM, "", response.content))
    except UnexpectedResponse:
        errors = []
    first = errors[0] if errors else {}
    return code_of(_text(first, "id"), *secrets), masked(_text(first, "detail"), *secrets)


def _errors(body: Any) -> list[dict[str, Any]]:
    errors = body.get("errors") if isinstance(body, dict) else None
    return [error for error in errors[:MOST_QUOTES] if isinstance(error, dict)] if isinstance(errors, list) else []


def _text(error: dict[str, Any], field: str) -> str:
    value = error.get(field)
    return value if isinstance(value, str) else ""


def _pointer(error: dict[str, Any]) -> str:
    source = error.get("source")
    return _text(source, "pointer") if isinstance(source, dict) else ""
