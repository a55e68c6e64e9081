"""Who may deliver, and how much: checked before a body is parsed. Secrets are compared in constant time."""

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
LONGEST_TIMESTAMP: Final = 12
READ_BEYOND: Final = 8
# Where a body may be left unread, so that its sender cannot go on sending it.
CLOSE: Final = {"Connection": "close"}


def require_token(request: Request, token: SecretStr) -> None:
    """Refuse (403) an outbound message whose URL does not end in our token."""
    if not _same(request.path_params["token"], token):
        raise HTTPException(403, "unknown address")


def require_bearer(request: Request, bearer: SecretStr) -> None:
    """Refuse (401) a callout without our bearer token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _same(given.strip(), bearer):
        raise HTTPException(401, "missing or wrong bearer token", {"WWW-Authenticate": "Bearer"})


def require_content_type(request: Request, *accepted: str) -> None:
    """Refuse (415) a body that says it is something else."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in accepted:
        raise HTTPException(415, f"the content type must be {' or '.join(accepted)}")


def require_signature(request: Request, body: bytes, secret: SecretStr) -> None:
    """Refuse (401) a callout not signed by HMAC-SHA256 over "<timestamp>.<body>", or signed long ago."""
    timestamp = request.headers.get("x-timestamp", "")
    recent = timestamp.isdecimal() and len(timestamp) <= LONGEST_TIMESTAMP
    if not recent or abs(time.time() - int(timestamp)) > SIGNATURE_SECONDS:
        raise HTTPException(401, f"X-Timestamp must be unix seconds within {SIGNATURE_SECONDS} s of now")
    signed = hmac.new(secret.get_secret_value().encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    given = request.headers.get("x-signature", "")
    if not hmac.compare_digest(f"sha256={signed.hexdigest()}".encode(), given.encode()):
        raise HTTPException(401, "missing or wrong X-Signature")


async def read_body(request: Request, limit: int, seconds: float, *checks: Callable[[], None]) -> bytes:
    """The whole body, of at most `limit` bytes, sent within `seconds`.

    Read before anything is refused, and a little beyond the limit: a sender who is still sending when the
    connection closes sees a reset, not the reason. Only the body of a sender who passes the checks is kept.

    Raises:
        HTTPException: what a check raised; 413 when it is larger; 408 when it does not come.
    """
    refusal = _refusal(checks)
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit:
                    body += chunk if refusal is None else b""
                elif size > READ_BEYOND * limit:
                    break
    except TimeoutError:
        raise HTTPException(408, "the body did not come in time", CLOSE) from None
    if refusal is not None:
        raise refusal
    if size > limit:
        raise HTTPException(413, f"the body has more than {limit} bytes", CLOSE)
    return bytes(body)


def _refusal(checks: Iterable[Callable[[], None]]) -> HTTPException | None:
    try:
        for check in checks:
            check()
    except HTTPException as refused:
        return refused
    return None


def faults(error: ValidationError) -> str:
    """What is wrong in a body, in words that quote none of its values."""
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())


def _same(given: str, secret: SecretStr) -> bool:
    return hmac.compare_digest(given.encode(), secret.get_secret_value().encode())
