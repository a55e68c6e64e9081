"""A flow run's times, as Prefect recorded them."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun

LONGEST = 120.0
"""Seconds after which a run counts as not having come, or not having ended."""
EVERY = 0.1
_LAST_STEP = "report"


class FellShort(RuntimeError):
    """Raised when an onboarding that should go without trouble did not: nothing measured would mean anything."""


@dataclass(frozen=True)
class Times:
    """When a run was created, when its first step began, and when it ended."""

    created: datetime
    first_step: datetime
    ended: datetime

    @property
    def to_first_step(self) -> float:
        """Seconds from the run's creation to its first step."""
        return (self.first_step - self.created).total_seconds()

    @property
    def own(self) -> float:
        """Seconds from the first step to the end."""
        return (self.ended - self.first_step).total_seconds()


async def finished(client: PrefectClient, opportunity_id: str) -> FlowRun:
    """The run of a sale once it is over.

    Raises:
        FellShort: it did not come, did not end in time, or did not complete.
    """
    tag, end = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"opportunity:{opportunity_id}"])), time.monotonic() + LONGEST
    while time.monotonic() < end:
        runs = await client.read_flow_runs(flow_run_filter=tag)
        if runs and runs[0].state and runs[0].state.is_final():
            return completed(runs[0])
        await asyncio.sleep(EVERY)
    raise FellShort(f"No onboarding of {opportunity_id} came to its end within {LONGEST:.0f} s.")


def completed(run: FlowRun) -> FlowRun:
    """The run, if it did what it should.

    Raises:
        FellShort: it did not complete.
    """
    if run.state is None or run.state.name != "Completed":
        raise FellShort(f"{run.name}: {run.state_name}. {run.state.message if run.state else ''}")
    return run


async def times(client: PrefectClient, run_id: UUID) -> Times:
    """The times of a run that is over; its steps' rows may reach the database a little later than it."""
    of_run, end = FlowRunFilter(id=FlowRunFilterId(any_=[run_id])), time.monotonic() + LONGEST
    while time.monotonic() < end:
        steps = await client.read_task_runs(flow_run_filter=of_run)
        begun = [step.start_time for step in steps if step.start_time]
        if any(step.task_key.startswith(_LAST_STEP) and step.end_time for step in steps) and begun:
            run = await client.read_flow_run(run_id)
            assert run.created is not None
            assert run.end_time is not None
            return Times(run.created, min(begun), run.end_time)
        await asyncio.sleep(EVERY)
    raise FellShort(f"The steps of run {run_id} did not reach Prefect's database within {LONGEST:.0f} s.")
