"""What we read of Slack's responses: single fields of dicts that the SDK has parsed (ADR-12)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blocks.common.errors import UnexpectedResponse
from blocks.slack.errors import SYSTEM


@dataclass(frozen=True)
class Posted:
    """A message that is in Slack: its channel's id, and its timestamp, which is its id there."""

    channel: str
    ts: str


@dataclass(frozen=True)
class SlackFile:
    """A file in Slack.

    Attributes:
        id: `F…`.
        name: with its extension.
        user: the member id of the person who uploaded it.
        url: the download address; "" when the file is stored elsewhere, as a Google sheet is.
        threads: channel and thread of each message that shared it.
    """

    id: str
    name: str
    user: str
    url: str
    threads: tuple[tuple[str, str], ...] = ()


def text_in(method: str, parent: object, field: str) -> str:
    """The field of a response as a text that is not empty."""
    value = parent.get(field) if isinstance(parent, dict) else None
    if not isinstance(value, str) or not value:
        raise UnexpectedResponse(SYSTEM, f"{method}: {field} is missing")
    return value


def key_in(message: dict[str, Any]) -> object:
    """The key in a message's metadata, None where there is none."""
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return payload.get("key") if isinstance(payload, dict) else None


def file_of(method: str, file_id: str, file: object) -> SlackFile:
    """A file that Slack describes."""
    if not isinstance(file, dict):
        raise UnexpectedResponse(SYSTEM, f"{method}: file is missing")
    return SlackFile(
        id=file_id,
        name=text_in(method, file, "name"),
        user=text_in(method, file, "user"),
        url="" if file.get("is_external") is True else text_in(method, file, "url_private_download"),
        threads=tuple(_threads(file.get("shares"))),
    )


def file_names(message: dict[str, Any]) -> Iterator[str]:
    """The names of a message's files; a deleted file has none."""
    files = message.get("files")
    for file in files if isinstance(files, list) else ():
        name = file.get("name") if isinstance(file, dict) else None
        if isinstance(name, str):
            yield name


def _threads(shares: object) -> Iterator[tuple[str, str]]:
    """Channel and thread of each message that shared a file; unreadable parts are skipped."""
    kinds = shares.values() if isinstance(shares, dict) else ()
    for channels in (kind for kind in kinds if isinstance(kind, dict)):
        for channel, messages in channels.items():
            for message in messages if isinstance(messages, list) else ():
                thread = (message.get("thread_ts") or message.get("ts")) if isinstance(message, dict) else None
                if isinstance(thread, str):
                    yield str(channel), thread
