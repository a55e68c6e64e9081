"""The event `file_shared` of Slack's Events API (TRN-2).

https://docs.slack.dev/reference/events/file_shared
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from webhooks.slack.payload import ShortText, StrictModel, parse

FILE_SHARED: Final = "file_shared"

_Timestamp = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]
_FileId = Annotated[str, Field(pattern=r"^F[A-Z0-9]{1,30}$")]


class _EventType(StrictModel):
    type: str = ""


class _AnyEvent(StrictModel):
    event: _EventType = _EventType()


class _FileShared(StrictModel):
    file_id: _FileId
    user_id: ShortText
    channel_id: ShortText
    event_ts: _Timestamp


class _FileSharedEvent(StrictModel):
    event: _FileShared


@dataclass(frozen=True)
class SharedFile:
    """A file that a member shared in a channel, by Slack's ids.

    Attributes:
        shared_at: the event's timestamp. A repeated event has the same timestamp; sharing the file again has another.
    """

    file: str
    channel: str
    user: str
    shared_at: str


def parse_file_shared(body: bytes) -> SharedFile | None:
    """The shared file in an event; None for another event.

    Raises:
        UnreadablePayloadError: a field is missing or wrong.
    """
    if parse(_AnyEvent, body).event.type != FILE_SHARED:
        return None
    event = parse(_FileSharedEvent, body).event
    return SharedFile(event.file_id, event.channel_id, event.user_id, event.event_ts)
