"""Deliver a message in Slack: to its thread, or else to the channel, or else to CS Operations (REC-3)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from blocks.common.errors import VendorRefused
from blocks.slack.block import Posted, SlackClient
from tasks.templates import render

THREAD_GONE = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
"""Slack's error codes when somebody deleted the first message of the thread."""
CHANNEL_GONE = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel"}
)
"""Slack's error codes when the channel is gone, or the app was removed from it."""

NOT_EDITABLE = THREAD_GONE | CHANNEL_GONE | {"cant_update_message", "edit_window_closed"}
"""Slack's error codes when a message cannot be given other content."""


@dataclass(frozen=True)
class Message:
    """One message and its place.

    Attributes:
        channel: id or `#name`.
        key: its name for ever, by which it is found.
        text: the message, and the notification when there are blocks.
        blocks: its layout.
        thread_ts: the message to reply to.
    """

    channel: str
    key: str
    text: str
    blocks: list[dict[str, Any]] | None = None
    thread_ts: str | None = None


def deliver(client: SlackClient, message: Message, fallback: str, *, oldest: float | None) -> tuple[Posted, bool]:
    """Post a message to its place, or else to the nearest place that Slack allows, unless it is there.

    Args:
        client: of the workspace.
        message: the message.
        fallback: the channel of CS Operations, who can repair the place in Slack.
        oldest: how far back to search for it (epoch seconds); None when it cannot have been posted before.

    Returns:
        The place of the message, and whether it is new.

    Raises:
        VendorRefused: Slack refuses the message everywhere.
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


def keep(client: SlackClient, message: Message, posted: Posted | None, *, oldest: float) -> tuple[Posted, bool]:
    """Show a message of CS Operations' channel with its present content, whether it is there or not.

    Args:
        client: of the workspace.
        message: with blocks.
        posted: its place, if it is known.
        oldest: how far back to search for it otherwise (epoch seconds).

    Returns:
        The place of the message, and whether it is new. One that was deleted is posted again.

    Raises:
        VendorRefused: Slack refuses the message.
    """
    place, is_new = (posted, False) if posted else deliver(client, message, message.channel, oldest=oldest)
    if is_new:
        return place, True
    try:
        client.update(place, message.text, key=message.key, blocks=message.blocks or [])
    except VendorRefused as error:
        if error.code not in NOT_EDITABLE:
            raise
        return deliver(client, message, message.channel, oldest=None)
    return place, False


def _variants(message: Message, fallback: str) -> Iterator[Message]:
    """The message at its place, in the channel outside the thread, and in the channel of CS Operations."""
    yield message
    if message.thread_ts:
        yield replace(message, thread_ts=None)
    if message.channel.removeprefix("#") != fallback.removeprefix("#"):
        yield replace(message, channel=fallback, thread_ts=None)


def _post(client: SlackClient, message: Message, oldest: float | None) -> tuple[Posted, bool]:
    thread = message.thread_ts
    if oldest is not None and (earlier := client.find(message.channel, message.key, oldest=oldest, thread_ts=thread)):
        return earlier, False
    posted = client.post(message.channel, message.text, key=message.key, blocks=message.blocks, thread_ts=thread)
    return posted, True


def _moved(message: Message, channel: str, code: str) -> Message:
    """The message for CS Operations, with the reason why it comes to their channel."""
    if message.channel == channel:
        return message
    reason = render("moved.slack", channel=channel, code=code).strip()
    section = {"type": "section", "text": {"type": "mrkdwn", "text": reason, "verbatim": True}}
    blocks = None if message.blocks is None else [section, *message.blocks]
    return replace(message, text=f"{reason}\n{message.text}", blocks=blocks)
