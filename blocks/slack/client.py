"""The calls we make to Slack about messages and people; those about files are in `slack_files`.

Slack does not know a repeat from a second message: every post carries a key in its metadata, by which `find`
tells after an outcome_unknown outcome whether it is there.
"""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.common.errors import UnexpectedResponse, VendorRefused
from blocks.slack.errors import SYSTEM
from blocks.slack.files import SlackFiles
from blocks.slack.transport import SlackCalls, text_in

_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{2,}")
_LINK = re.compile(r"https?://[^\s()<>\[\]\\|\"]+")


@dataclass(frozen=True)
class Posted:
    """A message that is in Slack: its channel's id, and its timestamp, which is its id there."""

    channel: str
    ts: str


class SlackClient:
    """Posts and looks up messages. Belongs to one thread; raises only the classes of `blocks.common.errors`.

    Attributes:
        files: the calls about files.
    """

    def __init__(self, token: SecretStr, base_url: str, seconds: int) -> None:
        self._calls = SlackCalls(token, base_url, seconds)
        self.files = SlackFiles(self._calls, token, base_url, seconds)

    def post(
        self,
        channel: str,
        text: str,
        *,
        key: str,
        blocks: list[dict[str, Any]] | None = None,
        thread_ts: str | None = None,
    ) -> Posted:
        """Post one message, with `key` in its metadata.

        Args:
            channel: id of a channel, or `#name` of a public one.
            text: the message, and the notification when there are blocks.
            key: what `find` finds it by.
            blocks: its layout.
            thread_ts: the message that it answers to.

        Raises:
            VendorUnavailable: when `outcome_unknown`, look with `find` before posting again.
        """
        answer = self._calls.call(
            "chat.postMessage",
            writes=True,
            json={
                "channel": channel,
                "text": text,
                "metadata": _metadata(key),
                "unfurl_links": False,
                **({} if blocks is None else {"blocks": blocks}),
                **({} if thread_ts is None else {"thread_ts": thread_ts}),
            },
        )
        return Posted(text_in("chat.postMessage", answer, "channel"), text_in("chat.postMessage", answer, "ts"))

    def update(self, posted: Posted, text: str, *, key: str, blocks: list[dict[str, Any]]) -> None:
        """Give a message of ours another text and layout; it keeps its key. Repeating it changes nothing.

        Raises:
            VendorRefused: the message is gone.
        """
        self._calls.call(
            "chat.update",
            writes=True,
            json={
                "channel": posted.channel,
                "ts": posted.ts,
                "text": text,
                "blocks": blocks,
                "metadata": _metadata(key),
            },
        )

    def link(self, posted: Posted) -> str:
        """The address of a message, for a person's browser.

        Raises:
            VendorRefused: the message is gone.
        """
        method = "chat.getPermalink"
        answer = self._calls.call(method, params={"channel": posted.channel, "message_ts": posted.ts})
        address = text_in(method, answer, "permalink")
        if not _LINK.fullmatch(address):
            raise UnexpectedResponse(SYSTEM, f"{method}: permalink is no address")
        return address

    def find(self, channel: str, key: str, *, oldest: float, thread_ts: str | None = None) -> Posted | None:
        """The message with this key, posted since `oldest` (epoch seconds), or None.

        Args:
            channel: where it would be.
            key: as it was posted with.
            oldest: how far back to look.
            thread_ts: the message it would answer to; without one, only the channel's own messages are looked at.

        Raises:
            VendorRefused: when there are too many messages to be sure.
        """
        found = channel if _CHANNEL_ID.fullmatch(channel) else self.channel_id(channel)
        if found is None:
            return None
        method = "conversations.replies" if thread_ts else "conversations.history"
        params = {"channel": found, "oldest": f"{oldest:.6f}", "include_all_metadata": 1}
        params |= {"ts": thread_ts} if thread_ts else {}
        for message in self._calls.paged(method, "messages", params):
            if _key(message) == key:
                return Posted(found, text_in(method, message, "ts"))
        return None

    def channel_id(self, name: str) -> str | None:
        """The id of a public channel by its name, with or without #; None when there is none."""
        wanted = name.removeprefix("#")
        if _CHANNEL_ID.fullmatch(wanted):
            return wanted
        params = {"types": "public_channel", "exclude_archived": 1}
        for channel in self._calls.paged("conversations.list", "channels", params):
            if channel.get("name") == wanted:
                return text_in("conversations.list", channel, "id")
        return None

    def user_by_email(self, email: str) -> str | None:
        """The id of the member with this address, or None."""
        try:
            answer = self._calls.call("users.lookupByEmail", params={"email": email})
        except VendorRefused as error:
            if error.code == "users_not_found":
                return None
            raise
        user = answer.get("user")
        return text_in("users.lookupByEmail", user if isinstance(user, dict) else {}, "id")

    def scopes(self) -> frozenset[str]:
        """What the token may do."""
        headers: dict[str, str] = {}
        self._calls.call("auth.test", params={}, headers_into=headers)
        granted = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
        return frozenset(scope.strip() for scope in granted.split(","))


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": "lifecycle", "event_payload": {"key": key}}


def _key(message: dict[str, Any]) -> object:
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return payload.get("key") if isinstance(payload, dict) else None
