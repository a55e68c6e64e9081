"""The present flow run, and its claim on a record: one opportunity, one onboarding (ONB-1, D-2 and D-16)."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateDetails, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import FlowRunContext

from rules.common.ids import entered_id
from rules.onboarding.runs import missed_since
from tasks.core.dashboard import dashboard
from tasks.core.steps import read_task

UNDER_WAY = {
    StateType.SCHEDULED,
    StateType.PENDING,
    StateType.RUNNING,
    StateType.PAUSED,
    StateType.CANCELLING,
}
CLOCKS_APART = timedelta(seconds=5)
"""How far two machines' clocks may differ: a run is due by the clock of the machine that asked for it."""
SAME_REQUEST = timedelta(minutes=10)
"""How long before the present run another one with the same parameters may have been due, to count as the same request.
A run that never began must not hold up every later one."""
ALREADY_RUNNING = "Already under way"
"""The final state of a run that finds another run at work for its record."""
RETRIED = "AwaitingRetry"
"""The state of a run after somebody has pressed Retry."""
PAGE = 200
"""Runs that Prefect returns in one page."""


@dataclass(frozen=True)
class Claim:
    """Whether this run may act for its record.

    Attributes:
        other_run: the page of the earlier run that acts, or will act, for the same record; "" when this run may act.
        holder: the id of that run.
        first: no run for this record can have begun before, so nothing can have been done.
        since: when the first run of this record was or may have been created (UTC).
    """

    other_run: str
    first: bool
    since: datetime
    holder: str = ""


def present_run() -> FlowRun:
    """The flow run that this code is part of, as it was when its process began."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("this is a step of a flow run and cannot be called outside one")
    return context.flow_run


def server() -> PrefectClient:
    """The present run's own Prefect client; creating another one would take a twentieth of a second."""
    context = FlowRunContext.get()
    if context is None or not isinstance(context.client, PrefectClient):
        raise RuntimeError("this is a part of a flow run and cannot be called outside one")
    return context.client


def created() -> datetime:
    """When the present run was created (UTC), however often it was retried since."""
    return _created(present_run())


def page(run_id: UUID) -> str:
    """The page of a flow run in the dashboard."""
    return f"{dashboard()}/runs/flow-run/{run_id}"


async def name_run(title: str) -> None:
    """Give the present run a name by which people know its record."""
    context, me = FlowRunContext.get(), present_run()
    if context is not None and isinstance(context.client, PrefectClient) and title != me.name:
        await context.client.update_flow_run(me.id, name=title)
        me.name = title


async def every_run(
    which: FlowRunFilter, sort: FlowRunSort, of: FlowFilter | None = None, client: PrefectClient | None = None
) -> list[FlowRun]:
    """Every run of a filter, and of a flow if one is named; without a client, the present run's client is used."""
    return [run async for page in pages_of_runs(which, sort, of, client) for run in page]


async def pages_of_runs(
    which: FlowRunFilter, sort: FlowRunSort, of: FlowFilter | None = None, client: PrefectClient | None = None
) -> AsyncIterator[list[FlowRun]]:
    """Every run of a filter, page by page, since there may be thousands."""
    prefect, seen = client or server(), 0
    while True:
        page = await prefect.read_flow_runs(flow_filter=of, flow_run_filter=which, sort=sort, limit=PAGE, offset=seen)
        yield page
        seen += len(page)
        if len(page) < PAGE:
            return


async def try_again(run_id: UUID, message: str) -> None:
    """Retry a run, as the dashboard's Retry button does."""
    await schedule_again(server(), run_id, message)


async def schedule_again(client: PrefectClient, run_id: UUID, message: str, due: datetime | None = None) -> None:
    """Retry a run by a given client, at once or when it is due (UTC)."""
    details = StateDetails(scheduled_time=due) if due else StateDetails()
    retry: State[None] = State(type=StateType.SCHEDULED, name=RETRIED, message=message, state_details=details)
    await client.set_flow_run_state(run_id, retry, force=True)


async def tag_run(*tags: str, run_id: UUID | None = None) -> None:
    """Add tags to the present run, or to another one; other runs read them."""
    client, of = server(), run_id or present_run().id
    present = set((await client.read_flow_run(of)).tags)
    if missing := set(tags) - present:
        await client.update_flow_run(of, tags=present | missing)


async def untag_run(tag: str, of: FlowRun | None = None) -> None:
    """Remove a tag from a run, by default the present one, if it had the tag when it was read."""
    client, run = server(), of or present_run()
    if tag in run.tags:
        present = set((await client.read_flow_run(run.id)).tags)
        await client.update_flow_run(run.id, tags=present - {tag})


@read_task("Claim {tag}")
async def claim_record(tag: str, *, preview: bool) -> Claim:
    """Tag the present run for its record, and determine which run acts for that record (D-16).

    If several runs are under way for one record, the one created first acts. A run that has not tagged itself yet is
    recognized by its parameters: they name the record, or they are those of the present run and it was due shortly
    before. Previews neither claim nor block.

    Args:
        tag: `<kind>:<id>` of the record, with 18 characters; the flow's parameter of it is `<kind>_id`.
        preview: the present run writes nothing.
    """
    context, me = FlowRunContext.get(), present_run()
    assert context is not None
    assert context.flow is not None
    assert isinstance(context.client, PrefectClient)
    if preview:
        return Claim(other_run="", first=False, since=_created(me))
    tags = {*me.tags, context.flow.name, tag}
    if tags != set(me.tags):
        await context.client.update_flow_run(me.id, tags=tags)
    of_record = FlowRunFilter(tags=FlowRunFilterTags(all_=[context.flow.name, tag]))
    tagged, begun = await asyncio.gather(
        every_run(of_record, FlowRunSort.ID_DESC), _begun_or_due(context.flow.name, me)
    )
    family = [*tagged, *(run for run in begun if _names(run, tag) or _is_same_request(run, me, context.flow))]
    return judge(me, family, tries=me.run_count)


async def _begun_or_due(flow: str, me: FlowRun) -> list[FlowRun]:
    """The runs of a flow that could act before the present one; those behind it in the queue were created later."""
    types = FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING])
    due = FlowRunFilterExpectedStartTime(before_=_created(me) + CLOCKS_APART)
    which = FlowRunFilter(state=FlowRunFilterState(type=types), expected_start_time=due)
    of = FlowFilter(name=FlowFilterName(any_=[flow]))
    return await every_run(which, FlowRunSort.EXPECTED_START_TIME_ASC, of)


def _names(run: FlowRun, tag: str) -> bool:
    """Whether a run's parameters name the record; people may enter its id in two lengths, or its address."""
    kind, _, record_id = tag.partition(":")
    return entered_id(run.parameters.get(f"{kind}_id"), record_id[:3]) == record_id


def _is_same_request(run: FlowRun, me: FlowRun, flow: Flow[Any, Any]) -> bool:
    """Whether a run was due shortly before the present one, with the same parameters."""
    due = run.expected_start_time
    return due is not None and due >= _created(me) - SAME_REQUEST and _request(run, flow) == _request(me, flow)


def _request(run: FlowRun, flow: Flow[Any, Any]) -> dict[str, Any]:
    """A run's parameters with the flow's defaults, because a deployment's runs store only those that differ."""
    defaults = {name: field.get("default") for name, field in flow.parameters.properties.items()}
    return defaults | run.parameters


def judge(me: FlowRun, family: Iterable[FlowRun], tries: int) -> Claim:
    """Determine which run acts.

    Args:
        me: the present run.
        family: all runs of this record, me among them or not.
        tries: how often the present run has begun, this time included.
    """
    others = [run for run in family if run.id != me.id and not run.parameters.get("preview")]
    earlier = [run for run in others if run.state_type in UNDER_WAY and _order(run) < _order(me)]
    holder = min(earlier, key=_order, default=None)
    # No message started this run, so an earlier run may be gone with a database that was restored from a backup.
    missed = missed_since(me.tags)
    return Claim(
        other_run=page(holder.id) if holder else "",
        first=not others and tries <= 1 and missed is None,
        since=min([*(_created(run) for run in [me, *others]), *([missed] if missed else [])]),
        holder=str(holder.id) if holder else "",
    )


def _created(run: FlowRun) -> datetime:
    assert run.created is not None
    return run.created


def _order(run: FlowRun) -> tuple[datetime, str]:
    return _created(run), str(run.id)
