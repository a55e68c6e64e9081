"""Starts and wakes the runs of changed records in Salesforce (ONB-1, PUB-1, D-5, D-16)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.onboarding.runs import NOT_SET_UP, ONBOARDING
from rules.questions.questions import CHANGED
from webhooks.common.errors import PrefectError
from webhooks.common.gathering import gather_all
from webhooks.common.metrics import Metrics
from webhooks.runs.deadline import deadline
from webhooks.runs.flow_runs import FlowRun
from webhooks.runs.prefect_runs import AT_REST, RUNNING, SCHEDULED, PrefectRuns
from webhooks.runs.publications import Publications
from webhooks.runs.waking import RunWaker, WakeOutcome, WakeSignal
from webhooks.salesforce.change import CONTRACT, OPPORTUNITY, Change
from webhooks.salesforce.following import RunFollower
from webhooks.salesforce.onboardings import Onboardings
from webhooks.salesforce.won_sales import WonSales

logger = logging.getLogger(__name__)

WokenRun = tuple[FlowRun, WakeOutcome]


class ChangeOutcome(StrEnum):
    """The result of one record's change, for logs and metrics."""

    STARTED = "started"
    RESUMED = "resumed"
    RETRIED = "retried"
    GIVEN_UP = "given up"
    KNOWN = "known"
    OTHER_STAGE = "other stage"
    NOTED = "noted"


@dataclass(frozen=True)
class HandledChange:
    """The result of a change.

    Attributes:
        run: the started or existing onboarding of an opportunity, or run of a contract's publications; None otherwise.
        woken: number of resumed and retried runs.
    """

    change: Change
    outcome: ChangeOutcome
    run: FlowRun | None
    woken: int


class ChangeHandler:
    """Wakes the runs that wait for a changed record, and starts onboardings and runs of publications.

    `waking_seconds`: the time limit for waking, which comes before starting in the same delivery.
    """

    def __init__(
        self,
        runs: PrefectRuns,
        waker: RunWaker,
        metrics: Metrics,
        *,
        onboardings: Onboardings,
        publications: Publications,
        follower: RunFollower,
        sales: WonSales,
        waking_seconds: float,
    ) -> None:
        self._runs, self._waker, self._metrics = runs, waker, metrics
        self._sales, self._waking_seconds = sales, waking_seconds
        self._onboardings, self._publications, self._follower = onboardings, publications, follower

    async def handle(self, changes: Collection[Change], arrived: datetime) -> list[HandledChange]:
        """Start and wake the runs of these changes, which arrived at `arrived`.

        Raises:
            PrefectError: Prefect did not confirm all of it; the sender must repeat the delivery.
        """
        # Wake first: a woken run of publications reads its contract again, so that no other run is needed.
        woken, errors = await self._wake(changes, arrived)
        publications = await self._start_publications(changes, woken)
        runs = await self._onboardings.start_all(changes, arrived) | publications
        if errors:
            raise errors[0]
        results = [_result(change, runs.get(change), woken) for change in changes]
        for result in results:
            run = result.run.id if result.run else ""
            self._metrics.count_notification(result.change.object, result.outcome)
            details = {"record": str(result.change), "run": run, "outcome": result.outcome.value}
            logger.info("handled", extra=details)
        return results

    async def _wake(self, changes: Collection[Change], arrived: datetime) -> tuple[list[WokenRun], list[BaseException]]:
        runs = await self._runs.tagged({change.tag for change in changes}, states=(*AT_REST, RUNNING, SCHEDULED))
        until = asyncio.get_running_loop().time() + self._waking_seconds
        # A run that cannot be woken must not stop the others from being woken or started.
        outcomes = await asyncio.gather(
            *(self._wake_or_follow(run, _signal(run, changes, arrived), until) for run in runs), return_exceptions=True
        )
        woken: list[WokenRun] = []
        errors: list[BaseException] = []
        for run, outcome in zip(runs, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                errors.append(outcome)
            else:
                woken.append((run, outcome))
        return woken, errors

    async def _wake_or_follow(self, run: FlowRun, signal: WakeSignal, until: float) -> WakeOutcome:
        async with deadline(until):
            if run.state.type in AT_REST:
                return await self._waker.wake(run, signal)
            if run.state.type == SCHEDULED:
                return WakeOutcome.LEFT
            if ONBOARDING in run.tags:
                await self._follower.add(run, signal.by)
            return WakeOutcome.LEFT

    async def _start_publications(
        self, changes: Collection[Change], woken: Collection[WokenRun]
    ) -> dict[Change, FlowRun]:
        # A customer without a company has no publications yet; its onboarding reads the contract when it wakes.
        read = {tag for run, outcome in woken if _will_onboard(run, outcome) for tag in run.tags}
        unread = [change for change in changes if change.object == CONTRACT and change.tag not in read]
        dropped = await self._of_no_customer({change.id for change in unread})
        contracts = [change for change in unread if change.id not in dropped]
        runs = await gather_all(self._publications.of_contract(change.id, change.event) for change in contracts)
        for run in runs:
            if run.is_new:
                self._metrics.count_created_run()
        return dict(zip(contracts, runs, strict=True))

    async def _of_no_customer(self, contracts: Collection[str]) -> set[str]:
        """The contracts that people edit before anything is sold; there are no publications to bring in line."""
        if not contracts:
            return set()
        try:
            return await self._sales.contracts_without(contracts)
        except PrefectError as error:
            # The run reads Salesforce by itself, as often as needed.
            logger.info("contracts are taken for those of customers", extra={"reason": str(error)})
            return set()


def _will_onboard(run: FlowRun, outcome: WakeOutcome) -> bool:
    """Whether a run has yet to read its records again, and then sets its customer up."""
    is_due = outcome in (WakeOutcome.RESUMED, WakeOutcome.RETRIED) or run.state.type == SCHEDULED
    return is_due and {ONBOARDING, NOT_SET_UP} <= run.tags and not run.is_preview


def _signal(run: FlowRun, changes: Collection[Change], arrived: datetime) -> WakeSignal:
    change = next(change for change in changes if change.tag in run.tags)
    return WakeSignal(f"{CHANGED}{change})", arrived)


def _result(change: Change, run: FlowRun | None, woken: Collection[WokenRun]) -> HandledChange:
    count = Counter(outcome for woken_run, outcome in woken if change.tag in woken_run.tags)
    resumed, retried = count[WakeOutcome.RESUMED], count[WakeOutcome.RETRIED]
    if run is not None and run.is_new:
        outcome = ChangeOutcome.STARTED
    elif resumed or retried:
        outcome = ChangeOutcome.RESUMED if resumed else ChangeOutcome.RETRIED
    elif count[WakeOutcome.GIVEN_UP]:
        outcome = ChangeOutcome.GIVEN_UP
    elif run is not None:
        outcome = ChangeOutcome.KNOWN
    else:
        outcome = ChangeOutcome.OTHER_STAGE if change.object == OPPORTUNITY else ChangeOutcome.NOTED
    return HandledChange(change, outcome, run, resumed + retried)
