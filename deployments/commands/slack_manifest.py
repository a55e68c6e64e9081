"""The manifest of the Slack app, with the address of a receiver."""

import re
from pathlib import Path
from urllib.parse import urlsplit

FILE = Path(__file__).parents[1] / "slack" / "app-manifest.yaml"
PLACEHOLDER = "RECEIVER_HOST"


class NotAnAddress(ValueError):
    """Raised for an address that Slack cannot call."""


def manifest(receiver: str) -> str:
    """The manifest as text.

    Raises:
        NotAnAddress: it does not begin with https, or is more than a host.
    """
    parts = urlsplit(receiver.strip().rstrip("/"))
    if parts.scheme != "https" or not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", parts.netloc) or parts.path:
        raise NotAnAddress(f"{receiver!r}: write the receiver's address like https://lifecycle.example.com")
    return FILE.read_text().replace(PLACEHOLDER, parts.netloc)
