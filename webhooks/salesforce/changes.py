"""From a word about records in Salesforce to the runs it starts and wakes (ONB-1, PUB-1, D-5 and D-16)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.questions.questions import CHANGED
from webhooks.common.gathering import gather_all
from webhooks.common.metrics import Metrics
from webhooks.runs.deadline import in_time
from webhooks.runs.prefect_runs import AT_REST, RUNNING, FlowRun, PrefectRuns
from webhooks.runs.publications import Publications
from webhooks.runs.waking import RunWaker, WakeSignal, Woken
from webhooks.salesforce.change import CONTRACT, OPPORTUNITY, Change
from webhooks.salesforce.following import Following
from webhooks.salesforce.onboarding import TAG
from webhooks.salesforce.onboardings import Onboardings

logger = logging.getLogger(__name__)

Awake = tuple[FlowRun, Woken]


class Outcome(StrEnum):
    """What became of one record's change."""

    STARTED = "started"
    RESUMED = "resumed"
    RETRIED = "retried"
    GIVEN_UP = "given up"
    KNOWN = "known"
    OTHER_STAGE = "other stage"
    NOTED = "noted"


@dataclass(frozen=True)
class Heard:
    """What became of a change. `run`: the onboarding that it started or found, or that of the contract's publications.

    `woken`: how many runs were.
    """

    change: Change
    outcome: Outcome
    run: FlowRun | None
    woken: int


class Changes:
    """Moves on every run that waits on what was changed; starts onboardings, and runs of publications.

    `waking_seconds`: how long waking may take; starting comes after it, in the same delivery.
    """

    def __init__(
        self,
        runs: PrefectRuns,
        waking: RunWaker,
        metrics: Metrics,
        *,
        onboardings: Onboardings,
        publications: Publications,
        following: Following,
        waking_seconds: float,
    ) -> None:
        self._runs, self._waking, self._metrics = runs, waking, metrics
        self._waking_seconds = waking_seconds
        self._onboardings, self._publications, self._following = onboardings, publications, following

    async def handle(self, changes: Collection[Change], arrived: datetime) -> list[Heard]:
        """Have the runs exist, and wake those that this word, which arrived at `arrived`, may help.

        Raises:
            PrefectError: Prefect did not confirm all of it; the sender must repeat the delivery.
        """
        # First: a run of a contract's publications that is woken reads it anew, so that no other is to be started.
        woken, faults = await self._wake(changes, arrived)
        publications = await self._start_publications(changes)
        runs = await self._onboardings.start_all(changes, arrived) | publications
        if faults:
            raise faults[0]
        heard = [_heard(change, runs.get(change), woken) for change in changes]
        for each in heard:
            run = each.run.id if each.run else ""
            self._metrics.heard(each.change.object, each.outcome)
            logger.info("heard", extra={"record": str(each.change), "run": run, "outcome": each.outcome.value})
        return heard

    async def _wake(self, changes: Collection[Change], arrived: datetime) -> tuple[list[Awake], list[BaseException]]:
        runs = await self._runs.tagged({change.tag for change in changes}, states=(*AT_REST, RUNNING))
        until = asyncio.get_running_loop().time() + self._waking_seconds
        # One that cannot be woken must keep none asleep and none from starting, be it at every repeat of the delivery.
        woken = await asyncio.gather(
            *(self._move_on(run, _word(run, changes, arrived), until) for run in runs), return_exceptions=True
        )
        awake: list[Awake] = []
        faults: list[BaseException] = []
        for run, result in zip(runs, woken, strict=True):
            if isinstance(result, BaseException):
                faults.append(result)
            else:
                awake.append((run, result))
        return awake, faults

    async def _move_on(self, run: FlowRun, word: WakeSignal, until: float) -> Woken:
        async with in_time(until):
            if run.state.type != RUNNING:
                return await self._waking.wake(run, word)
            if TAG in run.tags:
                await self._following.add(run, word.by)
            return Woken.LEFT

    async def _start_publications(self, changes: Collection[Change]) -> dict[Change, FlowRun]:
        contracts = [change for change in changes if change.object == CONTRACT]
        runs = await gather_all(self._publications.of_contract(change.id, change.word) for change in contracts)
        for run in runs:
            if run.is_new:
                self._metrics.created()
        return dict(zip(contracts, runs, strict=True))


def _word(run: FlowRun, changes: Collection[Change], arrived: datetime) -> WakeSignal:
    change = next(change for change in changes if change.tag in run.tags)
    return WakeSignal(f"{CHANGED}{change})", arrived)


def _heard(change: Change, run: FlowRun | None, woken: Collection[Awake]) -> Heard:
    count = Counter(became for other, became in woken if change.tag in other.tags)
    resumed, retried = count[Woken.RESUMED], count[Woken.RETRIED]
    if run is not None and run.is_new:
        outcome = Outcome.STARTED
    elif resumed or retried:
        outcome = Outcome.RESUMED if resumed else Outcome.RETRIED
    elif count[Woken.GIVEN_UP]:
        outcome = Outcome.GIVEN_UP
    elif run is not None:
        outcome = Outcome.KNOWN
    else:
        outcome = Outcome.OTHER_STAGE if change.object == OPPORTUNITY else Outcome.NOTED
    return Heard(change, outcome, run, resumed + retried)
