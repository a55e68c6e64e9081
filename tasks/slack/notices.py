"""Notices in Slack: for sales, for CSMs and for CS Operations.

Each step posts its message once. The steps share these arguments:
    key: the message's name for ever, by which another try finds it in the channel.
    text: the message, in Slack's markup.
    first: whether this is the first time that the message can be posted.
    since: how far back to search for the message (UTC).
"""

from datetime import datetime

from blocks.policy.block import Policy
from rules.common.records import Change
from tasks.core.connections import connection
from tasks.core.steps import write_task
from tasks.slack.messages import NOWHERE, Announced, post_once

SALES, THE_CSM = "sales", "the CSM"
"""The recipients of a notice about the end of a service."""


@write_task(
    "Announce {name} in the sales channel",
    keyed_by=("key",),
    done="Announced in the sales channel: {name}",
    skip_value=NOWHERE,
)
async def announce(key: str, name: str, text: str, *, first: bool, since: datetime) -> Announced:
    """Announce a closed sale, by the opportunity's name (ONB-1). The key is `onboarding:<opportunity id>`."""
    channel = (await connection(Policy)).sales_channel
    return await _post(channel, key, text, f"Closed Won: {name}", "ONB-1", first=first, since=since)


@write_task("Announce that {name} is out of scope in the sales channel", keyed_by=("key",), skip_value=NOWHERE)
async def announce_out_of_scope(key: str, name: str, text: str, *, first: bool, since: datetime) -> Announced:
    """Announce that a sale is not onboarded (ONB-2). The key is `out-of-scope:<opportunity id>`."""
    channel = (await connection(Policy)).sales_channel
    return await _post(channel, key, text, f"Out of scope: {name}", "ONB-2", first=first, since=since)


@write_task("Announce the publications of {name} in the sales channel", keyed_by=("key", "thread_ts"))
async def announce_publications(
    key: str, name: str, text: str, *, since: datetime, thread_ts: str | None = None
) -> Announced:
    """Announce a request about a client's publications, a question, or what was done (PUB-1).

    The key is `publications:<run id>`, with `:done` behind it for what was done. With `thread_ts` the message is a
    reply in the thread of the first notice.
    """
    channel = (await connection(Policy)).sales_channel
    return await _post(channel, key, text, f"Publications of {name}", "PUB-1", since=since, thread_ts=thread_ts)


@write_task(
    "Notify {label} about {account_name}",
    keyed_by=("key",),
    done="Notified in Slack about {account_name}: {label}",
    skip_value=NOWHERE,
)
async def notify_csm(
    key: str, csm_name: str, account_name: str, text: str, *, first: bool, since: datetime
) -> Announced:
    """Notify a CSM and the team lead of a new account, with what they need for the first call (CSM-1).

    The key is `csm-assignment:<opportunity or account id>:<CSM's user id>`.
    """
    channel = (await connection(Policy)).csm_channel
    return await _post(
        channel, key, text, f"{csm_name} is the CSM of {account_name}", "CSM-1", first=first, since=since
    )


@write_task("Notify {whom}: {name} {news}", keyed_by=("key",), skip_value=NOWHERE)
async def notify_of_end(key: str, *, whom: str, name: str, news: str, text: str, since: datetime) -> Announced:
    """Notify `SALES` or `THE_CSM`, each in their channel, of the end of a client's service (PUB-4, PUB-5).

    `news` says in a few words what has changed. The key is `deactivation:<contract id>:<last day>:<news>:<whom>`.
    """
    policy = await connection(Policy)
    channel = policy.sales_channel if whom == SALES else policy.csm_channel
    return await _post(channel, key, text, f"{name}: {news}", "PUB-4", since=since)


@write_task("Tell the CSM channel that the move of {name} was undone", keyed_by=("key",), skip_value=NOWHERE)
async def announce_undo(
    key: str, name: str, text: str, *, since: datetime, channel: str = "", thread_ts: str | None = None
) -> Announced:
    """Tell team leads that an account went back (TRN-10), where its plan was approved: `channel` and `thread_ts`.

    Without them, the message goes to the CSM channel. The key is `undone:<id of the move's run>`.
    """
    place = channel or (await connection(Policy)).csm_channel
    return await _post(place, key, text, f"{name} went back", "TRN-10", since=since, thread_ts=thread_ts)


@write_task("Notify CS Operations: {news}", keyed_by=("key",), skip_value=NOWHERE)
async def notify_cs_ops(key: str, *, news: str, text: str, rule: str, since: datetime) -> Announced:
    """Notify CS Operations. `news` is a short form for the step's title and the audit; `rule` requires the notice."""
    return await _post((await connection(Policy)).cs_ops_channel, key, text, news, rule, since=since)


async def _post(
    channel: str,
    key: str,
    text: str,
    title: str,
    rule: str,
    *,
    since: datetime,
    first: bool = False,
    thread_ts: str | None = None,
) -> Announced:
    """Post a notice once; `title` and `rule` are for the audit."""
    change = Change("Slack", f"Channel {channel}", "Reply" if thread_ts else "Message", "", title, rule)
    return await post_once(channel, key, text, change, first=first, since=since, thread_ts=thread_ts)
