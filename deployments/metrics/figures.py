"""What Prefect's API says about runs: which ended in the last day, and what waits now. The cost is bounded (ADR-18)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import PrefectHTTPStatusError

from rules.questions.failure_classes import FAILED, class_of
from rules.questions.questions import WAITING
from tasks.health.declared import WORK_POOL
from tasks.health.prefect_checks import POLLED_WITHIN
from tasks.questions.history import history_of
from tasks.runs.inputs import MOST_INPUTS

FLOWS: Final = (
    "account-transition",
    "check",
    "csm-assignment",
    "deactivation",
    "entitlement",
    "failures",
    "onboarding",
    "publications",
    "reconciliation",
    "shadow-report",
    "steps",
    "waiting",
    "weekly-report",
)
"""The flows of this project. Runs of others are not counted, so a label has no other name."""
ONBOARDING: Final = "onboarding"
WINDOW: Final = timedelta(days=1)
OVERLAP: Final = timedelta(minutes=5)
"""How far each reading goes back behind the newest run that is known, whatever the clocks of two machines say."""
LATE: Final = timedelta(minutes=1)
PAGE: Final = 200
MOST_PAGES: Final = 25
"""Of one reading: the newest 5,000 runs count."""
QUANTILES: Final = (0.5, 0.9)
NO_CLASS: Final = "none"
OUTCOMES: Final = {state: state.value.lower() for state in TERMINAL_STATES}


@dataclass(frozen=True)
class EndedRun:
    """A run that has ended; times in UTC."""

    flow: str
    outcome: str
    failure: str
    created: datetime
    ended: datetime
    welcomed: bool


@dataclass
class Figures:
    """The figures of one moment.

    Attributes:
        ended: runs of the last day, by flow, outcome and class of the failure.
        failed: failed runs that nobody has retried, by class.
        now: runs by what they do: running, suspended, late.
        open_questions: runs that wait for an answer.
        oldest_question: seconds since the oldest open question was asked first.
        welcome: seconds from the report of a sale to the end of its onboarding, by quantile; of the last day.
        workers: that asked for runs within the last minute.
    """

    ended: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    now: dict[str, int] = field(default_factory=dict)
    open_questions: int = 0
    oldest_question: float = 0.0
    welcome: dict[float, float] = field(default_factory=dict)
    workers: int = 0


class FigureReader:
    """Reads the figures in turns; remembers what cannot have changed since the last one."""

    def __init__(self) -> None:
        self._ended: dict[UUID, EndedRun] = {}
        self._asked: dict[UUID, datetime | None] = {}

    async def read(self, client: PrefectClient) -> Figures:
        """The figures of now.

        Raises:
            httpx.HTTPError: Prefect does not answer, or refuses.
        """
        now = datetime.now(UTC)
        flows = {flow.id: flow.name for flow in await client.read_flows(flow_filter=_ours(), limit=PAGE)}
        await self._read_ended(client, flows, now)
        asked = await self._read_questions(client)
        return Figures(
            ended=Counter((run.flow, run.outcome, run.failure) for run in self._ended.values()),
            failed=Counter(class_of(run.state_name or "").slug for run in await _pages(client, _failed())),
            now=await _running(client, now),
            open_questions=len(asked),
            oldest_question=max(((now - at).total_seconds() for at in asked), default=0.0),
            welcome=quantiles(run.ended - run.created for run in self._ended.values() if run.welcomed),
            workers=await _workers(client, now),
        )

    async def _read_ended(self, client: PrefectClient, flows: dict[UUID, str], now: datetime) -> None:
        """Read the runs that ended since the last time; the first time, those of the whole window."""
        begin = now - WINDOW
        newest = max((run.ended for run in self._ended.values()), default=begin)
        which = FlowRunFilter(
            state=_in_state(*TERMINAL_STATES), end_time=FlowRunFilterEndTime(after_=max(begin, newest - OVERLAP))
        )
        new = {run.id: ended for run in await _pages(client, which) if (ended := _ended(run, flows))}
        self._ended = {number: run for number, run in (self._ended | new).items() if run.ended >= begin}

    async def _read_questions(self, client: PrefectClient) -> list[datetime]:
        """When each open question was asked first; read once for each time that a run was suspended."""
        which = FlowRunFilter(state=_in_state(StateType.PAUSED), tags=FlowRunFilterTags(all_=[WAITING]))
        states = {run.state.id: run.id for run in await _pages(client, which) if run.state}
        known = {state: at for state, at in self._asked.items() if state in states}
        for state, run in states.items():
            if state not in known:
                known[state] = await _asked_at(client, run)
        self._asked = known
        return [at for at in known.values() if at]


def quantiles(times: Iterable[timedelta]) -> dict[float, float]:
    """For each quantile, the shortest time in seconds within which that share is done; nothing of nothing."""
    seconds = sorted(time.total_seconds() for time in times)
    return {share: seconds[ceil(share * len(seconds)) - 1] for share in QUANTILES} if seconds else {}


def _ended(run: FlowRun, flows: dict[UUID, str]) -> EndedRun | None:
    if run.state is None or run.end_time is None or run.created is None or run.flow_id not in flows:
        return None
    has_failed, flow = run.state.type in (StateType.FAILED, StateType.CRASHED), flows[run.flow_id]
    return EndedRun(
        flow=flow,
        outcome=OUTCOMES[run.state.type],
        failure=class_of(run.state.name or "").slug if has_failed else NO_CLASS,
        created=run.created,
        ended=run.end_time,
        welcomed=flow == ONBOARDING and run.state.name == "Completed" and not run.parameters.get("preview"),
    )


async def _asked_at(client: PrefectClient, run: UUID) -> datetime | None:
    inputs = await client.filter_flow_run_input(run, key_prefix="", limit=MOST_INPUTS, exclude_keys=set())
    question = history_of(inputs).open
    return question.since if question else None


async def _running(client: PrefectClient, now: datetime) -> dict[str, int]:
    due = FlowRunFilterExpectedStartTime(before_=now - LATE)
    which = {
        "running": FlowRunFilter(state=_in_state(StateType.PENDING, StateType.RUNNING)),
        "suspended": FlowRunFilter(state=_in_state(StateType.PAUSED)),
        "late": FlowRunFilter(state=_in_state(StateType.SCHEDULED), expected_start_time=due),
    }
    return {
        name: await client.count_flow_runs(flow_filter=_ours(), flow_run_filter=runs) for name, runs in which.items()
    }


async def _workers(client: PrefectClient, now: datetime) -> int:
    try:
        workers = await client.read_workers_for_work_pool(WORK_POOL, limit=PAGE)
    except PrefectHTTPStatusError as error:
        if error.response.status_code == httpx.codes.NOT_FOUND:  # there is no work pool yet
            return 0
        raise
    beats = (worker.last_heartbeat_time for worker in workers)
    return sum(beat is not None and now - beat <= POLLED_WITHIN for beat in beats)


async def _pages(client: PrefectClient, which: FlowRunFilter) -> list[FlowRun]:
    """The runs of our flows, the newest end first, as many as `MOST_PAGES` hold."""
    runs: list[FlowRun] = []
    for page in range(MOST_PAGES):
        found = await client.read_flow_runs(
            flow_filter=_ours(),
            flow_run_filter=which,
            sort=FlowRunSort.END_TIME_DESC,
            limit=PAGE,
            offset=page * PAGE,
        )
        runs += found
        if len(found) < PAGE:
            break
    return runs


def _failed() -> FlowRunFilter:
    return FlowRunFilter(state=_in_state(StateType.FAILED, StateType.CRASHED), tags=FlowRunFilterTags(all_=[FAILED]))


def _ours() -> FlowFilter:
    return FlowFilter(name=FlowFilterName(any_=[*FLOWS]))


def _in_state(*types: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))
