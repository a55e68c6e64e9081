"""The calls we make to Slack about messages and people; those about files are in `files.py`.

Slack cannot tell a repeated post from a second message. Every post therefore has a key in its metadata: when the
outcome is unknown, `find` looks for the message by this key.
"""

import re
from typing import Any

from pydantic import SecretStr

from blocks.common.errors import UnexpectedResponse, VendorRefused
from blocks.slack.errors import SYSTEM
from blocks.slack.files import SlackFiles
from blocks.slack.responses import Posted, key_in, text_in
from blocks.slack.transport import SlackCalls

_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{2,}")
_LINK = re.compile(r"https?://[^\s()<>\[\]\\|\"]+")


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
            text: the message; with blocks, only the notification.
            key: the key that `find` looks for.
            blocks: the layout of the message.
            thread_ts: the message to reply to.

        Raises:
            VendorUnavailable: when `outcome_unknown`, look with `find` before posting again.
        """
        response = self._calls.call(
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
        return Posted(text_in("chat.postMessage", response, "channel"), text_in("chat.postMessage", response, "ts"))

    def update(self, posted: Posted, text: str, *, key: str, blocks: list[dict[str, Any]]) -> None:
        """Replace text and layout of a message of ours; it keeps its key. Repeating it changes nothing.

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
        response = self._calls.call(method, params={"channel": posted.channel, "message_ts": posted.ts})
        address = text_in(method, response, "permalink")
        if not _LINK.fullmatch(address):
            raise UnexpectedResponse(SYSTEM, f"{method}: permalink is not a web address")
        return address

    def find(self, channel: str, key: str, *, oldest: float, thread_ts: str | None = None) -> Posted | None:
        """The message with this key, posted since `oldest` (epoch seconds), or None.

        Args:
            channel: id of a channel, or `#name` of a public one.
            key: the key that it was posted with.
            oldest: how far back to look.
            thread_ts: the thread to look in; without one, the replies in threads are not searched.

        Raises:
            VendorRefused: there are too many messages to search.
        """
        channel_id = self.channel_id(channel)
        if channel_id is None:
            return None
        method = "conversations.replies" if thread_ts else "conversations.history"
        params = {"channel": channel_id, "oldest": f"{oldest:.6f}", "include_all_metadata": 1}
        params |= {"ts": thread_ts} if thread_ts else {}
        for message in self._calls.paged(method, "messages", params):
            if key_in(message) == key:
                return Posted(channel_id, text_in(method, message, "ts"))
        return None

    def channel_id(self, name: str) -> str | None:
        """The id of a public channel by its name, with or without #; None when there is none."""
        bare_name = name.removeprefix("#")
        if _CHANNEL_ID.fullmatch(bare_name):
            return bare_name
        params = {"types": "public_channel", "exclude_archived": 1}
        for channel in self._calls.paged("conversations.list", "channels", params):
            if channel.get("name") == bare_name:
                return text_in("conversations.list", channel, "id")
        return None

    def user_by_email(self, email: str) -> str | None:
        """The id of the member with this address, or None."""
        try:
            response = self._calls.call("users.lookupByEmail", params={"email": email})
        except VendorRefused as error:
            if error.code == "users_not_found":
                return None
            raise
        return text_in("users.lookupByEmail", response.get("user"), "id")

    def scopes(self) -> frozenset[str]:
        """The scopes of the token."""
        headers: dict[str, str] = {}
        self._calls.call("auth.test", params={}, headers_into=headers)
        granted = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
        return frozenset(scope.strip() for scope in granted.split(","))


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": "lifecycle", "event_payload": {"key": key}}
