"""Whether a change starts an onboarding: the first of its opportunity (ONB-1), or one after another (ONB-2)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from rules.questions.questions import OUT_OF_SCOPE
from webhooks.common.gathering import gather_all
from webhooks.common.metrics import Metrics
from webhooks.runs.flow_runs import FlowRun, NewRun
from webhooks.runs.prefect_runs import PrefectRuns
from webhooks.salesforce.change import OPPORTUNITY, Change
from webhooks.salesforce.onboarding import (
    OPPORTUNITY_TAG,
    TAG,
    counts,
    ended_out_of_scope,
    is_repeat,
    onboarding_run,
    opportunity_of,
    was_cancelled,
)
from webhooks.salesforce.won_sales import WonSales

ByOpportunity = Mapping[str, Collection[Change]]


class Onboardings:
    """The onboardings of opportunities (D-16). One per process."""

    def __init__(self, runs: PrefectRuns, sales: WonSales, metrics: Metrics, deployment: str) -> None:
        self._runs, self._sales, self._metrics, self._deployment = runs, sales, metrics, deployment

    async def start_all(self, changes: Collection[Change], arrived: datetime) -> dict[Change, FlowRun]:
        """Have the onboardings exist that these changes start.

        Returns:
            By change, the onboarding that it started, or that was there for an opportunity that is won.

        Raises:
            PrefectError: Prefect or Salesforce did not confirm all of it.
        """
        concerned = _concerned(changes, await self._out_of_scope({change.tag for change in changes}))
        if not concerned:
            return {}
        latest = await self._latest(concerned)
        won = await self._won(concerned, latest, arrived)
        starts = [
            self._start(each, latest.get(each), concerned[each], arrived, is_won=each in won) for each in concerned
        ]
        runs = dict(zip(concerned, await gather_all(starts), strict=True))
        return {change: run for each, run in runs.items() if run for change in concerned[each]}

    async def start_after(self, ended: FlowRun) -> None:
        """Start another onboarding after one that ended out of scope, if it is its opportunity's latest."""
        opportunity = opportunity_of(ended)
        latest = (await self._latest([opportunity])).get(opportunity)
        if latest is not None and latest.id == ended.id and ended_out_of_scope(latest):
            await self._create(onboarding_run(self._deployment, opportunity, after=latest))

    async def _out_of_scope(self, tags: Collection[str]) -> list[FlowRun]:
        found = await self._runs.tagged(tags, of=(TAG, OUT_OF_SCOPE), states=("COMPLETED",))
        return [run for run in found if ended_out_of_scope(run)]

    async def _latest(self, opportunities: Iterable[str]) -> dict[str, FlowRun]:
        """The newest onboarding of each of these opportunities that has one."""
        runs = await self._runs.tagged([f"{OPPORTUNITY_TAG}{each}" for each in opportunities], of=(TAG,))
        return {opportunity_of(run): run for run in sorted(filter(counts, runs), key=lambda run: (run.created, run.id))}

    async def _won(self, concerned: ByOpportunity, latest: Mapping[str, FlowRun], arrived: datetime) -> set[str]:
        """The opportunities that are won, by the word of them; by their records, where the word says otherwise."""
        said = {each for each, changes in concerned.items() if any(change.is_won for change in changes)}
        in_doubt = [
            each
            for each, changes in concerned.items()
            if each not in said and any(change.object == OPPORTUNITY for change in changes)
            if each not in latest or was_cancelled(latest[each], arrived)
        ]
        return said | (await self._sales.won(in_doubt) if in_doubt else set())

    async def _start(
        self, opportunity: str, latest: FlowRun | None, changes: Collection[Change], arrived: datetime, *, is_won: bool
    ) -> FlowRun | None:
        notification = next((each.notification for each in changes if each.notification), "")
        if latest is None and is_won:
            latest = await self._create(onboarding_run(self._deployment, opportunity, notification=notification))
        if latest is None or latest.is_new:
            return latest
        is_over = ended_out_of_scope(latest) or (is_won and was_cancelled(latest, arrived))
        if is_over and not is_repeat(latest, notification):
            run = onboarding_run(self._deployment, opportunity, after=latest, notification=notification)
            return await self._create(run)
        return latest if is_won else None

    async def _create(self, run: NewRun) -> FlowRun:
        created = await self._runs.start(run)
        if created.is_new:
            self._metrics.created()
        return created


def _concerned(changes: Collection[Change], corrected: Iterable[FlowRun]) -> dict[str, list[Change]]:
    """The opportunities that the changes concern, each with its changes."""
    found: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.object == OPPORTUNITY:
            found[change.id].append(change)
    for run in corrected:
        known = found[opportunity_of(run)]
        known += [change for change in changes if change.tag in run.tags and change not in known]
    return {opportunity: concerning for opportunity, concerning in found.items() if opportunity}
