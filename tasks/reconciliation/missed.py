"""The steps that make up for messages that the receiver missed: found, started or retried, reported (REC-1)."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from rules.common.going_live import GoingLive, was_shadow
from rules.common.ids import entered_id
from rules.onboarding.runs import MISSED_TAG, ONBOARDING, OPPORTUNITY_TAG, ended_out_of_scope
from rules.reconciliation.missed import LIVE, missed, missed_contract, missed_sale
from rules.reconciliation.missed_records import Kind, Missed, MissedRecord, PastRun, Status, WonSale
from tasks.core.steps import gather_all, read_task, write_task
from tasks.reconciliation.missed_records import read_records
from tasks.runs.claims import ALREADY_RUNNING, pages_of_runs, server, tag_run, try_again
from tasks.runs.starting import NewRun, deployed_since, known_keys, start_runs

ONBOARDINGS, PUBLICATIONS = "onboarding/onboarding", "publications/publications"
RECONCILIATION = "the reconciliation"
TAGS_IN_A_QUERY = 100
MARGIN = timedelta(days=1)
"""Added to the age of runs that are read: days of the org and of Prefect begin at different times."""
RECORD_PARAMETERS = {"opportunity_id": "006", "account_id": "001", "contract_id": "800"}
RECORD_TAGS = (OPPORTUNITY_TAG, "account:", "contract:")

_STATUSES = {
    StateType.SCHEDULED: Status.UNDER_WAY,
    StateType.PENDING: Status.STARTING,
    StateType.RUNNING: Status.UNDER_WAY,
    StateType.CANCELLING: Status.UNDER_WAY,
    StateType.PAUSED: Status.WAITS,
    StateType.COMPLETED: Status.DONE,
    StateType.FAILED: Status.FAILED,
    StateType.CRASHED: Status.CRASHED,
    StateType.CANCELLED: Status.CANCELLED,
}
_NOT_BEGUN = (StateType.SCHEDULED, StateType.PENDING)
_UNDER_WAY = FlowRunFilterStateType(any_=[*_NOT_BEGUN, StateType.RUNNING])
RunsByRecord = defaultdict[str, dict[str, PastRun]]
"""Runs by their ids, by the 18-character id of a record."""


@read_task("Find sales and contracts whose message was missed")
async def find_missed(today: date, days: int, most: int, going: GoingLive = LIVE) -> Missed:
    """Compare the won sales and the changed contracts of the last days with the runs in Prefect (REC-1).

    Args:
        today: in the org's time zone.
        days: how far back to look.
        most: the policy's `reconciliation_max_started`.
        going: for which accounts runs act.
    """
    now = datetime.now(UTC)
    sales, contracts = await read_records(today - timedelta(days=days))
    runs, sales_of = RunsByRecord(dict), defaultdict[str, list[str]](list)
    for sale in sales:
        sales_of[sale.account_id].append(sale.id)
    onboards, publishes, *_ = await gather_all(
        deployed_since(ONBOARDINGS),
        deployed_since(PUBLICATIONS),
        _add(runs, _onboardings(sales)),
        _add(runs, _publications(now - timedelta(days=days) - MARGIN)),
    )
    records = [missed_sale(sale, _runs_of(runs, sale.id), now, onboards, going) for sale in sales]
    for contract in contracts:
        readers = _runs_of(runs, contract.id, contract.account_id, *sales_of[contract.account_id])
        records.append(missed_contract(contract, readers, now, publishes, going))
    known = await known_keys([record.key for record in records if record.key])
    return missed(records, most, known)


def _runs_of(runs: RunsByRecord, *records: str) -> list[PastRun]:
    found = [runs[record] for record in records if record in runs]
    return list({run_id: run for each in found for run_id, run in each.items()}.values())


async def _onboardings(sales: Sequence[WonSale]) -> AsyncIterator[list[FlowRun]]:
    """The onboardings of these sales by their tags, and those that have not tagged themselves yet."""
    for first in range(0, len(sales), TAGS_IN_A_QUERY):
        tags = [f"{OPPORTUNITY_TAG}{sale.id}" for sale in sales[first : first + TAGS_IN_A_QUERY]]
        which = FlowRunFilter(tags=FlowRunFilterTags(all_=[ONBOARDING], any_=tags))
        async for page in pages_of_runs(which, FlowRunSort.ID_DESC):
            yield page
    under_way = FlowRunFilter(state=FlowRunFilterState(type=_UNDER_WAY))
    async for page in pages_of_runs(under_way, FlowRunSort.ID_DESC, _flow(ONBOARDINGS)):
        yield page


async def _publications(since: datetime) -> AsyncIterator[list[FlowRun]]:
    """The runs of publications since a time; an earlier run has read no change of the days that are looked at."""
    which = FlowRunFilter(expected_start_time=FlowRunFilterExpectedStartTime(after_=since))
    async for page in pages_of_runs(which, FlowRunSort.ID_DESC, _flow(PUBLICATIONS)):
        yield page


def _flow(deployment: str) -> FlowFilter:
    return FlowFilter(name=FlowFilterName(any_=[deployment.partition("/")[0]]))


async def _add(runs: RunsByRecord, pages: AsyncIterator[list[FlowRun]]) -> None:
    """Keep of each run what the rules need, under every record that it names."""
    async for page in pages:
        for run in page:
            if past := _past_run(run):
                for record in _records_of(run):
                    runs[record][past.run_id] = past


def _records_of(run: FlowRun) -> set[str]:
    tagged = {tag.partition(":")[2] for tag in run.tags if tag.startswith(RECORD_TAGS)}
    entered = {entered_id(run.parameters.get(name), prefix) for name, prefix in RECORD_PARAMETERS.items()}
    return tagged | entered - {""}


def _past_run(run: FlowRun) -> PastRun | None:
    """The run as the rules take it; None for a preview, and for a run that left the work to another one."""
    state = run.state
    if state is None or run.created is None or run.parameters.get("preview") or state.name == ALREADY_RUNNING:
        return None
    is_shadow = state.is_completed() and was_shadow(state.name or "", preview=False)
    is_over = state.is_completed() and ended_out_of_scope(state.name or "", run.tags)
    return PastRun(
        run_id=str(run.id),
        state_id=str(state.id),
        status=Status.PREVIEWED if is_shadow else Status.OUT_OF_SCOPE if is_over else _STATUSES[state.type],
        created=run.created,
        begun=None if state.type in _NOT_BEGUN else run.start_time,
        since=state.timestamp,
        tags=tuple(run.tags),
    )


@write_task("Make up for {label}", outside=False)
async def make_up_for(plan: Missed) -> dict[str, str]:
    """Start and retry the runs of a plan, each once, whoever else starts or retries it meanwhile (REC-1).

    Returns:
        The ids of the runs, by the record's id; a run that somebody else retried meanwhile is left out.
    """
    starts = [record for record in plan.to_do if record.key]
    sales = [_new_run(record, "opportunity") for record in starts if record.kind is Kind.SALE]
    contracts = [_new_run(record, "contract") for record in starts if record.kind is Kind.CONTRACT]
    started = await start_runs(ONBOARDINGS, sales, RECONCILIATION)
    started |= await start_runs(PUBLICATIONS, contracts, RECONCILIATION)
    retried = [record for record in plan.to_do if record.run_id and await _retry(record)]
    return started | {record.id: record.run_id for record in retried}


def _new_run(record: MissedRecord, name: str) -> NewRun:
    missed = (f"{MISSED_TAG}{record.won.astimezone(UTC):%Y-%m-%d}",) if record.won else ()
    return NewRun(record.id, record.key, {f"{name}_id": record.id, "preview": False}, (f"{name}:{record.id}", *missed))


async def _retry(record: MissedRecord) -> bool:
    """Retry a run, unless its state has changed since it was found; whether it was retried."""
    run_id = UUID(record.run_id)
    state = (await server().read_flow_run(run_id)).state
    if state is None or str(state.id) != record.state_id:
        return False
    # The mark comes first: a pass that dies here has retried too few times rather than too often.
    await tag_run(record.mark, run_id=run_id)
    await try_again(run_id, f"Retried by {RECONCILIATION}")
    return True
