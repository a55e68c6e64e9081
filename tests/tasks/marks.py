"""What markdown obeys."""

import re


def marks(markdown: str) -> dict[str, int]:
    """How often each mark stands unescaped; a backslash takes the character after it."""
    bare = re.sub(r"\\.", "", markdown, flags=re.DOTALL)
    return {mark: bare.count(mark) for mark in "`*_[]|#~<>\n\r"}
