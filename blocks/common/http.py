"""HTTP for every client: allowed addresses, waiting times, and errors of the connection."""

import ipaddress
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator

from blocks.common.errors import UnexpectedResponse, VendorError, VendorUnavailable

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)
_DIGITS = 7  # a Retry-After with more digits is longer than three months and cannot be meant


@cache
def authorities() -> ssl.SSLContext:
    """The certificate authorities that TLS trusts. Reading them takes 45 ms, so a process reads them once."""
    return httpx.create_ssl_context()


def is_loopback(url: str) -> bool:
    """Whether the address is this machine: only there plain http is allowed, and no proxy is used."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def vendor_url(url: str) -> str:
    """Check a base URL: https, or http to the loopback only; no user, query or fragment (D-7).

    Raises:
        ValueError: for the person who edits the block. It never quotes the URL, which may contain a password.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("This is not a web address. Enter one like https://lms.example.com") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("Enter a full address that begins with https://")
    if parts.scheme == "http" and not is_loopback(url.strip()):
        raise ValueError("Plain http would send the credentials unencrypted: use https:// (http is for 127.0.0.1)")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("Enter the address only, without user, password, ? or #")
    return url.strip().rstrip("/")


VendorUrl = Annotated[str, AfterValidator(vendor_url)]
"""A pydantic string that is a base URL without a trailing slash, checked by `vendor_url`."""


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds the vendor asks us to wait; None where it does not say.

    Args:
        headers: `Retry-After` counts: seconds, or a date as HTTP or ISO 8601 writes it.
        now: the present, for dates.
    """
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= _DIGITS else None
    moment = _date(text)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds()) if moment else None


def _date(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
        except (ValueError, IndexError, TypeError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def unavailable(system: str, call: str, response: httpx.Response, *, writes: bool) -> VendorUnavailable | None:
    """Our error for a response that says "not now" (429, 500 and above); None for every other response.

    Args:
        system: the vendor, as error messages name it.
        call: the call, as error messages name it.
        response: of the vendor.
        writes: whether the request would have changed something.
    """
    status = response.status_code
    if status < httpx.codes.INTERNAL_SERVER_ERROR and status != httpx.codes.TOO_MANY_REQUESTS:
        return None
    return VendorUnavailable(
        system,
        f"{call}: HTTP {status}",
        retry_after=retry_after(response.headers),
        outcome_unknown=writes and status != httpx.codes.TOO_MANY_REQUESTS,
        status=status,
    )


def from_network(system: str, call: str, error: httpx.HTTPError, *, writes: bool) -> VendorError:
    """Our error for a request that got no complete response."""
    if isinstance(error, httpx.DecodingError):
        return UnexpectedResponse(system, f"{call}: the response is not readable")
    if isinstance(error, _NEVER_SENT):
        return VendorUnavailable(system, f"{call}: no connection")
    if isinstance(error, httpx.TimeoutException):
        return VendorUnavailable(system, f"{call}: no answer in time", outcome_unknown=writes)
    return VendorUnavailable(system, f"{call}: the connection was lost before the answer", outcome_unknown=writes)
