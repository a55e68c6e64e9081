"""What a failing run does itself: it tags itself, and asks for a report within a minute (REC-3).

The report needs no event of Prefect: small stacks do without the event feed, and an automation would start a run for
each failure of a storm. All failures of a quarter of a minute share one run, by its idempotency key. The schedule of
the report covers what no process could ask for, such as its own crash.
"""

import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import Flow, State
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.states import Scheduled

from rules.questions.failure_classes import TAGS
from rules.questions.failures import OF_REPORTS, SETTLING, is_listed, is_to_report, without_failure
from tasks.questions.failures import as_failure
from tasks.runs.claims import present_run, server

REPORT = "failures/report"
"""The deployment that reports failures."""
SHARED = 15.0
"""Failures of so many seconds share one report."""


async def note_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001 - Prefect's
    """After a run has failed: tag it as failed, by the class of its failure, and schedule a report.

    Runs that need nobody are left alone. A run without a deployment was started by an engineer, who sees its end.
    """
    if flow_run.deployment_id is None:
        return
    async with get_client() as client:
        run = await client.read_flow_run(flow_run.id)
        failure, now = as_failure(run), datetime.now(UTC)
        if failure is None or not is_listed(failure, now, {}):
            return
        await client.update_flow_run(run.id, tags=failure.tags_as_failed)
        due = report_due(failure.since)
        if not is_to_report(failure, due):
            return
        with suppress(ObjectNotFound):
            report = await client.read_deployment_by_name(REPORT)
            await client.create_flow_run_from_deployment(
                report.id,
                state=Scheduled(scheduled_time=due),
                tags=[OF_REPORTS],
                idempotency_key=f"failures:{due:%Y-%m-%dT%H:%M:%S}",
            )


def report_due(since: datetime) -> datetime:
    """When a failure is reported: the next full quarter of a minute after it has settled (UTC)."""
    # A second more: the report must find that the failure has settled.
    earliest = (since + SETTLING + timedelta(seconds=1)).timestamp()
    return datetime.fromtimestamp(math.ceil(earliest / SHARED) * SHARED, UTC)


async def forget_failure() -> None:
    """When a run begins again: take away the tags that its failure gave it; other runs make no call."""
    me = present_run()
    if TAGS.isdisjoint(me.tags):
        return
    me.tags = sorted(without_failure(me.tags))
    await server().update_flow_run(me.id, tags=me.tags)
