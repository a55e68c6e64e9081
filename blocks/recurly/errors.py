"""Recurly's refusals, told by who must act."""

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

# Passing, although the status says refused.
_PASSING = ("simultaneous_request",)


def from_network(what: str, error: recurly.NetworkError) -> VendorUnavailable:
    """Our error for a request that got no answer."""
    said = "no answer in time" if isinstance(error.args[0], TimeoutError) else "no connection"
    return VendorUnavailable(SYSTEM, f"{what}: {said}")


def from_answer(what: str, error: Exception, answer: http.client.HTTPResponse | None, key: SecretStr) -> VendorError:
    """Our error for an answer that the vendor's client made an error of, or stumbled over."""
    status = answer.status if answer is not None else 0
    told = getattr(error, "error", None) if isinstance(error, recurly.RecurlyError) else None
    kind, words = getattr(told, "type", None), getattr(told, "message", None)
    code = code_of(kind, key)
    if answer is not None and (status >= _SERVER_ERROR or status == _TOO_MANY or code in _PASSING):
        said = f"{what}: busy or down ({code or status})"
        return VendorUnavailable(SYSTEM, said, retry_after=_wait(answer), code=code, status=status)
    if status in _RIGHTS:
        said = f"{what}: the key is not accepted, {_EDIT} ({code or status})"
        return CredentialsRejected(SYSTEM, said, code=code, status=status)
    if not code or not isinstance(words, str):
        return UnexpectedResponse(SYSTEM, f"{what}: the answer is not what was promised", status=status)
    return VendorRefused(SYSTEM, f"{what}: {masked(words, key)} ({code})", code=code, status=status)


def _wait(answer: http.client.HTTPResponse) -> float | None:
    """Seconds until a used-up limit starts anew, or that Recurly asks for; None when it does not say."""
    reset = answer.headers.get("X-RateLimit-Reset", "")
    if answer.status == _TOO_MANY and reset.isascii() and reset.isdigit():
        return max(0.0, int(reset[:12]) - time.time())
    return retry_after(dict(answer.headers.items()))
