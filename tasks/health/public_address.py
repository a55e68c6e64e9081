"""Check the receiver's public address: Salesforce's token and Slack's buttons come over it."""

import asyncio
import os
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from blocks.common.health_check import Check

PUBLIC: Final = "LIFECYCLE_RECEIVER_PUBLIC_URL"
"""The variable with the address of the receiver as Salesforce and Slack reach it."""
SECONDS: Final = 10.0
RENEWED: Final = timedelta(days=14)
"""A certificate that ends sooner should have been renewed."""
HTTPS: Final = 443


async def public_address_check() -> Check:
    """Check that the public address is encrypted, by a certificate that is trusted and not about to end."""
    url = os.environ.get(PUBLIC, "").strip()
    if not url:
        return Check("public address", ok=True, message=f"set {PUBLIC} to have its certificate checked")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        problem = f"{url} is not encrypted, and carries a token in its path. Put the receiver behind TLS"
        return _wrong(f"{problem}, set {PUBLIC} to its https address, and enter that in Salesforce and Slack")
    try:
        async with asyncio.timeout(SECONDS):
            ends = await _end_of_certificate(parts.hostname, parts.port or HTTPS)
    except ssl.SSLCertVerificationError as error:
        return _wrong(f"{url}: its certificate is not trusted ({error.verify_message}). Renew it at the proxy")
    except (OSError, TimeoutError) as error:
        return _wrong(f"{url} does not answer by TLS ({type(error).__name__}). Start the proxy, or correct {PUBLIC}")
    if ends - datetime.now(UTC) < RENEWED:
        return _wrong(f"{url}: its certificate ends on {ends:%Y-%m-%d}. Renew it at the proxy", only_warns=True)
    return Check("public address", ok=True, message=f"{url}: encrypted, its certificate ends on {ends:%Y-%m-%d}")


def _wrong(message: str, *, only_warns: bool = False) -> Check:
    return Check("public address", ok=False, message=message, only_warns=only_warns)


async def _end_of_certificate(host: str, port: int) -> datetime:
    """When the certificate ends that a server shows, once it is verified as a browser would."""
    context = await asyncio.to_thread(ssl.create_default_context)
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=host)
    try:
        certificate = writer.get_extra_info("peercert")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
