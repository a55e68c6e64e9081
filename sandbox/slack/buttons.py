"""The buttons of a message: what Slack accepts of them, and which there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sandbox.slack.store import Message

_LONGEST_LABEL: Final = 75
_LONGEST_ID: Final = 255
_LONGEST_VALUE: Final = 2_000
_CONFIRM: Final = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
"""The parts of a confirmation, each with its most characters."""


@dataclass(frozen=True)
class Button:
    """A button that an app is told of; Slack gives it the ids that the app did not."""

    block_id: str
    action_id: str
    element: dict[str, Any]


def buttons(number: int, block: dict[str, Any]) -> Iterator[Button]:
    """The buttons of the block with this number in its message."""
    elements = block["elements"] if block["type"] == "actions" else [block.get("accessory")]
    for place, element in enumerate(elements):
        if isinstance(element, dict) and element.get("type") == "button":
            block_id = str(block.get("block_id") or f"block-{number}")
            yield Button(block_id, str(element.get("action_id") or f"{block_id}-{place}"), element)


def find_button(message: Message, action_id: str) -> Button | None:
    """The button of this id."""
    found = (one for number, block in enumerate(message["blocks"]) for one in buttons(number, block))
    return next((one for one in found if one.action_id == action_id), None)


def wrong_buttons(elements: list[Any]) -> str:
    """What is wrong with the buttons among the elements of a block, "" when nothing is."""
    given = [one for one in elements if isinstance(one, dict) and one.get("type") == "button"]
    named = [one["action_id"] for one in given if "action_id" in one]
    if any(named.count(one) > 1 for one in named):
        return "action_id already exists"
    return next(filter(None, map(_wrong, given)), "")


def _wrong(button: dict[str, Any]) -> str:
    if button.get("style") not in (None, "primary", "danger"):
        return "style must be primary or danger"
    for name, longest in (("action_id", _LONGEST_ID), ("value", _LONGEST_VALUE)):
        value = button.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            return f"{name} must be a text of less than {longest + 1} characters"
    return wrong_label(button.get("text"), _LONGEST_LABEL) or _wrong_confirm(button.get("confirm"))


def _wrong_confirm(confirm: Any) -> str:
    if confirm is None:
        return ""
    if not isinstance(confirm, dict):
        return "confirm must be an object"
    told = (wrong_label(confirm.get(part), longest, mrkdwn=part == "text") for part, longest in _CONFIRM.items())
    return next(filter(None, told), "")


def wrong_label(text: Any, longest: int, *, mrkdwn: bool = False) -> str:
    """What is wrong with a text object of at most so many characters, "" when nothing is."""
    kinds = ("plain_text", "mrkdwn") if mrkdwn else ("plain_text",)
    if not isinstance(text, dict) or text.get("type") not in kinds:
        return f"text must be a {' or '.join(kinds)} object"
    written = text.get("text")
    if not isinstance(written, str) or not 1 <= len(written) <= longest:
        return f"text must be 1 to {longest} characters"
    return ""
