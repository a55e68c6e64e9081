"""Files in Slack: download a workbook that somebody shared, post the copy that goes back (TRN-2), and reports."""

import asyncio
import base64
from collections.abc import Mapping
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
    """A file that somebody shared in Slack.

    Attributes:
        name: with its ending.
        by: the member id of the uploader.
        content: its first bytes; None when the file is not stored in Slack, as a Google sheet.
        thread: channel and thread of the message with the file; None when there are several, or none.
    """

    name: str
    by: str
    content: bytes | None
    thread: tuple[str, str] | None


class PostedWorkbook(Announced):
    """The place of a message with a workbook in its thread; `url` is its address for people."""

    url: str


async def from_slack(file_id: str, most: int) -> SharedFile:
    """Download a file of any type; a part of the step that reads a workbook.

    Args:
        file_id: `F…`.
        most: the number of bytes to download.
    """
    slack, channel = await connection(SlackWorkspace), (await connection(Policy)).csm_channel

    def fetch() -> SharedFile:
        files = slack.client().files
        file = files.file(file_id)
        threads = [thread for thread in file.threads if thread[0] == channel] or list(file.threads)
        content = files.download(file, most) if file.url else None
        return SharedFile(file.name, file.user, content, threads[0] if len(threads) == 1 else None)

    return await asyncio.to_thread(fetch)


@write_task("Post {title} in the CSM channel", keyed_by=("key", "name"))
async def post_workbook(key: str, *, title: str, text: str, name: str, content: str, since: datetime) -> PostedWorkbook:
    """Post a message, and a file in its thread, once each (TRN-2).

    A file has no key in Slack: we find it by its name in the thread of the message, which has a key. If a try ends
    between message and file, the next try adds the file.

    Args:
        key: the message's name for ever: `transition-copy:<run id>:<digest of the states>`.
        title: for the step's title and the audit.
        text: the message, in Slack's markup.
        name: of the file, with its ending.
        content: of the file, in base64.
        since: how far back to search for the message (UTC).
    """
    channel = (await connection(Policy)).csm_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", title, "TRN-2")
    async with lock(SLACK_QUESTIONS):
        posted = await post_once(channel, key, text, change, since=since)
        return await _attach(posted, name, base64.b64decode(content), "TRN-2")


@write_task("Post {title} in the CS Operations channel", keyed_by=("key",))
async def post_report(
    key: str, *, title: str, text: str, files: Mapping[str, str], rule: str, since: datetime
) -> Announced:
    """Post a message for CS Operations, and files in its thread, once each.

    Args:
        key: the message's name for ever.
        title: for the step's title and the audit.
        text: the message, in Slack's markup.
        files: the contents in base64, by name with ending.
        rule: that requires the report, for the audit.
        since: how far back to search for the message (UTC).
    """
    channel = (await connection(Policy)).cs_ops_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", title, rule)
    async with lock(SLACK_QUESTIONS):
        posted = await post_once(channel, key, text, change, since=since)
        for name, content in files.items():
            await _attach(posted, name, base64.b64decode(content), rule)
    return posted


@write_task("Report to the uploader that {name} cannot be read", keyed_by=("key",))
async def report_unreadable(
    key: str, *, name: str, text: str, since: datetime, thread: tuple[str, str] | None = None
) -> Announced:
    """Post once why a file cannot be read: in the file's thread, or else in the CSM channel (TRN-2).

    Args:
        key: the message's name for ever: `transition-unreadable:<run id>`.
        name: of the workbook.
        text: the message, in Slack's markup.
        since: how far back to search for the message (UTC).
        thread: channel and thread of the file.
    """
    channel = (await connection(Policy)).csm_channel
    change = Change("Slack", f"Channel {channel}", "Message", "", f"{name} cannot be read", "TRN-2")
    async with lock(SLACK_QUESTIONS):
        if thread:
            # The message that brought the file may have been deleted since.
            with suppress(VendorRefused):
                return await post_once(thread[0], key, text, change, since=since, thread_ts=thread[1])
        return await post_once(channel, key, text, change, since=since)


async def _attach(posted: Announced, name: str, content: bytes, rule: str) -> PostedWorkbook:
    """Upload a file into the thread of a message, unless it is there."""
    slack = await connection(SlackWorkspace)
    place = Posted(posted["channel"], posted["ts"])
    change = Change("Slack", f"Channel {place.channel}", "File", "", name, rule)

    def attach() -> PostedWorkbook:
        client = slack.client()
        if name not in client.files.in_thread(place.channel, place.ts):
            client.files.upload(place.channel, name, content, thread_ts=place.ts)
            record(change)
        return PostedWorkbook(channel=place.channel, ts=place.ts, url=client.link(place))

    with record_if_unknown(change):
        return await asyncio.to_thread(attach)
