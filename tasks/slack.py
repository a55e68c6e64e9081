"""The steps against Slack: the notice of a closed sale (ONB-1)."""

import asyncio
from datetime import datetime
from typing import TypedDict

from blocks.policy import Policy
from blocks.slack import SlackWorkspace
from rules.records import Change
from tasks.audit import Effect, effects, may_be_lost
from tasks.connections import connection
from tasks.steps import attempt, writing

CLOCKS_DIFFER = 3600.0
"""Seconds by which Slack's clock and ours may differ."""


class Announced(TypedDict):
    """Where the notice stands: the thread in which the sale is spoken about."""

    channel: str
    ts: str
    effects: list[Effect]


@writing("Announce {name} in the sales channel", aside=("text", "first", "since"))
async def announce(key: str, name: str, text: str, *, first: bool, since: datetime) -> Announced:
    """Post the notice of a sale, once (ONB-1).

    Slack knows no idempotency: whenever an earlier try may have posted, the channel is searched for our key first.

    Args:
        key: names the message for ever: `onboarding:<opportunity id>`.
        name: the opportunity's name.
        text: the message, in Slack's markup.
        first: nothing can have been posted yet.
        since: how far back to search (UTC).
    """
    slack, policy = await connection(SlackWorkspace), await connection(Policy)
    channel = policy.sales_channel

    may_be_there = not first or attempt() > 1
    wanted = [Change("Slack", f"Channel {channel}", "Message", "", f"Closed Won: {name}", "ONB-1")]

    def post_once() -> Announced:
        client = slack.client()
        posted = None
        if may_be_there:
            posted = client.find(channel, key, oldest=since.timestamp() - CLOCKS_DIFFER)
        # What stands there although this is the first run of the sale was posted by an earlier try of this step.
        ours = posted is None or first
        posted = posted or client.post(channel, text, key=key)
        return Announced(channel=posted.channel, ts=posted.ts, effects=effects(wanted) if ours else [])

    with may_be_lost(wanted):
        return await asyncio.to_thread(post_once)
