"""Messages in Slack: questions, reminders and the digest, and how any message is posted once.

The steps that post share these arguments:
    key: the message's name for ever, by which another try finds it in the channel.
    channel: id or `#name`.
    thread_ts: the message to reply to; None for a message of the channel.
    text: the message, or the notification of a message with blocks.
    since: how far back to search for the message (UTC).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from blocks.common.errors import VendorRefused
from blocks.policy.block import Policy
from blocks.slack.block import Posted, SlackWorkspace
from rules.common.records import Change
from tasks.core.connections import connection
from tasks.core.effects import record, record_if_unknown
from tasks.core.locks import SLACK_QUESTIONS, lock
from tasks.core.steps import attempt, read_task, write_task
from tasks.slack.delivery import CHANNEL_GONE, THREAD_GONE, Message, deliver, keep

CLOCKS_DIFFER = 3600.0
"""Seconds by which Slack's clock and ours may differ."""


class Announced(TypedDict):
    """The place of a message in Slack, which is also that of its thread."""

    channel: str
    ts: str


NOWHERE = Announced(channel="", ts="")
"""The place of a message that a person has skipped."""


@write_task(
    "Ask {whom}: {subject}, question {number}", keyed_by=("key",), done="{whom} asked: {subject}, question {number}"
)
async def post_question(
    key: str,
    *,
    whom: str,
    subject: str,
    number: int,
    channel: str,
    thread_ts: str | None,
    text: str,
    blocks: list[dict[str, Any]],
    since: datetime,
) -> Announced:
    """Post a question once, however many processes run its run (PUB-3, PUB-7).

    `whom`, `subject` and the `number` of the question are for the step's title and the audit.
    """
    change = Change("Slack", f"Channel {channel}", f"Question {number}", "", f"{whom} asked: {subject}", "PUB-7")
    async with lock(SLACK_QUESTIONS):
        return await post_once(channel, key, text, change, since=since, blocks=blocks, thread_ts=thread_ts)


@write_task("Remind {whom} of {subject}", keyed_by=("key",), done="{whom} reminded: {subject}")
async def post_reminder(
    key: str, *, whom: str, subject: str, channel: str, thread_ts: str | None, text: str, since: datetime
) -> Announced:
    """Post a reminder of an open question, once for each urgency; `whom` and `subject` are for title and audit."""
    change = Change("Slack", f"Channel {channel}", "Reminder", "", f"{whom} reminded: {subject}", "PUB-7")
    async with lock(SLACK_QUESTIONS):
        return await post_once(channel, key, text, change, since=since, thread_ts=thread_ts)


@write_task("Post the digest of open questions", keyed_by=("key",))
async def post_digest(key: str, text: str, *, since: datetime) -> Announced:
    """Post the list of open questions for CS Operations, once a day. The key is `digest:<day>`, `since` is now."""
    return await post_for_cs_ops(key, text, "Open questions", "PUB-7", field="Digest", since=since - timedelta(days=1))


@write_task("Update the question about {label}")
async def revise(key: str, posted: dict[str, str], text: str, blocks: list[dict[str, Any]]) -> None:
    """Replace text and blocks of a posted question, whose place is `posted` (`channel` and `ts`)."""
    slack = await connection(SlackWorkspace)
    place = Posted(**posted)
    await asyncio.to_thread(lambda: slack.client().update(place, text, key=key, blocks=blocks))


@read_task("Check whether the question about {label} is still in Slack")
async def is_posted(posted: dict[str, str]) -> bool:
    """Whether the message at `posted` (`channel` and `ts`) still exists."""
    slack = await connection(SlackWorkspace)
    try:
        await asyncio.to_thread(lambda: slack.client().link(Posted(**posted)))
    except VendorRefused as error:
        if error.code in THREAD_GONE | CHANNEL_GONE:
            return False
        raise
    return True


@read_task("Find {label} in Slack")
async def slack_members(emails: Sequence[str]) -> dict[str, str]:
    """The member ids by e-mail address, without addresses that no member has.

    The policy's own list comes first; Slack is asked for the other addresses.
    """
    known = (await connection(Policy)).member_by_email
    slack = await connection(SlackWorkspace)

    def find_all() -> dict[str, str]:
        members = {email: known.get(email.casefold()) or slack.client().user_by_email(email) for email in emails}
        return {email: member for email, member in members.items() if member}

    return await asyncio.to_thread(find_all)


async def post_for_cs_ops(
    key: str,
    text: str,
    title: str,
    rule: str,
    *,
    since: datetime,
    field: str = "Message",
    blocks: list[dict[str, Any]] | None = None,
) -> Announced:
    """Post a message once in the CS Operations channel, however many processes post it; a part of a step.

    `field`, `title` and `rule` are for the audit.
    """
    channel = (await connection(Policy)).cs_ops_channel
    change = Change("Slack", f"Channel {channel}", field, "", title, rule)
    async with lock(SLACK_QUESTIONS):
        return await post_once(channel, key, text, change, since=since, blocks=blocks)


async def keep_for_cs_ops(
    key: str,
    text: str,
    blocks: list[dict[str, Any]],
    change: Change,
    *,
    since: datetime,
    posted: Posted | None = None,
) -> Announced:
    """Show a message in the CS Operations channel with this content, whether it is there or not; a part of a step.

    `posted` is its place, if it is known. If it was deleted, it is posted again. `change` is for the audit.
    """
    slack, channel = await connection(SlackWorkspace), (await connection(Policy)).cs_ops_channel
    message, oldest = Message(channel, key, text, blocks), since.timestamp() - CLOCKS_DIFFER

    async with lock(SLACK_QUESTIONS):
        with record_if_unknown(change):
            place, is_new = await asyncio.to_thread(lambda: keep(slack.client(), message, posted, oldest=oldest))
    if is_new:
        record(change)
    return Announced(channel=place.channel, ts=place.ts)


async def post_once(
    channel: str,
    key: str,
    text: str,
    change: Change,
    *,
    since: datetime,
    first: bool = False,
    blocks: list[dict[str, Any]] | None = None,
    thread_ts: str | None = None,
) -> Announced:
    """Post a message unless it is there; a part of every step that posts.

    Slack has no idempotency keys: if an earlier try may have posted, we search the channel for our key first. If the
    thread or the channel is gone, the message goes to the channel, or to CS Operations (REC-3). `change` is for the
    audit. `first` means that nothing can have been posted before the first try of this step.
    """
    slack, policy = await connection(SlackWorkspace), await connection(Policy)
    oldest = since.timestamp() - CLOCKS_DIFFER if not first or attempt() > 1 else None
    message = Message(channel, key, text, blocks, thread_ts)
    with record_if_unknown(change):
        posted, is_new = await asyncio.to_thread(
            lambda: deliver(slack.client(), message, policy.cs_ops_channel, oldest=oldest)
        )
    # With `first`, a message that is there was posted by an earlier try of this step.
    if is_new or first:
        record(change)
    return Announced(channel=posted.channel, ts=posted.ts)
