"""An onboarding was running when its record changed: it is looked at again when it ends (D-16).

A run that suspends compares its records by itself. One that ends otherwise may have read them before the change: it is
retried where a person was to repair a record, and followed by another where the sale was out of scope. The word is left
with the run in Prefect before the delivery is acknowledged, so that a receiver that starts anew finds it.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from webhooks.common.errors import PrefectError
from webhooks.runs.flow_runs import FlowRun
from webhooks.runs.prefect_runs import RUNNING, PrefectRuns
from webhooks.runs.waking import NEEDS_A_PERSON, RunWaker, WakeSignal
from webhooks.salesforce.onboarding import ENDED_OUT_OF_SCOPE, TAG, ended_out_of_scope
from webhooks.salesforce.onboardings import Onboardings

logger = logging.getLogger(__name__)

PREFIX: Final = "changed-while-running-"
LOOK_EVERY: Final = 2.0
FIND_AGAIN_EVERY: Final = 10.0
FOUND_AGAIN_WITHIN: Final = timedelta(days=1)
"""A receiver that starts looks at onboardings that ended so lately."""


@dataclass(frozen=True)
class Left:
    """The word that is left with a run: under which key, and by whom it is."""

    key: str
    by: str


class Following:
    """The onboardings to be looked at again. One per process; `every`: seconds between two looks."""

    def __init__(
        self, runs: PrefectRuns, waking: RunWaker, onboardings: Onboardings, every: float = LOOK_EVERY
    ) -> None:
        self._runs, self._waking, self._onboardings, self._every = runs, waking, onboardings, every
        self._left: dict[str, Left] = {}
        self._is_any = asyncio.Event()

    async def add(self, run: FlowRun, by: str) -> None:
        """Leave the word with a running onboarding.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        key = f"{PREFIX}{run.state.id}"
        known = self._left.get(run.id)
        if known is None or known.key != key:
            await self._runs.add_input(run.id, key, json.dumps(by))
            self._follow(run.id, Left(key, by))

    async def serve(self) -> None:
        """Look at what is followed, for ever."""
        knows_all = False
        while True:
            knows_all = knows_all or await self._succeeds(self._find_again())
            if knows_all:
                await self._is_any.wait()
            await asyncio.sleep(self._every if knows_all else FIND_AGAIN_EVERY)
            await self._succeeds(self._look())

    async def _succeeds(self, work: Awaitable[None]) -> bool:
        try:
            await work
        except PrefectError as error:
            logger.info("followed runs were not looked at", extra={"reason": str(error)})
        except Exception:
            logger.exception("followed runs were not looked at")
        else:
            return True
        return False

    async def _find_again(self) -> None:
        """Follow what a receiver before us followed."""
        since = (datetime.now(UTC) - FOUND_AGAIN_WITHIN).isoformat()
        names = [ENDED_OUT_OF_SCOPE, "Crashed", *sorted(NEEDS_A_PERSON)]
        running = await self._runs.tagged([TAG], states=[RUNNING])
        ended = await self._runs.matching(
            {"tags": {"any_": [TAG]}, "state": {"name": {"any_": names}}, "end_time": {"after_": since}}
        )
        for run in (*running, *ended):
            for key, word in (await self._runs.inputs(run.id, PREFIX)).items():
                self._follow(run.id, Left(key, json.loads(word)))

    def _follow(self, run_id: str, left: Left) -> None:
        self._left[run_id] = left
        self._is_any.set()

    async def _look(self) -> None:
        left = dict(self._left)
        known = {run.id: run for run in await self._runs.matching({"id": {"any_": list(left)}})} if left else {}
        for run_id, one in left.items():
            run = known.get(run_id)
            if run is not None and run.state.type != RUNNING:
                await self._act(run, one.by)
                await self._runs.drop_input(run_id, one.key)
            if (run is None or run.state.type != RUNNING) and self._left.get(run_id) == one:
                del self._left[run_id]
        if not self._left:
            self._is_any.clear()

    async def _act(self, run: FlowRun, by: str) -> None:
        if ended_out_of_scope(run):
            await self._onboardings.start_after(run)
        elif run.state.type in ("FAILED", "CRASHED"):
            await self._waking.wake(run, WakeSignal(by, datetime.now(UTC)))
