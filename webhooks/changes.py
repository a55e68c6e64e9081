"""From a word about records in Salesforce to the runs it starts and wakes (ONB-1, PUB-1, design decisions 5 and 16)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from rules.questions import CHANGED
from webhooks.metrics import Metrics
from webhooks.onboarding import onboarding_run
from webhooks.prefect_runs import FlowRun, PrefectRuns
from webhooks.publications import Publications
from webhooks.waking import Waking, Woken, Word

logger = logging.getLogger(__name__)

OPPORTUNITY: Final = "Opportunity"
CONTRACT: Final = "Contract"

Awake = tuple[FlowRun, Woken]


class Outcome(StrEnum):
    """What became of one record's change."""

    STARTED = "started"
    RESUMED = "resumed"
    RETRIED = "retried"
    KNOWN = "known"
    OTHER_STAGE = "other stage"
    NOTED = "noted"


@dataclass(frozen=True)
class Change:
    """A record that was changed, by its 18-character id.

    Attributes:
        is_won: it is an opportunity that may be Closed Won.
        word: names this word of it; the sender repeats the name with the word.
    """

    object: str
    id: str
    is_won: bool = False
    word: str = ""

    @property
    def tag(self) -> str:
        """The tag of every run that waits on the record."""
        return f"{self.object.lower()}:{self.id}"

    def __str__(self) -> str:
        """As people name it."""
        return f"{self.object} {self.id}"


@dataclass(frozen=True)
class Heard:
    """What became of a change. `run`: the opportunity's onboarding, or that of the contract's publications.

    `woken`: how many runs were.
    """

    change: Change
    outcome: Outcome
    run: FlowRun | None
    woken: int


class Changes:
    """Moves on every run that waits on what was changed; starts onboardings, and runs of publications."""

    def __init__(
        self, runs: PrefectRuns, waking: Waking, metrics: Metrics, onboarding: str, publications: Publications
    ) -> None:
        self._runs, self._waking, self._metrics = runs, waking, metrics
        self._onboarding, self._publications = onboarding, publications

    async def hear(self, changes: Collection[Change], arrived: datetime) -> list[Heard]:
        """Have the runs exist, and wake those that this word, which arrived at `arrived`, may help.

        Raises:
            PrefectError: Prefect did not confirm all of it; the sender must repeat the delivery.
        """
        # First: a run of a contract's publications that is woken reads it anew, so that no other is to be started.
        woken, faults = await self._wake(changes, arrived)
        runs = await self._start_all(changes)
        if faults:
            raise faults[0]
        heard = [_heard(change, runs.get(change), woken) for change in changes]
        for each in heard:
            run = each.run.id if each.run else ""
            self._metrics.heard(each.change.object, each.outcome)
            logger.info("heard", extra={"record": str(each.change), "run": run, "outcome": each.outcome.value})
        return heard

    async def _wake(self, changes: Collection[Change], arrived: datetime) -> tuple[list[Awake], list[BaseException]]:
        runs = await self._runs.at_rest({change.tag for change in changes})
        # One that cannot be woken must keep none asleep and none from starting, be it at every repeat of the delivery.
        woken = await asyncio.gather(
            *(self._waking.wake(run, _word(run, changes, arrived)) for run in runs), return_exceptions=True
        )
        awake: list[Awake] = []
        faults: list[BaseException] = []
        for run, result in zip(runs, woken, strict=True):
            if isinstance(result, BaseException):
                faults.append(result)
            else:
                awake.append((run, result))
        return awake, faults

    async def _start_all(self, changes: Collection[Change]) -> dict[Change, FlowRun]:
        starting = [change for change in changes if change.is_won or change.object == CONTRACT]
        try:
            async with asyncio.TaskGroup() as group:
                starts = {change: group.create_task(self._start(change)) for change in starting}
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        return {change: start.result() for change, start in starts.items()}

    async def _start(self, change: Change) -> FlowRun:
        if change.object == CONTRACT:
            run = await self._publications.of_contract(change.id, change.word)
        else:
            run = await self._runs.start(onboarding_run(self._onboarding, change.id))
        if run.is_new:
            self._metrics.created()
        return run


def _word(run: FlowRun, changes: Collection[Change], arrived: datetime) -> Word:
    change = next(change for change in changes if change.tag in run.tags)
    return Word(f"{CHANGED}{change})", arrived)


def _heard(change: Change, run: FlowRun | None, woken: Collection[Awake]) -> Heard:
    count = Counter(became for other, became in woken if change.tag in other.tags)
    resumed, retried = count[Woken.RESUMED], count[Woken.RETRIED]
    if run is not None and run.is_new:
        outcome = Outcome.STARTED
    elif resumed or retried:
        outcome = Outcome.RESUMED if resumed else Outcome.RETRIED
    elif run is not None:
        outcome = Outcome.KNOWN
    else:
        outcome = Outcome.OTHER_STAGE if change.object == OPPORTUNITY else Outcome.NOTED
    return Heard(change, outcome, run, resumed + retried)
