"""The steps against Slack: the notice of a closed sale (ONB-1), and word to a CSM of a new account."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from blocks.policy.block import Policy
from blocks.slack.block import Posted, SlackWorkspace
from rules.common.records import Change
from tasks.core.connections import connection
from tasks.core.effects import record, record_if_unknown
from tasks.core.locks import SLACK_QUESTIONS, lock
from tasks.core.steps import attempt, read_task, write_task
from tasks.slack.delivery import Message, deliver

SALES, THE_CSM = "sales", "the CSM"
"""Who is told of the end of a service."""
CLOCKS_DIFFER = 3600.0
"""Seconds by which Slack's clock and ours may differ."""


class Announced(TypedDict):
    """Where the message stands: the thread about its subject."""

    channel: str
    ts: str


@write_task("Announce {name} in the sales channel", keyed_by=("key",))
async def announce(key: str, name: str, text: str, *, first: bool, since: datetime) -> Announced:
    """Post the notice of a sale, once (ONB-1).

    Args:
        key: names the message for ever: `onboarding:<opportunity id>`.
        name: the opportunity's name.
        text: the message, in Slack's markup.
        first: nothing can have been posted yet.
        since: how far back to search (UTC).
    """
    channel = (await connection(Policy)).sales_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", f"Closed Won: {name}", "ONB-1")
    return await post_once(channel, key, text, change, first=first, since=since)


@write_task("Tell {label} of {account_name}", keyed_by=("key",))
async def tell_csm(key: str, csm_name: str, account_name: str, text: str, *, first: bool, since: datetime) -> Announced:
    """Tell a CSM and the team lead of a new account, once, with what they need for the first call (CSM-1).

    Args:
        key: names the message for ever: `csm-assignment:<opportunity or account id>:<CSM's user id>`.
        csm_name: for people.
        account_name: for people.
        text: the message, in Slack's markup.
        first: nothing can have been posted yet.
        since: how far back to search (UTC).
    """
    channel = (await connection(Policy)).csm_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", f"{csm_name} looks after {account_name}", "CSM-1")
    return await post_once(channel, key, text, change, first=first, since=since)


@write_task("Tell {whom}: {name} {news}", keyed_by=("key",))
async def tell_of_end(key: str, *, whom: str, name: str, news: str, text: str, since: datetime) -> Announced:
    """Tell people how it stands with the end of a client's service, once (PUB-4, PUB-5).

    Args:
        key: names the message for ever: `deactivation:<contract id>:<last day>:<news>:<whom>`.
        whom: `sales` or `the CSM`, each in their channel.
        name: the account's name.
        news: in a word or two, for people.
        text: the message, in Slack's markup.
        since: how far back to search (UTC).
    """
    policy = await connection(Policy)
    channel = policy.sales_channel if whom == SALES else policy.csm_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", f"{name}: {news}", "PUB-4")
    return await post_once(channel, key, text, change, first=False, since=since)


@write_task("Announce the publications of {name} in the sales channel", keyed_by=("key", "thread_ts"))
async def announce_publications(
    key: str, name: str, text: str, *, since: datetime, thread_ts: str | None = None
) -> Announced:
    """Post what somebody asks for, that something must be asked, or what was done about publications, once (PUB-1).

    Args:
        key: names the message for ever: `publications:<run id>`, with `:done` behind it for what was done.
        name: the account's name.
        text: the message, in Slack's markup.
        since: how far back to search (UTC).
        thread_ts: the notice that it answers to.
    """
    channel = (await connection(Policy)).sales_channel
    what = "Reply" if thread_ts else "Message"
    change = Change("Slack", f"Channel {channel}", what, "", f"Publications of {name}", "PUB-1")
    return await post_once(channel, key, text, change, first=False, since=since, thread_ts=thread_ts)


@write_task("Ask {whom}: {subject}, question {number}", keyed_by=("key",))
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
    """Put a question to people, once, however often and by however many processes the run is run (PUB-3, PUB-7).

    Args:
        key: names the message for ever.
        whom: for people.
        subject: for people.
        number: of the question.
        channel: id or `#name`.
        thread_ts: the message it answers to.
        text: the notification.
        blocks: the message.
        since: how far back to search (UTC).
    """
    change = Change("Slack", f"Channel {channel}", f"Question {number}", "", f"{whom} asked: {subject}", "PUB-7")
    async with lock(SLACK_QUESTIONS):
        return await post_once(
            channel, key, text, change, first=False, since=since, blocks=blocks, thread_ts=thread_ts
        )  # fmt: skip


@write_task("Remind {whom} of {subject}", keyed_by=("key",))
async def post_reminder(
    key: str, *, whom: str, subject: str, channel: str, thread_ts: str | None, text: str, since: datetime
) -> Announced:
    """Say again that a question is open; once for each urgency.

    Args:
        key: names the message for ever.
        whom: for people.
        subject: for people.
        channel: id or `#name`.
        thread_ts: the message it answers to.
        text: the message.
        since: how far back to search (UTC).
    """
    change = Change("Slack", f"Channel {channel}", "Reminder", "", f"{whom} reminded: {subject}", "PUB-7")
    async with lock(SLACK_QUESTIONS):
        return await post_once(channel, key, text, change, first=False, since=since, thread_ts=thread_ts)


@write_task("Post the digest of what waits", keyed_by=("key",))
async def post_digest(key: str, text: str, *, since: datetime) -> Announced:
    """Tell CS Operations of everything that waits, once a day.

    Args:
        key: names the message for ever: `digest:<day>`.
        text: the message.
        since: now (UTC); how far back to search.
    """
    channel = (await connection(Policy)).cs_ops_channel
    change = Change("Slack", f"Channel {channel}", "Digest", "", "What waits for people", "PUB-7")
    async with lock(SLACK_QUESTIONS):
        return await post_once(channel, key, text, change, first=False, since=since - timedelta(days=1))


@write_task("Bring the question about {label} up to date")
async def revise(key: str, posted: dict[str, str], text: str, blocks: list[dict[str, Any]]) -> None:
    """Let a question's message show what became of it.

    Args:
        key: the message's own.
        posted: `channel` and `ts` of the message.
        text: the notification.
        blocks: the message.
    """
    slack = await connection(SlackWorkspace)
    where = Posted(**posted)
    await asyncio.to_thread(lambda: slack.client().update(where, text, key=key, blocks=blocks))


@read_task("Find {label} in Slack")
async def slack_members(emails: Sequence[str]) -> dict[str, str]:
    """The member ids of those who are in Slack, by e-mail address; who left, or was never there, is missing.

    Args:
        emails: any spelling; the policy's own list comes first, Slack is asked for the others.
    """
    known = (await connection(Policy)).member_by_email
    slack = await connection(SlackWorkspace)

    def look() -> dict[str, str]:
        found = {email: known.get(email.casefold()) or slack.client().user_by_email(email) for email in emails}
        return {email: member for email, member in found.items() if member}

    return await asyncio.to_thread(look)


async def post_once(
    channel: str,
    key: str,
    text: str,
    change: Change,
    *,
    first: bool,
    since: datetime,
    blocks: list[dict[str, Any]] | None = None,
    thread_ts: str | None = None,
) -> Announced:
    """Post, unless it is there; what several steps share.

    Slack knows no idempotency: whenever an earlier try may have posted, the channel is searched for our key first.
    Where the thread or the channel is gone, the message goes to the channel, or to CS Operations (REC-3).

    `change` is the audit's line; `first`: nothing can have been posted before this step's first try.
    """
    slack, policy = await connection(SlackWorkspace), await connection(Policy)
    oldest = since.timestamp() - CLOCKS_DIFFER if not first or attempt() > 1 else None
    message = Message(channel, key, text, blocks, thread_ts)
    with record_if_unknown(change):
        posted, is_new = await asyncio.to_thread(
            lambda: deliver(slack.client(), message, policy.cs_ops_channel, oldest=oldest)
        )
    # If the message is there although this is the first run of its record, an earlier try of this step posted it.
    if is_new or first:
        record(change)
    return Announced(channel=posted.channel, ts=posted.ts)
