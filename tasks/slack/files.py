"""The steps about workbooks in Slack: one that comes from there, and the copy that goes back (TRN-2)."""

import asyncio
import base64
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from blocks.common.errors import VendorRefused
from blocks.policy.block import Policy
from blocks.slack.block import Posted, SlackWorkspace
from rules.common.records import Change
from tasks.core.connections import connection
from tasks.core.effects import record, record_if_unknown
from tasks.core.locks import SLACK_QUESTIONS, lock
from tasks.core.steps import write_task
from tasks.slack.messages import Announced, post_once


class SharedFile(NamedTuple):
    """A file from Slack.

    Attributes:
        name: with its ending.
        by: the member id of who uploaded it.
        content: its first bytes; None when it lies elsewhere, as a Google sheet does.
        thread: channel and thread in which it is spoken about; None when it is in several, or in none.
    """

    name: str
    by: str
    content: bytes | None
    thread: tuple[str, str] | None


class PostedWorkbook(Announced):
    """Where a message with a file in its thread stands; `url` is its address, for people."""

    url: str


async def from_slack(file_id: str, most: int) -> SharedFile:
    """Download a file, whatever its name is; a part of the step that takes a workbook in.

    Args:
        file_id: `F…`.
        most: bytes that are taken.
    """
    slack, channel = await connection(SlackWorkspace), (await connection(Policy)).csm_channel

    def fetch() -> SharedFile:
        files = slack.client().files
        file = files.file(file_id)
        threads = [one for one in file.threads if one[0] == channel] or list(file.threads)
        content = files.download(file, most) if file.url else None
        return SharedFile(file.name, file.user, content, threads[0] if len(threads) == 1 else None)

    return await asyncio.to_thread(fetch)


@write_task("Post {title} in the CSM channel", keyed_by=("key", "name"))
async def post_workbook(key: str, *, title: str, text: str, name: str, content: str, since: datetime) -> PostedWorkbook:
    """Post a message, and a file in its thread, once each (TRN-2).

    A file has no key in Slack: it is known by its name within the thread of the message that has one. What a try that
    died has left out is made up for by the next one.

    Args:
        key: names the message for ever: `transition-copy:<run id>:<what it says>`.
        title: for people.
        text: the message, in Slack's markup.
        name: of the file, with its ending.
        content: of the file, in base64.
        since: how far back to search (UTC).
    """
    channel = (await connection(Policy)).csm_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", title, "TRN-2")
    async with lock(SLACK_QUESTIONS):
        posted = await post_once(channel, key, text, change, first=False, since=since)
        return await _attach(posted, name, base64.b64decode(content))


@write_task("Tell the uploader of {name} that it cannot be read", keyed_by=("key",))
async def tell_unreadable(
    key: str, *, name: str, text: str, since: datetime, thread: tuple[str, str] | None = None
) -> Announced:
    """Say that nothing can be read of a file, and why, once: in its thread, or else in the CSM channel (TRN-2).

    Args:
        key: names the message for ever: `transition-unreadable:<run id>`.
        name: of the workbook.
        text: the message, in Slack's markup.
        since: how far back to search (UTC).
        thread: channel and thread of the file.
    """
    channel = (await connection(Policy)).csm_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", f"{name} cannot be read", "TRN-2")
    async with lock(SLACK_QUESTIONS):
        if thread:
            # The message that brought the file may have been deleted since.
            with suppress(VendorRefused):
                return await post_once(thread[0], key, text, change, first=False, since=since, thread_ts=thread[1])
        return await post_once(channel, key, text, change, first=False, since=since)


async def _attach(posted: Announced, name: str, content: bytes) -> PostedWorkbook:
    """Put a file into the thread of a message, unless it is there."""
    slack = await connection(SlackWorkspace)
    where = Posted(posted["channel"], posted["ts"])
    change = Change("Slack", f"Channel {where.channel}", "File", "", name, "TRN-2")

    def attach() -> PostedWorkbook:
        client = slack.client()
        if name not in client.files.in_thread(where.channel, where.ts):
            client.files.upload(where.channel, name, content, thread_ts=where.ts)
            record(change)
        return PostedWorkbook(channel=where.channel, ts=where.ts, url=client.link(where))

    with record_if_unknown(change):
        return await asyncio.to_thread(attach)
