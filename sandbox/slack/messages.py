"""Posting, changing and reading messages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request

from sandbox.errors import Refused
from sandbox.slack.arguments import Arguments
from sandbox.slack.content import read_content
from sandbox.slack.files import shown_file
from sandbox.slack.store import BOT, BOT_ID, TEAM, Channel, Message, Workspace
from sandbox.state import SandboxState, effect

_USUAL_PAGE: Final = 100
_LONGEST_PAGE: Final = 999

Answer = dict[str, Any]


class Messages:
    """The calls about messages."""

    def __init__(self, sandbox: SandboxState, workspace: Workspace) -> None:
        self._sandbox = sandbox
        self._workspace = workspace

    def post(self, request: Request, given: Arguments) -> Answer:
        """`chat.postMessage`: to a channel's id or name, or to a member."""
        channel = self._addressee(given.needed("channel", "channel_not_found"))
        content = read_content(given)
        thread_ts = given.text("thread_ts") or None
        if thread_ts is not None and channel.message(thread_ts) is None:
            raise Refused(200, "thread_not_found", "no such parent message")
        message = self._workspace.post(channel, self._sandbox.clock.now(), content, thread_ts)
        effect(request)
        return {"channel": channel.id, "ts": message["ts"], "message": view(message, channel)}

    def update(self, request: Request, given: Arguments) -> Answer:
        """`chat.update`: other content for a message of ours; a new text without blocks replaces them."""
        channel = self._workspace.channel(given.needed("channel", "channel_not_found"))
        message = channel.message(given.needed("ts", "message_not_found"))
        if message is None:
            raise Refused(200, "message_not_found", "no such message")
        if message["user"] != BOT:
            raise Refused(200, "cant_update_message", "the message is somebody else's")
        if self._workspace.edit(message, self._sandbox.clock.now(), read_content(given)):
            effect(request)
        shown = view(message, channel)
        return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": shown}

    def delete(self, request: Request, given: Arguments) -> Answer:
        """`chat.delete`: a message of ours is gone; the replies to it stay, in a thread that is not found any more."""
        channel = self._workspace.channel(given.needed("channel", "channel_not_found"))
        message = channel.message(given.needed("ts", "message_not_found"))
        if message is None:
            raise Refused(200, "message_not_found", "no such message")
        if message["user"] != BOT:
            raise Refused(200, "cant_delete_message", "the message is somebody else's")
        channel.messages.remove(message)
        effect(request)
        return {"channel": channel.id, "ts": message["ts"]}

    def permalink(self, request: Request, given: Arguments) -> Answer:
        """`chat.getPermalink`: the address of a message's place in the channel, for a person's browser."""
        channel = self._workspace.channel(given.needed("channel", "channel_not_found"))
        message = channel.message(given.needed("message_ts", "message_not_found"))
        if message is None:
            raise Refused(200, "message_not_found", "no such message")
        address = f"{request.base_url}slack/channels/{channel.id}#m{message['ts']}"
        return {"channel": channel.id, "permalink": address}

    def history(self, _request: Request, given: Arguments) -> Answer:
        """`conversations.history`: the channel's own messages, newest first."""
        channel = self._readable(given)
        own = [one for one in channel.messages if one["thread_ts"] in (None, one["ts"])]
        return self._page(channel, list(reversed(self._between(own, given))), given)

    def replies(self, _request: Request, given: Arguments) -> Answer:
        """`conversations.replies`: a thread, its parent first."""
        channel = self._readable(given)
        thread = channel.thread(given.needed("ts", "thread_not_found"))
        if not thread or channel.message(given.text("ts")) is None:
            raise Refused(200, "thread_not_found", "no such thread")
        return self._page(channel, thread[:1] + self._between(thread[1:], given), given)

    def _addressee(self, name: str) -> Channel:
        """The channel that is meant by an id, a public channel's name, or a member's id."""
        if name in self._workspace.members:
            channel, _ = self._workspace.direct((name,))
        else:
            channel = self._workspace.named(name) or self._workspace.channel(name)
        if channel.is_archived:
            raise Refused(200, "is_archived", "the channel is archived")
        if not channel.is_member:
            raise Refused(200, "not_in_channel", "the bot is not in the channel")
        return channel

    def _readable(self, given: Arguments) -> Channel:
        channel = self._workspace.channel(given.needed("channel", "channel_not_found"))
        if not channel.is_member:
            raise Refused(200, "not_in_channel", "the bot is not in the channel")
        return channel

    def _between(self, messages: Sequence[Message], given: Arguments) -> list[Message]:
        """Those between `oldest` and `latest`, which themselves belong to it only when `inclusive` is set."""
        oldest, latest = _micros(given.text("oldest", "0")), _micros(given.text("latest", "99999999999"))
        if given.flag("inclusive"):
            oldest, latest = oldest - 1, latest + 1
        return [one for one in messages if oldest < _micros(one["ts"]) < latest]

    def _page(self, channel: Channel, messages: list[Message], given: Arguments) -> Answer:
        limit = given.number("limit", _USUAL_PAGE, _LONGEST_PAGE)
        start = _start(messages, given.text("cursor"))
        shown = messages[start : start + limit]
        more = len(messages) > start + limit
        cursor = urlsafe_b64encode(f"next_ts:{messages[start + limit]['ts']}".encode()).decode() if more else ""
        return {
            "messages": [view(one, channel, with_metadata=given.flag("include_all_metadata")) for one in shown],
            "has_more": more,
            "response_metadata": {"next_cursor": cursor},
        }


def view(message: Message, channel: Channel, *, with_metadata: bool = False) -> Message:
    """The message as Slack shows it; metadata only when it is asked for."""
    shown: Message = {"type": "message", "team": TEAM} | ({"bot_id": BOT_ID} if message["user"] == BOT else {})
    shown |= {name: message[name] for name in ("ts", "user", "text", "blocks")}
    if "edited" in message:
        shown["edited"] = message["edited"]
    if "files" in message:
        shown["files"] = [shown_file(one) for one in message["files"]]
    replies = [one for one in channel.messages if one["thread_ts"] == message["ts"] != one["ts"]]
    if message["thread_ts"] or replies:
        shown["thread_ts"] = message["thread_ts"] or message["ts"]
    if replies:
        shown |= {"reply_count": len(replies), "latest_reply": replies[-1]["ts"]}
    if with_metadata and message["metadata"] is not None:
        shown["metadata"] = message["metadata"]
    return shown


def _start(messages: list[Message], cursor: str) -> int:
    if not cursor:
        return 0
    try:
        ts = urlsafe_b64decode(cursor).decode().removeprefix("next_ts:")
        return [one["ts"] for one in messages].index(ts)
    except ValueError:
        raise Refused(200, "invalid_cursor", "the cursor is not one of ours") from None


def _micros(ts: str) -> int:
    """A ts in whole microseconds: as floats two of them can be equal."""
    seconds, _, fraction = ts.partition(".")
    if not seconds.isdecimal() or (fraction and not fraction.isdecimal()):
        raise Refused(200, "invalid_ts_oldest", f"{ts} is not a ts")
    return int(seconds) * 1_000_000 + int(f"{fraction:0<6}"[:6])
