"""The event `file_shared` of Slack's Events API (TRN-2).

https://docs.slack.dev/reference/events/file_shared
"""

from typing import Annotated, Final

from pydantic import AliasPath, Field

from webhooks.slack.payload import ShortText, StrictModel, parse

FILE_SHARED: Final = "file_shared"


class _EventType(StrictModel):
    type: str = ""


class _AnyEvent(StrictModel):
    event: _EventType = _EventType()


class SharedFile(StrictModel):
    """A file that a member shared in a channel, by Slack's ids.

    Attributes:
        shared_at: the event's timestamp. A repeated event has the same timestamp; sharing the file again has another.
    """

    file: Annotated[str, Field(validation_alias=AliasPath("event", "file_id"), pattern=r"^F[A-Z0-9]{1,30}$")]
    channel: Annotated[ShortText, Field(validation_alias=AliasPath("event", "channel_id"))]
    user: Annotated[ShortText, Field(validation_alias=AliasPath("event", "user_id"))]
    shared_at: Annotated[
        str, Field(validation_alias=AliasPath("event", "event_ts"), pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")
    ]


def parse_file_shared(body: bytes) -> SharedFile | None:
    """The shared file in an event; None for another event.

    Raises:
        UnreadablePayloadError: a field is missing or wrong.
    """
    if parse(_AnyEvent, body).event.type != FILE_SHARED:
        return None
    return parse(SharedFile, body)
