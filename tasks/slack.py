"""The steps against Slack: the notice of a closed sale (ONB-1), and word to a CSM of a new account."""

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
    """Where the message stands: the thread in which its matter is spoken about."""

    channel: str
    ts: str
    effects: list[Effect]


@writing("Announce {name} in the sales channel", aside=("text", "first", "since"))
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
    wanted = Change("Slack", f"Channel {channel}", "Message", "", f"Closed Won: {name}", "ONB-1")
    return await _post_once(channel, key, text, wanted, first=first, since=since)


@writing("Tell {csm_name} and {lead_name} of {account_name}", aside=("account_name", "text", "first", "since"))
async def tell_csm(
    key: str,
    csm_name: str,
    lead_name: str,  # noqa: ARG001 - for the run's title
    account_name: str,
    text: str,
    *,
    first: bool,
    since: datetime,
) -> Announced:
    """Tell a CSM and the team lead of a new account, once, with what they need for the first call (CSM-1).

    Args:
        key: names the message for ever: `csm-assignment:<opportunity or account id>:<CSM's user id>`.
        csm_name: for people.
        lead_name: for people.
        account_name: for people.
        text: the message, in Slack's markup.
        first: nothing can have been posted yet.
        since: how far back to search (UTC).
    """
    channel = (await connection(Policy)).csm_channel
    wanted = Change("Slack", f"Channel {channel}", "Message", "", f"{csm_name} looks after {account_name}", "CSM-1")
    return await _post_once(channel, key, text, wanted, first=first, since=since)


async def _post_once(channel: str, key: str, text: str, wanted: Change, *, first: bool, since: datetime) -> Announced:
    """Post, unless it is there.

    Slack knows no idempotency: whenever an earlier try may have posted, the channel is searched for our key first.
    """
    slack = await connection(SlackWorkspace)
    may_be_there = not first or attempt() > 1

    def post() -> Announced:
        client = slack.client()
        posted = None
        if may_be_there:
            posted = client.find(channel, key, oldest=since.timestamp() - CLOCKS_DIFFER)
        # What stands there although this is the first run of its record was posted by an earlier try of this step.
        ours = posted is None or first
        posted = posted or client.post(channel, text, key=key)
        return Announced(channel=posted.channel, ts=posted.ts, effects=effects([wanted]) if ours else [])

    with may_be_lost([wanted]):
        return await asyncio.to_thread(post)
