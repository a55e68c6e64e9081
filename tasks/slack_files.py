"""The steps about workbooks in Slack: one that comes from there, and the copy that goes back (TRN-2)."""

import asyncio
import base64
from datetime import datetime
from typing import NamedTuple

from blocks.policy import Policy
from blocks.slack import Posted, SlackWorkspace
from rules.records import Change
from tasks.audit import effects, may_be_lost
from tasks.connections import connection
from tasks.procedure import BadInput
from tasks.slack import Announced, post_once
from tasks.steps import writing
from tasks.turns import ASKING, turn


class Shared(NamedTuple):
    """A file from Slack: its name, the member id of who shared it, and its first bytes."""

    name: str
    by: str
    content: bytes


class Filed(Announced):
    """Where a message with a file in its thread stands; `url` is its address, for people."""

    url: str


async def from_slack(file_id: str, endings: tuple[str, ...], most: int) -> Shared:
    """Download a file, when its name ends as it should; a part of the step that takes a workbook in.

    Args:
        file_id: `F…`.
        endings: of names, in lower case.
        most: bytes that are taken.

    Raises:
        BadInput: it has another ending.
    """
    slack = await connection(SlackWorkspace)

    def fetch() -> Shared:
        files = slack.client().files
        file = files.file(file_id)
        if not file.name.lower().endswith(endings):
            raise BadInput(f"{file.name} is no workbook: its name must end with {' or '.join(endings)}.")
        return Shared(file.name, file.user, files.download(file, most))

    return await asyncio.to_thread(fetch)


@writing("Post {title} in the CSM channel", aside=("title", "text", "content", "since"))
async def post_workbook(key: str, *, title: str, text: str, name: str, content: str, since: datetime) -> Filed:
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
    wanted = Change("Slack", f"Channel {channel}", "Message", "", title, "TRN-2")
    async with turn(ASKING):
        posted = await post_once(channel, key, text, wanted, first=False, since=since)
        return await _attach(posted, name, base64.b64decode(content))


@writing("Tell who shared {name} that it cannot be read", aside=("name", "text", "since"))
async def tell_unreadable(key: str, *, name: str, text: str, since: datetime) -> Announced:
    """Say in the CSM channel that nothing can be read of a workbook, and why, once (TRN-2).

    Args:
        key: names the message for ever: `transition-unreadable:<run id>`.
        name: of the workbook.
        text: the message, in Slack's markup.
        since: how far back to search (UTC).
    """
    channel = (await connection(Policy)).csm_channel
    wanted = Change("Slack", f"Channel {channel}", "Message", "", f"{name} cannot be read", "TRN-2")
    async with turn(ASKING):
        return await post_once(channel, key, text, wanted, first=False, since=since)


async def _attach(posted: Announced, name: str, content: bytes) -> Filed:
    """Put a file into the thread of a message, unless it is there."""
    slack = await connection(SlackWorkspace)
    where = Posted(posted["channel"], posted["ts"])
    wanted = Change("Slack", f"Channel {where.channel}", "File", "", name, "TRN-2")

    def attach() -> Filed:
        client = slack.client()
        done = posted["effects"]
        if name not in client.files.in_thread(where.channel, where.ts):
            client.files.upload(where.channel, name, content, thread_ts=where.ts)
            done = [*done, *effects([wanted])]
        return Filed(channel=where.channel, ts=where.ts, effects=done, url=client.link(where))

    with may_be_lost([wanted]):
        return await asyncio.to_thread(attach)
