"""The LMS's refusals as our errors, by who must act."""

from typing import Any

import httpx
from pydantic import SecretStr

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.common.http import unavailable
from blocks.common.masking import MOST_QUOTES, code_of, field_name, masked
from blocks.common.responses import parsed_json
from blocks.lms.responses import (
    SYSTEM,
    ExistingCompany,
    ExistingPublication,
    Response,
    TakenEmail,
    answer,
    text,
)

_RIGHTS = (401, 403)
_LOCKED = "locked"

_DETAILS: dict[str, type[Response]] = {
    "account_exists": ExistingCompany,
    "email_taken": TakenEmail,
    "publication_exists": ExistingPublication,
}
"""What a refusal must tell besides its code, for the caller to decide on."""


def refusal(call: str, response: httpx.Response, *, writes: bool, secrets: tuple[SecretStr, ...]) -> VendorError:
    """Our error for a response that is no success.

    Args:
        call: the call, as error messages name it.
        response: with any status but 2xx.
        writes: whether the request would have changed something.
        secrets: texts that the response may repeat.

    Raises:
        UnexpectedResponse: the response is not the contract's error.
    """
    status = response.status_code
    if busy := unavailable(SYSTEM, call, response, writes=writes):
        return busy
    if status in _RIGHTS:
        message = f"{call}: the LMS does not accept the API key. Edit Blocks → LMS → API Key"
        return CredentialsRejected(SYSTEM, message, status=status)
    if response.is_redirect:
        message = f"{call}: the LMS answered with a redirect. Check Blocks → LMS → Base URL"
        return UnexpectedResponse(SYSTEM, message, status=status)
    body = parsed_json(SYSTEM, call, response.content)
    return _coded(call, status, body.get("error") if isinstance(body, dict) else None, secrets)


def _coded(call: str, status: int, error: Any, secrets: tuple[SecretStr, ...]) -> VendorError:
    code = code_of(text(call, error, "code"), *secrets)
    if code == _LOCKED:
        message = f"{call}: somebody else is changing the same record ({code})"
        return VendorUnavailable(SYSTEM, message, code=code, status=status)
    fields = _fields(error, secrets)
    words = "; ".join([masked(str(error.get("message", "")), *secrets), *(f"{n}: {v}" for n, v in fields.items())])
    details = answer(_DETAILS[code], call, error).plain() if code in _DETAILS else {}
    return VendorRefused(SYSTEM, f"{call}: {words} ({code})", code=code, status=status, fields=fields, details=details)


def _fields(error: dict[str, Any], secrets: tuple[SecretStr, ...]) -> dict[str, str]:
    fields = error.get("fields")
    first = list(fields.items())[:MOST_QUOTES] if isinstance(fields, dict) else []
    return {field_name(name, *secrets): masked(str(words), *secrets) for name, words in first}
