"""Starts onboardings: the first of an opportunity (ONB-1), or a new one after an ended one (ONB-2)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from rules.onboarding.runs import ONBOARDING, OPPORTUNITY_TAG
from rules.questions.questions import OUT_OF_SCOPE
from webhooks.common.gathering import gather_all
from webhooks.common.metrics import Metrics
from webhooks.runs.flow_runs import FlowRun, NewRun
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.salesforce.change import OPPORTUNITY, Change
from webhooks.salesforce.onboarding import (
    counts,
    ended_out_of_scope,
    is_repeat,
    onboarding_run,
    only_previewed,
    opportunity_of,
    was_cancelled,
)
from webhooks.salesforce.won_sales import WonSales

ByOpportunity = Mapping[str, Collection[Change]]


class Onboardings:
    """Starts the onboardings of opportunities (D-16). One per process."""

    def __init__(self, runs: PrefectRuns, sales: WonSales, metrics: Metrics, deployment: str) -> None:
        self._runs, self._sales, self._metrics, self._deployment = runs, sales, metrics, deployment

    async def start_all(self, changes: Collection[Change], arrived: datetime) -> dict[Change, FlowRun]:
        """Start the onboardings that follow from these changes.

        Returns:
            For each change, the onboarding that it started, or the existing onboarding of a won opportunity.

        Raises:
            PrefectError: Prefect or Salesforce did not confirm all of it.
        """
        by_opportunity = _by_opportunity(changes, await self._out_of_scope({change.tag for change in changes}))
        if not by_opportunity:
            return {}
        latest = await self._latest(by_opportunity)
        won = await self._won(by_opportunity, latest, arrived)
        starts = [
            self._start(opportunity, latest.get(opportunity), its_changes, arrived, is_won=opportunity in won)
            for opportunity, its_changes in by_opportunity.items()
        ]
        runs = dict(zip(by_opportunity, await gather_all(starts), strict=True))
        return {change: run for opportunity, run in runs.items() if run for change in by_opportunity[opportunity]}

    async def start_after(self, ended: FlowRun) -> None:
        """Start a new onboarding after one that ended out of scope, if that was the opportunity's latest."""
        opportunity = opportunity_of(ended)
        latest = (await self._latest([opportunity])).get(opportunity)
        if latest is not None and latest.id == ended.id and ended_out_of_scope(latest):
            await self._create(onboarding_run(self._deployment, opportunity, after=latest))

    async def _out_of_scope(self, tags: Collection[str]) -> list[FlowRun]:
        runs = await self._runs.tagged(tags, of=(ONBOARDING, OUT_OF_SCOPE), states=("COMPLETED",))
        return [run for run in runs if ended_out_of_scope(run)]

    async def _latest(self, opportunities: Iterable[str]) -> dict[str, FlowRun]:
        """The newest onboarding of each opportunity that has one."""
        tags = [f"{OPPORTUNITY_TAG}{opportunity}" for opportunity in opportunities]
        runs = await self._runs.tagged(tags, of=(ONBOARDING,))
        return {opportunity_of(run): run for run in sorted(filter(counts, runs), key=lambda run: (run.created, run.id))}

    async def _won(self, changes: ByOpportunity, latest: Mapping[str, FlowRun], arrived: datetime) -> set[str]:
        """The won opportunities: by their messages, and by their records where a message says otherwise."""
        won = {each for each, its_changes in changes.items() if any(change.is_won for change in its_changes)}
        in_doubt = [
            each
            for each, its_changes in changes.items()
            if each not in won and any(change.object == OPPORTUNITY for change in its_changes)
            if each not in latest or was_cancelled(latest[each], arrived)
        ]
        return won | (await self._sales.won(in_doubt) if in_doubt else set())

    async def _start(
        self, opportunity: str, latest: FlowRun | None, changes: Collection[Change], arrived: datetime, *, is_won: bool
    ) -> FlowRun | None:
        notification = next((each.notification for each in changes if each.notification), "")
        if latest is None and is_won:
            latest = await self._create(onboarding_run(self._deployment, opportunity, notification=notification))
        if latest is None or latest.is_new:
            return latest
        has_ended = ended_out_of_scope(latest) or (
            is_won and (was_cancelled(latest, arrived) or only_previewed(latest))
        )
        if has_ended and not is_repeat(latest, notification):
            run = onboarding_run(self._deployment, opportunity, after=latest, notification=notification)
            return await self._create(run)
        return latest if is_won else None

    async def _create(self, run: NewRun) -> FlowRun:
        created = await self._runs.start(run)
        if created.is_new:
            self._metrics.count_created_run()
        return created


def _by_opportunity(changes: Collection[Change], out_of_scope: Iterable[FlowRun]) -> dict[str, list[Change]]:
    """The changes of each opportunity, and the changes of other records that an ended onboarding waits for."""
    by_opportunity: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.object == OPPORTUNITY:
            by_opportunity[change.id].append(change)
    for run in out_of_scope:
        known = by_opportunity[opportunity_of(run)]
        known += [change for change in changes if change.tag in run.tags and change not in known]
    return {opportunity: its_changes for opportunity, its_changes in by_opportunity.items() if opportunity}
