"""Follows onboardings whose record changed while they were running, and checks each one when it ends (D-16).

A run that suspends itself compares its records. A run that ends may have read them before the change. So a run that
failed is retried, and a run that ended out of scope has a successor. The change is saved with the run in Prefect
before the delivery is acknowledged, so that a restarted receiver finds it.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from rules.onboarding.runs import ENDED_OUT_OF_SCOPE, ONBOARDING
from webhooks.common.errors import PrefectError
from webhooks.runs.flow_runs import FlowRun
from webhooks.runs.prefect_runs import RUNNING, PrefectRuns
from webhooks.runs.waking import NEEDS_A_PERSON, RunWaker, WakeSignal
from webhooks.salesforce.onboarding import ended_out_of_scope
from webhooks.salesforce.onboardings import Onboardings

logger = logging.getLogger(__name__)

PREFIX: Final = "changed-while-running-"
CHECK_EVERY: Final = 2.0
RESTORE_EVERY: Final = 10.0
RESTORE_WITHIN: Final = timedelta(days=1)
"""A receiver that starts also checks the onboardings that ended within this time."""


@dataclass(frozen=True)
class SavedChange:
    """The input that is saved with a run: its key, and the source of the change."""

    key: str
    by: str


class RunFollower:
    """Follows onboardings until they end. One per process; `every`: seconds between two checks."""

    def __init__(
        self, runs: PrefectRuns, waker: RunWaker, onboardings: Onboardings, every: float = CHECK_EVERY
    ) -> None:
        self._runs, self._waker, self._onboardings, self._every = runs, waker, onboardings, every
        self._saved: dict[str, SavedChange] = {}
        self._has_runs = asyncio.Event()

    async def add(self, run: FlowRun, by: str) -> None:
        """Save the change with a running onboarding and follow the run.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        key = f"{PREFIX}{run.state.id}"
        saved = self._saved.get(run.id)
        if saved is None or saved.key != key:
            await self._runs.add_input(run.id, key, json.dumps(by))
            self._follow(run.id, SavedChange(key, by))

    async def serve(self) -> None:
        """Check the followed runs, until cancelled."""
        is_restored = False
        while True:
            is_restored = is_restored or await self._succeeds(self._restore())
            if is_restored:
                await self._has_runs.wait()
            await asyncio.sleep(self._every if is_restored else RESTORE_EVERY)
            await self._succeeds(self._check())

    async def _succeeds(self, work: Awaitable[None]) -> bool:
        try:
            await work
        except PrefectError as error:
            logger.info("followed runs were not checked", extra={"reason": str(error)})
        except Exception:
            logger.exception("followed runs were not checked")
        else:
            return True
        return False

    async def _restore(self) -> None:
        """Follow the runs that this receiver followed before it was restarted."""
        since = (datetime.now(UTC) - RESTORE_WITHIN).isoformat()
        names = [ENDED_OUT_OF_SCOPE, "Crashed", *sorted(NEEDS_A_PERSON)]
        running = await self._runs.tagged([ONBOARDING], states=[RUNNING])
        ended = await self._runs.matching(
            {"tags": {"any_": [ONBOARDING]}, "state": {"name": {"any_": names}}, "end_time": {"after_": since}}
        )
        for run in (*running, *ended):
            for key, by in (await self._runs.inputs(run.id, PREFIX)).items():
                self._follow(run.id, SavedChange(key, json.loads(by)))

    def _follow(self, run_id: str, change: SavedChange) -> None:
        self._saved[run_id] = change
        self._has_runs.set()

    async def _check(self) -> None:
        saved = dict(self._saved)
        runs = {run.id: run for run in await self._runs.matching({"id": {"any_": list(saved)}})} if saved else {}
        for run_id, change in saved.items():
            run = runs.get(run_id)
            if run is not None and run.state.type == RUNNING:
                continue
            if run is not None:
                await self._wake(run, change.by)
                await self._runs.delete_input(run_id, change.key)
            if self._saved.get(run_id) == change:
                del self._saved[run_id]
        if not self._saved:
            self._has_runs.clear()

    async def _wake(self, run: FlowRun, by: str) -> None:
        if ended_out_of_scope(run):
            await self._onboardings.start_after(run)
        elif run.state.type in ("FAILED", "CRASHED"):
            await self._waker.wake(run, WakeSignal(by, datetime.now(UTC)))
