"""The service level of a customer (ONB-4)."""

from rules.common.text import normalize

LEVELS = ("basic", "standard", "premium")


def known_level(text: str | None) -> str | None:
    """The level that the text means, whatever its case and spacing; None when it means none (ONB-4)."""
    level = normalize(text)
    return level if level in LEVELS else None
