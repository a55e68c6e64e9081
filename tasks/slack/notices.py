"""Further steps against Slack: what CS Operations and sales should know, and whether a question is still there."""

import asyncio
from datetime import datetime

from blocks.common.errors import VendorRefused
from blocks.policy.block import Policy
from blocks.slack.block import Posted, SlackWorkspace
from rules.common.records import Change
from tasks.core.connections import connection
from tasks.core.steps import read_task, write_task
from tasks.slack.delivery import CHANNEL_GONE, THREAD_GONE
from tasks.slack.messages import Announced, post_once


@read_task("See whether the question about {label} is still in Slack")
async def is_posted(posted: dict[str, str]) -> bool:
    """Whether a message, given by its `channel` and `ts`, is still there."""
    slack = await connection(SlackWorkspace)
    try:
        await asyncio.to_thread(lambda: slack.client().link(Posted(**posted)))
    except VendorRefused as error:
        if error.code in THREAD_GONE | CHANNEL_GONE:
            return False
        raise
    return True


@write_task("Tell CS Operations: {news}", keyed_by=("key",))
async def tell_cs_ops(key: str, *, news: str, text: str, rule: str, since: datetime) -> Announced:
    """Tell CS Operations what they should know, once.

    Args:
        key: names the message for ever.
        news: in a few words, for the run's title and the audit.
        text: the message, in Slack's markup.
        rule: the rule that asks for it.
        since: how far back to search (UTC).
    """
    channel = (await connection(Policy)).cs_ops_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", news, rule)
    return await post_once(channel, key, text, change, first=False, since=since)


@write_task("Say in the sales channel that {name} is out of scope", keyed_by=("key",))
async def announce_out_of_scope(key: str, name: str, text: str, *, first: bool, since: datetime) -> Announced:
    """Tell the sales channel that a sale is not onboarded, once (ONB-2).

    Args:
        key: names the message for ever: `out-of-scope:<opportunity id>`.
        name: the opportunity's name.
        text: the message, in Slack's markup.
        first: nothing can have been posted yet.
        since: how far back to search (UTC).
    """
    channel = (await connection(Policy)).sales_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", f"Out of scope: {name}", "ONB-2")
    return await post_once(channel, key, text, change, first=first, since=since)
