"""What Slack accepts in a form that an app shows."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from sandbox.errors import Refused
from sandbox.slack.arguments import Arguments
from sandbox.slack.buttons import wrong_label
from sandbox.slack.content import bad_blocks, wrong_block

_MOST_BLOCKS: Final = 100
_LONGEST_BUTTON: Final = 24
_LONGEST_ID: Final = 255
_LONGEST_METADATA: Final = 3_000
_LONGEST_LABEL: Final = 2_000
_LONGEST_PLACEHOLDER: Final = 150
_LONGEST_INPUT: Final = 3_000
_MOST_OPTIONS: Final = 100
_LONGEST_OPTION: Final = 75
_LONGEST_VALUE: Final = 150
_SHOWN: Final = ("section", "header", "divider", "context")
"""The kinds of blocks, besides inputs, that the page can show in a form."""


def read_view(given: Arguments) -> dict[str, Any]:
    """A form, in which every input has its two ids.

    Raises:
        Refused: with Slack's name for what is wrong.
    """
    view = given.parsed("view", "invalid_arguments")
    wrong = _wrong_view(view)
    if wrong:
        raise Refused(200, "invalid_arguments", wrong, response_metadata={"messages": [f"[ERROR] {wrong}"]})
    blocks = _named(view["blocks"])
    known: set[str] = set()
    for number, block in enumerate(blocks):
        reason = _wrong_in_view(block) or ("block_id already exists" if block.get("block_id") in known else "")
        if reason:
            raise bad_blocks(f"{reason} [json-pointer:/view/blocks/{number}]")
        known |= {block["block_id"]} if "block_id" in block else set()
    return {"private_metadata": "", "callback_id": "", "submit": None, "close": None, **view, "blocks": blocks}


def inputs(view: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The blocks in which something is entered."""
    return (block for block in view["blocks"] if block["type"] == "input")


def _wrong_view(view: Any) -> str:
    """What is wrong with the form around its blocks, "" when nothing is."""
    if not isinstance(view, dict) or view.get("type") != "modal":
        return "view must be a modal"
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= _MOST_BLOCKS:
        return f"blocks must be a list of 1 to {_MOST_BLOCKS}"
    if "submit" not in view and any(isinstance(one, dict) and one.get("type") == "input" for one in blocks):
        return "submit is required when an input is among the blocks"
    told = [wrong_label(view.get("title"), _LONGEST_BUTTON)]
    told += [wrong_label(view[part], _LONGEST_BUTTON) for part in ("submit", "close") if part in view]
    told += [_wrong_text(view, "callback_id", _LONGEST_ID), _wrong_text(view, "private_metadata", _LONGEST_METADATA)]
    return next(filter(None, told), "")


def _named(blocks: list[Any]) -> list[Any]:
    """The blocks, each input with the ids that Slack gives it where the app did not."""
    return [
        {"block_id": f"block-{number}", **block, "element": {"action_id": f"input-{number}", **block["element"]}}
        if isinstance(block, dict) and block.get("type") == "input" and isinstance(block.get("element"), dict)
        else block
        for number, block in enumerate(blocks)
    ]


def _wrong_in_view(block: Any) -> str:
    if not isinstance(block, dict) or block.get("type") not in (*_SHOWN, "input"):
        return "unsupported type"
    wrong = _wrong_input(block) if block["type"] == "input" else wrong_block(block)
    return wrong or _wrong_text(block, "block_id", _LONGEST_ID)


def _wrong_input(block: dict[str, Any]) -> str:
    element = block.get("element")
    if not isinstance(element, dict) or element.get("type") not in _ELEMENTS:
        return "unsupported type of element"
    told = [wrong_label(block.get("label"), _LONGEST_LABEL)]
    told += [wrong_label(block["hint"], _LONGEST_LABEL)] if "hint" in block else []
    told += [_wrong_text(element, "action_id", _LONGEST_ID)]
    told += [wrong_label(element["placeholder"], _LONGEST_PLACEHOLDER)] if "placeholder" in element else []
    return next(filter(None, chain(told, [_ELEMENTS[element["type"]](element)])), "")


def _wrong_text_input(element: dict[str, Any]) -> str:
    longest = element.get("max_length", _LONGEST_INPUT)
    if not isinstance(longest, int) or not 1 <= longest <= _LONGEST_INPUT:
        return f"max_length must be 1 to {_LONGEST_INPUT}"
    return _wrong_text(element, "initial_value", longest)


def _wrong_select(element: dict[str, Any]) -> str:
    options = element.get("options")
    if not isinstance(options, list) or not 1 <= len(options) <= _MOST_OPTIONS:
        return f"options must be a list of 1 to {_MOST_OPTIONS}"
    if "initial_option" in element and element["initial_option"] not in options:
        return "initial_option must be one of the options"
    return next(filter(None, map(_wrong_option, options)), "")


def _wrong_option(option: Any) -> str:
    if not isinstance(option, dict) or not option.get("value"):
        return "an option must be an object with a value"
    return wrong_label(option.get("text"), _LONGEST_OPTION) or _wrong_text(option, "value", _LONGEST_VALUE)


def _wrong_text(parent: dict[str, Any], name: str, longest: int) -> str:
    value = parent.get(name, "")
    fits = isinstance(value, str) and len(value) <= longest
    return "" if fits else f"{name} must be a text of less than {longest + 1} characters"


_ELEMENTS: Final = {"plain_text_input": _wrong_text_input, "static_select": _wrong_select}
