"""From a word about an opportunity to its one onboarding run (ONB-1, design decisions 5 and 16)."""

import asyncio
import logging
from datetime import datetime
from enum import StrEnum
from typing import Final
from weakref import WeakValueDictionary

from rules.problems import Who
from webhooks.prefect_runs import FlowRun, NewRun, PrefectRuns

logger = logging.getLogger(__name__)

CLOSED_WON: Final = "Closed Won"
NEEDS_A_PERSON: Final = frozenset(who.state_name for who in Who)
"""The failed states of a run for which a person must repair a record or a setting."""


class Outcome(StrEnum):
    """What became of one notification."""

    STARTED = "started"
    RETRIED = "retried"
    KNOWN = "known"
    OTHER_STAGE = "other stage"
    NOTED = "noted"


def onboarding_run(opportunity_id: str) -> NewRun:
    """The run of one opportunity, by its 18-character id."""
    return NewRun(
        key=f"onboarding:{opportunity_id}",
        parameters={"opportunity_id": opportunity_id},
        tags=("onboarding", f"opportunity:{opportunity_id}"),
        by="Salesforce",
    )


class Onboardings:
    """Starts the onboarding of an opportunity, once, and moves it on when the opportunity changes later."""

    def __init__(self, runs: PrefectRuns) -> None:
        self._runs = runs
        self._waking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def hear(self, opportunity_id: str, arrived: datetime) -> tuple[FlowRun, Outcome]:
        """Have the run exist, and wake it when this word, which arrived at `arrived`, may help it.

        Raises:
            PrefectError: Prefect did not confirm it; the sender must repeat the delivery.
        """
        run = await self._runs.start(onboarding_run(opportunity_id))
        if run.is_new:
            outcome = Outcome.STARTED
        else:
            outcome = Outcome.RETRIED if await self._wake(run, arrived) else Outcome.KNOWN
        logger.info("heard", extra={"opportunity": opportunity_id, "run": run.id, "outcome": outcome.value})
        return run, outcome

    async def _wake(self, run: FlowRun, arrived: datetime) -> bool:
        """Retry a run that failed for a record's sake before the word arrived; leave every other alone."""
        repairable = run.state.type == "FAILED" and run.state.name in NEEDS_A_PERSON
        if not repairable or run.state.timestamp >= arrived:
            return False
        # Words about one opportunity come in bursts: the first retries its run, the others find it retried.
        async with self._waking.setdefault(run.id, asyncio.Lock()):
            return await self._runs.retry(run, "The opportunity was changed in Salesforce")
