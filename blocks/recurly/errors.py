"""Recurly's refusals as our errors, by who must act."""

import http.client
import time

import recurly
from pydantic import SecretStr

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.common.http import retry_after
from blocks.common.masking import code_of, masked

SYSTEM = "Recurly"

_SERVER_ERROR = 500
_TOO_MANY = 429
_RIGHTS = (401, 403)
_EDIT = "edit Blocks → Recurly site → API Key"

_PASSING = ("simultaneous_request",)
"""Codes that pass by themselves, although the status says refused."""


def from_network(call: str, error: recurly.NetworkError) -> VendorUnavailable:
    """Our error for a request that got no response."""
    problem = "no answer in time" if isinstance(error.args[0], TimeoutError) else "no connection"
    return VendorUnavailable(SYSTEM, f"{call}: {problem}")


def from_response(
    call: str, error: Exception, response: http.client.HTTPResponse | None, key: SecretStr
) -> VendorError:
    """Our error for a response that the vendor's client raised an error for, or could not read."""
    status = response.status if response is not None else 0
    refusal = getattr(error, "error", None) if isinstance(error, recurly.RecurlyError) else None
    words, code = getattr(refusal, "message", None), code_of(getattr(refusal, "type", None), key)
    if response is not None and (status >= _SERVER_ERROR or status == _TOO_MANY or code in _PASSING):
        message = f"{call}: Recurly is busy or down ({code or status})"
        return VendorUnavailable(SYSTEM, message, retry_after=_wait(response), code=code, status=status)
    if status in _RIGHTS:
        message = f"{call}: Recurly does not accept the API key, {_EDIT} ({code or status})"
        return CredentialsRejected(SYSTEM, message, code=code, status=status)
    if not code or not isinstance(words, str):
        return UnexpectedResponse(SYSTEM, f"{call}: the response is not as promised", status=status)
    return VendorRefused(SYSTEM, f"{call}: {masked(words, key)} ({code})", code=code, status=status)


def _wait(response: http.client.HTTPResponse) -> float | None:
    """Seconds until the rate limit is reset, or that Recurly asks us to wait; None when it does not say."""
    reset = response.headers.get("X-RateLimit-Reset", "")
    if response.status == _TOO_MANY and reset.isascii() and reset.isdigit():
        return max(0.0, int(reset[:12]) - time.time())
    return retry_after(dict(response.headers.items()))
