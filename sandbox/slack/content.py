"""What Slack accepts in a message: its text, blocks and metadata."""

from typing import Any, Final

from sandbox.errors import Refused
from sandbox.slack.arguments import Arguments
from sandbox.slack.buttons import wrong_buttons

_LONGEST_TEXT: Final = 40_000
_MOST_BLOCKS: Final = 50
_LONGEST_SECTION: Final = 3_000
_LONGEST_FIELD: Final = 2_000
_LONGEST_HEADER: Final = 150
_MOST_ELEMENTS: Final = 25
_KINDS: Final = ("section", "header", "divider", "context", "actions", "image", "input", "rich_text", "file")


def read_content(given: Arguments) -> dict[str, Any]:
    """Text, blocks and metadata of a message, as far as they are given.

    Raises:
        Refused: with Slack's name for what is wrong.
    """
    content: dict[str, Any] = {}
    if given.has("text"):
        content["text"] = given.text("text")
    blocks = given.parsed("blocks", "invalid_blocks_format")
    if blocks is not None:
        content["blocks"] = _checked_blocks(blocks)
    metadata = given.parsed("metadata", "invalid_metadata_format")
    if metadata is not None:
        content["metadata"] = _checked_metadata(metadata)
    if not content.get("text") and not content.get("blocks"):
        raise Refused(200, "no_text", "a message needs text or blocks")
    if len(content.get("text", "")) > _LONGEST_TEXT:
        raise Refused(200, "msg_too_long", f"more than {_LONGEST_TEXT} characters")
    return content


def _checked_metadata(metadata: Any) -> dict[str, Any]:
    if (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    ):
        return metadata
    raise Refused(200, "invalid_metadata_format", "metadata has an event_type and an event_payload")


def _checked_blocks(blocks: Any) -> list[dict[str, Any]]:
    if not isinstance(blocks, list):
        raise Refused(200, "invalid_blocks_format", "blocks are a list")
    if len(blocks) > _MOST_BLOCKS:
        raise bad_blocks(f"no more than {_MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    for number, block in enumerate(blocks):
        reason = wrong_block(block)
        if reason:
            raise bad_blocks(f"{reason} [json-pointer:/blocks/{number}]")
    return blocks


def wrong_block(block: Any) -> str:
    """What is wrong with a block, "" when nothing is."""
    if not isinstance(block, dict) or block.get("type") not in _KINDS:
        return "unsupported type"
    match block["type"]:
        case "section":
            return _wrong_section(block)
        case "header":
            return _wrong_text(block.get("text"), _LONGEST_HEADER)
        case "actions" | "context":
            return _wrong_elements(block["type"], block.get("elements"))
    return ""


def _wrong_section(section: dict[str, Any]) -> str:
    fields = section.get("fields", [])
    if "text" not in section and not fields:
        return "missing required field: text or fields"
    told = [_wrong_text(one, _LONGEST_FIELD) for one in fields]
    told += [_wrong_text(section["text"], _LONGEST_SECTION)] if "text" in section else []
    told += [wrong_buttons([section["accessory"]])] if "accessory" in section else []
    return next(filter(None, told), "")


def _wrong_elements(kind: str, elements: Any) -> str:
    if not isinstance(elements, list) or not 1 <= len(elements) <= _MOST_ELEMENTS:
        return f"elements must be a list of 1 to {_MOST_ELEMENTS}"
    if not all(isinstance(one, dict) for one in elements):
        return "an element must be an object"
    if kind == "actions":
        return wrong_buttons(elements)
    texts = (one for one in elements if one.get("type") != "image")
    return next(filter(None, (_wrong_text(one, _LONGEST_FIELD) for one in texts)), "")


def _wrong_text(text: Any, longest: int) -> str:
    if not isinstance(text, dict) or text.get("type") not in ("mrkdwn", "plain_text"):
        return "text must be a mrkdwn or plain_text object"
    written = text.get("text")
    if not isinstance(written, str) or not written:
        return "must be more than 0 characters"
    return f"must be less than {longest + 1} characters" if len(written) > longest else ""


def bad_blocks(reason: str) -> Refused:
    """Slack's refusal of blocks."""
    return Refused(200, "invalid_blocks", reason, response_metadata={"messages": [f"[ERROR] {reason}"]})
