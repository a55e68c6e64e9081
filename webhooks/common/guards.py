"""Checks of a request before its body is parsed: credentials, content type and size.

Secrets are compared in constant time.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Iterable
from typing import Final

from pydantic import SecretStr, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request

SIGNATURE_SECONDS: Final = 300
MAX_TIMESTAMP_LENGTH: Final = 12
MAX_EXCESS: Final = 8
"""Times the limit that is read of a body before the connection is closed."""
# Part of the body may be unread: the sender must stop sending it.
CLOSE: Final = {"Connection": "close"}


def require_token(request: Request, token: SecretStr) -> None:
    """Refuse (403) an outbound message whose URL does not end in our token."""
    if not _is_equal(request.path_params["token"], token):
        raise HTTPException(403, "unknown address")


def require_bearer(request: Request, bearer: SecretStr) -> None:
    """Refuse (401) a callout without our bearer token."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _is_equal(credentials.strip(), bearer):
        raise HTTPException(401, "missing or wrong bearer token", {"WWW-Authenticate": "Bearer"})


def require_content_type(request: Request, *accepted: str) -> None:
    """Refuse (415) a request with another content type."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in accepted:
        raise HTTPException(415, f"the content type must be {' or '.join(accepted)}")


def require_signature(request: Request, body: bytes, secret: SecretStr) -> None:
    """Refuse (401) a callout not signed by HMAC-SHA256 over "<timestamp>.<body>", or signed long ago."""
    timestamp = request.headers.get("x-timestamp", "")
    recent = timestamp.isdecimal() and len(timestamp) <= MAX_TIMESTAMP_LENGTH
    if not recent or abs(time.time() - int(timestamp)) > SIGNATURE_SECONDS:
        raise HTTPException(401, f"X-Timestamp must be unix seconds within {SIGNATURE_SECONDS} s of now")
    expected = hmac.new(secret.get_secret_value().encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    signature = request.headers.get("x-signature", "")
    if not hmac.compare_digest(f"sha256={expected.hexdigest()}".encode(), signature.encode()):
        raise HTTPException(401, "missing or wrong X-Signature")


async def read_body(request: Request, limit: int, seconds: float, *checks: Callable[[], None]) -> bytes:
    """The whole body, of at most `limit` bytes, received within `seconds`.

    The body is read before the request is refused, also somewhat beyond the limit: a sender who is still sending
    when the connection closes sees a reset instead of the reason. The body is kept only if all checks pass.

    Args:
        request: its body is unread.
        limit: bytes.
        seconds: for the whole body.
        checks: raise an HTTPException to refuse the request.

    Raises:
        HTTPException: from a check; 413 for a larger body; 408 for a slower one.
    """
    refusal = _refusal(checks)
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit:
                    body += chunk if refusal is None else b""
                elif size > MAX_EXCESS * limit:
                    break
    except TimeoutError:
        raise HTTPException(408, "the body did not arrive in time", CLOSE) from None
    if refusal is not None:
        raise refusal
    if size > limit:
        raise HTTPException(413, f"the body has more than {limit} bytes", CLOSE)
    return bytes(body)


def _refusal(checks: Iterable[Callable[[], None]]) -> HTTPException | None:
    try:
        for check in checks:
            check()
    except HTTPException as error:
        return error
    return None


def describe_errors(error: ValidationError) -> str:
    """The fields that are wrong in a body, without their values."""
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())


def _is_equal(text: str, secret: SecretStr) -> bool:
    return hmac.compare_digest(text.encode(), secret.get_secret_value().encode())
