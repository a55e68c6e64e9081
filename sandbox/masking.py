"""Secrets out of what is written down: by the name of the field, and by value wherever it occurs again."""

import json
import re
from typing import Any, Final
from urllib.parse import parse_qsl

MASK: Final = "***"
LONGEST_TEXT: Final = 20_000
"""Characters of one text that are kept; a file's contents are of no use in a journal."""
_SECRET_NAME: Final = re.compile(
    r"passw|pwd|secret|token|assertion|api[-_ ]?key|authorization|credential|signature|session", re.IGNORECASE
)
_SIMPLE_NAME: Final = re.compile(r"[\w.:\[\]-]{1,80}")
_SHORTEST_SECRET: Final = 6
"""Shorter values are not searched for elsewhere: they would blot out innocent text."""


class Mask:
    """The masking of one request; it learns secrets by name and then hides their values everywhere.

    Args:
        known: values that are secret whatever field they stand in.
    """

    def __init__(self, known: tuple[str, ...]) -> None:
        self._values = set(known)

    def learn(self, value: Any) -> None:
        """Take a value, or every text in it, as a secret."""
        if isinstance(value, dict):
            for part in value.values():
                self.learn(part)
        elif isinstance(value, list):
            for part in value:
                self.learn(part)
        elif len(str(value)) >= _SHORTEST_SECRET:
            self._values.add(str(value))

    def by_name(self, value: Any, name: str = "") -> Any:
        """A copy with every field of a secret's name masked; JSON inside a text is looked into."""
        if _SECRET_NAME.search(name) and value not in (None, ""):
            self.learn(value)
            return MASK
        if isinstance(value, dict):
            return {key: self.by_name(part, str(key)) for key, part in value.items()}
        if isinstance(value, list):
            return [self.by_name(part) for part in value]
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            return self._json_text(value)
        return value

    def _json_text(self, text: str) -> str:
        try:
            parsed = json.loads(text)
        except ValueError:
            return "(unreadable JSON)" if _SECRET_NAME.search(text) else text
        return json.dumps(self.by_name(parsed), ensure_ascii=False)

    def by_value(self, value: Any) -> Any:
        """A copy in which no learnt secret occurs, and no text is longer than is of use."""
        if isinstance(value, dict):
            return {self.by_value(key): self.by_value(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.by_value(part) for part in value]
        if not isinstance(value, str):
            return value
        # The longest first: one secret may be the beginning of another.
        for secret in sorted(self._values, key=len, reverse=True):
            if secret in value:
                value = value.replace(secret, MASK)
        if len(value) > LONGEST_TEXT:
            return f"{value[:LONGEST_TEXT]}… ({len(value)} characters)"
        return value


def read_body(content_type: str, body: bytes) -> Any:
    """The body as plain values: JSON, a form, or a note of its size when it is neither."""
    if not body:
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _form(body)
    if kind.startswith(("multipart/", "application/octet-stream")):
        return f"({kind}, {len(body)} bytes)"
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return f"(unreadable, {len(body)} bytes)"


def _form(body: bytes) -> dict[str, str]:
    """The form's fields; what only looks like a form (JSON sent as one) has names that no field has."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    named = {name: value for name, value in pairs if _SIMPLE_NAME.fullmatch(name)}
    return named if len(named) == len(dict(pairs)) else {**named, "(unreadable)": f"{len(body)} bytes"}
