"""Reports about failed runs: the message to CS Operations, and the page that lists them all (REC-3)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.sorting import FlowRunSort
from pydantic import TypeAdapter

from blocks.policy.block import Policy
from blocks.slack.block import Posted
from rules.common.records import Change
from rules.common.text import counted
from rules.questions.failures import FailedRun, Reported, grouped, joins
from tasks.core.artifacts import artifact_page, keep_page
from tasks.core.connections import connection
from tasks.core.runbook import state_card
from tasks.core.steps import read_task, write_task
from tasks.questions.failure_messages import Blocks, at, failure_message
from tasks.questions.failures import retag
from tasks.questions.slack import cs_ops_members
from tasks.runs.claims import present_run, server, tag_run
from tasks.runs.inputs import save_input
from tasks.slack.messages import Announced, keep_for_cs_ops
from tasks.templates import render

PAGE_KEY = "what-failed"
"""The page's key."""
POSTED = "failures-posted"
"""The tag of a run that posted a message about failures, and the key of its input with the message's place."""
_REPORTED = TypeAdapter(Reported)


async def report(failures: Sequence[FailedRun], new: Sequence[FailedRun], now: datetime) -> None:
    """Inform CS Operations of new failures: by the latest message if it is about the same storm, or by a new one.

    Args:
        failures: all that nobody has retried.
        new: those that are to be reported, at least one.
        now: in UTC.
    """
    last = await latest_message()
    if last is not None and not joins(last, failures, new, now):
        last = None
    known = set(last.state_ids) if last else set()
    shown = [run for run in failures if run.state_id in known or run in new]
    groups = grouped(shown)
    oldest = min(shown, key=lambda run: run.since)
    key = last.key if last else f"failures:{oldest.state_id}"
    text, blocks = failure_message(groups, await cs_ops_members(), await _zone(), await artifact_page(PAGE_KEY))
    place = Posted(last.channel, last.ts) if last else None
    posted = await post_failures(
        key, count=len(shown), text=text, blocks=blocks, since=oldest.since, posted=asdict(place) if place else None
    )
    ids = tuple(run.state_id for run in shown)
    await remember_message(Reported(posted["channel"], posted["ts"], key, last.at if last else now, ids))
    await mark_reported(new)


@write_task("Report {count} failed runs to CS Operations", keyed_by=("key", "blocks"))
async def post_failures(
    key: str, *, count: int, text: str, blocks: Blocks, since: datetime, posted: dict[str, Any] | None
) -> Announced:
    """Post the message about failed runs in the CS Operations channel, or update it.

    Args:
        key: names the message for ever: `failures:<state id of the oldest failure>`.
        count: of the runs.
        text: for notifications.
        blocks: the message.
        since: how far back to search for the message (UTC).
        posted: its place (`channel` and `ts`) if it is to be updated.
    """
    change = Change("Slack", "CS Operations channel", "Message", "", f"{counted(count, 'failed run')}", "REC-3")
    return await keep_for_cs_ops(key, text, blocks, change, since=since, posted=Posted(**posted) if posted else None)


@read_task("Find the latest message about failures")
async def latest_message() -> Reported | None:
    """The latest message about failures that a run has posted or updated."""
    which = FlowRunFilter(tags=FlowRunFilterTags(all_=[POSTED]))
    runs = await server().read_flow_runs(flow_run_filter=which, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=1)
    return _REPORTED.validate_json(await server().read_flow_run_input(runs[0].id, POSTED)) if runs else None


@read_task("Remember the message about failures")
async def remember_message(message: Reported) -> None:
    """Keep place and content of the message with the present run, for the next report."""
    if await save_input(present_run().id, POSTED, asdict(message)):
        await tag_run(POSTED)


@read_task("Mark the failures as reported")
async def mark_reported(failures: Sequence[FailedRun]) -> None:
    """Tag each run, so that its failure is not reported again; a later failure of the same run is."""
    for failure in failures:
        await retag(failure, failure.mark)


@read_task("Show what has failed")
async def show_what_failed(failures: Sequence[FailedRun]) -> str:
    """Update the page of failed runs that nobody has retried; its address, which stays the same."""
    return await keep_page(failures_page(failures, await _zone()), key=PAGE_KEY, description=summary(failures))


def failures_page(failures: Sequence[FailedRun], zone: ZoneInfo) -> str:
    """The page of failed runs, the newest first."""
    runs = [(run, at(run.since, zone)) for run in sorted(failures, key=lambda run: run.since, reverse=True)]
    groups = [(group, state_card(group.kind.state)) for group in grouped(failures)]
    return render("what_failed.md", runs=runs, groups=groups, summary=summary(failures))


def summary(failures: Sequence[FailedRun]) -> str:
    """How many runs have failed, in a sentence."""
    return f"Failed and not retried: {counted(len(failures), 'run')}." if failures else "Nothing has failed."


async def _zone() -> ZoneInfo:
    return ZoneInfo((await connection(Policy)).time_zone)
