"""The parts of a Slack message with buttons, within Slack's limits."""

import json
import re
from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import MarkdownTextObject, SectionBlock

LONGEST_VALUE = 2000
LONGEST_TEXT = 3000

_TORN = re.compile(r"(<[^>]*|&[a-z]*)$")
"""The rest of a link or of an escaped character at the end of a text that was cut."""


def button_value(value: Mapping[str, object], may: Sequence[str]) -> str:
    """The value of a button, which the receiver reads; Slack signs it, so nobody else can write one.

    It names as many of the members who may press the button as there is room for, and at least one: a value without
    members lets everybody press.

    Args:
        value: what the button asks for.
        may: the ids of those members; empty if everybody in the channel may press it.
    """

    def naming(members: Sequence[str]) -> str:
        return json.dumps({**value, "may": [*members]}, separators=(",", ":"))

    each = max(map(len, may), default=0) + len('"",')
    return naming(may[: max((LONGEST_VALUE - len(naming([]))) // each, 1)])


def text_section(text: str, block_id: str | None = None) -> SectionBlock:
    """A section with a text in Slack's markup, cut where it is too long."""
    return SectionBlock(text=markdown(text), block_id=block_id)


def markdown(text: str) -> MarkdownTextObject:
    """A text that Slack accepts, without links of its own: an address in a record stays plain text."""
    plain = text.strip()
    fitting = plain if len(plain) <= LONGEST_TEXT else f"{_TORN.sub('', plain[: LONGEST_TEXT - 1])}…"
    return MarkdownTextObject(text=fitting, verbatim=True)
