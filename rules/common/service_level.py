"""The service level of a customer (ONB-4)."""

from rules.common.text import normalize

LEVELS = ("basic", "standard", "premium")


def known_level(text: str | None) -> str | None:
    """Return the level named by a text, ignoring case and spacing; None for any other text (ONB-4)."""
    level = normalize(text)
    return level if level in LEVELS else None
