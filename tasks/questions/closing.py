"""Close the questions of deleted records and of cancelled runs, so that no dead button is left (PUB-7, REC-3)."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from prefect import State
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.logging import get_run_logger
from prefect.states import Cancelled

from blocks.common.errors import RecordMissing, VendorError
from blocks.policy.block import Policy
from rules.questions.questions import WAITING
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.questions.asking import PAGE_KEY, close
from tasks.questions.history import load_history, who_of
from tasks.questions.slack import message_key
from tasks.questions.slack_messages import Place, closed_blocks, closed_text
from tasks.questions.subject import bulk_subject
from tasks.runs.claims import every_run, page, present_run, untag_run
from tasks.runs.inputs import remember_once, save_input
from tasks.slack.messages import revise

DELETED = "Record deleted"
"""The final state of a run that asked about a record which was then deleted."""
CALLED_OFF = "The run was cancelled in the dashboard: nothing more is done for it, unless somebody presses Retry there."
"""The outcome of the questions of a run that was cancelled in the dashboard."""


async def end_of_missing(error: RecordMissing) -> State[Any] | None:
    """The final state of a run that asked people and whose record is missing; None if nobody was asked.

    Args:
        error: names the missing record.
    """
    run_id = present_run().id
    history = await load_history(run_id)
    if not history.questions:
        return None
    name, reason = history.questions[-1].subject, f"{str(error).rstrip('.')}."
    await close(bulk_subject(name, what="run", page=await remember_once(PAGE_KEY, "")), history, ended=reason)
    return Cancelled(name=DELETED, message=f"{name}: {reason} What was asked is closed. What was done before stays.")


@read_task("Close the questions of cancelled runs")
async def close_cancelled(since: datetime) -> int:
    """Close the questions of runs that somebody cancelled in the dashboard; how many.

    Such a run has no process that could do it, and a seller who repairs a record would wait for ever. It also loses
    the tag of a run that waits.

    Args:
        since: how far back to look (UTC).
    """
    which = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[WAITING]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CANCELLED])),
        end_time=FlowRunFilterEndTime(after_=since),
    )
    runs = await every_run(which, FlowRunSort.ID_DESC)
    closed = [await _close_question(run) for run in runs]
    for run in runs:
        await untag_run(WAITING, run)
    return sum(closed)


async def _close_question(run: FlowRun) -> bool:
    """Close the open question of a run that is over; whether there was one."""
    history = await load_history(run.id)
    if history.open is None:
        return False
    zone = ZoneInfo((await connection(Policy)).time_zone)
    place = Place(run.id, page(run.id), zone, "", "")
    for slug, posted in history.places(history.open.number).items():
        text = closed_text(history.open, who_of(slug), place, (), None, ended=CALLED_OFF)
        key = message_key(run.id, history.open, slug)
        try:
            await revise.labelled(history.open.subject)(key, asdict(posted), text, closed_blocks(text))
        except VendorError as error:
            get_run_logger().warning("The question in Slack stays as it is: %s", error)
    await save_input(run.id, f"question-{history.open.number}-closed")
    return True
