"""Where a message goes when its place in Slack is gone: from the thread to the channel, from there to CS Operations."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from blocks.common.errors import VendorRefused
from blocks.slack.block import Posted, SlackClient
from tasks.templates import render

THREAD_GONE = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
"""Slack's codes for a thread whose first message somebody deleted."""
CHANNEL_GONE = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel"}
)
"""Slack's codes for a channel that is gone, or from which the app was removed."""


@dataclass(frozen=True)
class Message:
    """One message, and where it belongs.

    Attributes:
        channel: id or `#name`.
        key: what it is found by.
        text: the message, and the notification when there are blocks.
        blocks: its layout.
        thread_ts: the message it answers to.
    """

    channel: str
    key: str
    text: str
    blocks: list[dict[str, Any]] | None = None
    thread_ts: str | None = None


def deliver(client: SlackClient, message: Message, fallback: str, *, oldest: float | None) -> tuple[Posted, bool]:
    """Post a message where it belongs, or else as near to it as Slack allows; where it stands, and whether it is new.

    Args:
        client: of the workspace.
        message: the message.
        fallback: the channel of CS Operations, who can put right what is wrong in Slack.
        oldest: how far back to look for it (epoch seconds); None where it cannot have been posted before.

    Raises:
        VendorRefused: Slack takes it nowhere.
    """
    *others, last = _variants(message, fallback)
    code = ""
    for variant in others:
        try:
            return _post(client, variant, oldest)
        except VendorRefused as error:
            if error.code not in THREAD_GONE | CHANNEL_GONE:
                raise
            code = error.code
    return _post(client, _moved(last, message.channel, code) if code in CHANNEL_GONE else last, oldest)


def _variants(message: Message, fallback: str) -> Iterator[Message]:
    """The message where it belongs, in the channel itself, and in the channel of CS Operations."""
    yield message
    if message.thread_ts:
        yield replace(message, thread_ts=None)
    if message.channel.removeprefix("#") != fallback.removeprefix("#"):
        yield replace(message, channel=fallback, thread_ts=None)


def _post(client: SlackClient, message: Message, oldest: float | None) -> tuple[Posted, bool]:
    thread = message.thread_ts
    if oldest is not None and (found := client.find(message.channel, message.key, oldest=oldest, thread_ts=thread)):
        return found, False
    posted = client.post(message.channel, message.text, key=message.key, blocks=message.blocks, thread_ts=thread)
    return posted, True


def _moved(message: Message, channel: str, code: str) -> Message:
    """The message for CS Operations, with the reason why it stands there."""
    if message.channel == channel:
        return message
    reason = render("moved.slack", channel=channel, code=code).strip()
    section = {"type": "section", "text": {"type": "mrkdwn", "text": reason, "verbatim": True}}
    blocks = None if message.blocks is None else [section, *message.blocks]
    return replace(message, text=f"{reason}\n{message.text}", blocks=blocks)
