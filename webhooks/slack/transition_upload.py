"""A file that was shared in a channel, as Slack's Events API tells of it (TRN-2).

https://docs.slack.dev/reference/events/file_shared
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from webhooks.slack.payload import Short, Strict, read

SHARED: Final = "file_shared"

_Ts = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}$")]
_FileId = Annotated[str, Field(pattern=r"^F[A-Z0-9]{1,30}$")]


class _Kind(Strict):
    type: str = ""


class _Told(Strict):
    event: _Kind = _Kind()


class _Sharing(Strict):
    file_id: _FileId
    user_id: Short
    channel_id: Short
    event_ts: _Ts


class _Shared(Strict):
    event: _Sharing


@dataclass(frozen=True)
class Upload:
    """A file that was shared in a channel.

    Attributes:
        file: its id.
        channel: the id of the channel.
        user: the id of the person who shared it.
        shared_at: Slack's timestamp of the event; a repeat of the event has the same one, sharing again another.
    """

    file: str
    channel: str
    user: str
    shared_at: str


def upload_in(body: bytes) -> Upload | None:
    """The file that an event tells of; None when it tells of something else.

    Raises:
        UnreadablePayloadError: it is no event as Slack sends it.
    """
    if read(_Told, body).event.type != SHARED:
        return None
    shared = read(_Shared, body).event
    return Upload(shared.file_id, shared.channel_id, shared.user_id, shared.event_ts)
