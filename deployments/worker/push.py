"""A process worker that looks for runs when Prefect reports one, instead of at its next poll (ADR-14).

With `LIFECYCLE_DRAIN_SECONDS`, SIGTERM lets its runs end before it ends itself.
"""

import asyncio
import os
import signal
import time
import warnings
from typing import Any

import anyio
from prefect.client.schemas.objects import FlowRun
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.logging import get_logger
from prefect.workers.process import ProcessWorker, ProcessWorkerResult

from deployments.worker.kept_contexts import KeptContexts
from deployments.worker.remembered_reads import RememberedReads
from deployments.worker.reports import report_for_ever

SCHEDULED = EventFilter(
    event=EventNameFilter(
        name=["prefect.flow-run.Scheduled", "prefect.flow-run.AwaitingRetry", "prefect.flow-run.Resuming"]
    )
)
"""The events of runs that a worker may take."""
PAUSE = 5.0
"""Seconds between two tries to subscribe. The timed polls find every run meanwhile."""
LOOKS = (0.0, 0.05, 0.15)
"""Seconds before each look for a reported run: Prefect reports it before its transaction has ended."""
DRAIN = "LIFECYCLE_DRAIN_SECONDS"
"""The variable with the seconds that SIGTERM leaves to runs in progress; by default they end at once."""
logger = get_logger("worker.push")

with warnings.catch_warnings(action="ignore"):  # Prefect warns that its own process worker is replaced: it is meant

    class PushedWorker(ProcessWorker):
        """The worker that `prefect worker start --type process` starts once this module is imported."""

        type = "process"

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._due, self._looking = asyncio.Event(), asyncio.Lock()
            self._running = 0
            self._draining = False
            self._remembering: RememberedReads | None = None

        async def start(self, *args: Any, **kwargs: Any) -> None:
            """Poll, look for runs at every event, and report for `lifecycle check`; see Prefect's own."""
            async with KeptContexts(), anyio.create_task_group() as tasks:
                tasks.start_soon(self._subscribe)
                tasks.start_soon(self._look_when_due)
                tasks.start_soon(report_for_ever, self.name)
                if seconds := float(os.environ.get(DRAIN) or 0):
                    tasks.start_soon(self._drain_at_sigterm, seconds)
                await super().start(*args, **kwargs)
                tasks.cancel_scope.cancel()

        @property
        def client(self) -> Any:
            """Prefect's client, which remembers deployments and flows for a moment."""
            if self._remembering is None:
                self._remembering = RememberedReads(super().client)
            return self._remembering

        async def get_and_submit_flow_runs(self) -> list[FlowRun]:
            """Take the runs that are due, one look after the other; none once it is to end."""
            async with self._looking:
                return [] if self._draining else await super().get_and_submit_flow_runs()

        async def run(self, *args: Any, **kwargs: Any) -> ProcessWorkerResult:
            """Execute a run; its place is free for the next one at once."""
            self._running += 1
            try:
                return await super().run(*args, **kwargs)
            finally:
                self._running -= 1
                self._due.set()

        async def _propose_submitting_state(self, flow_run: FlowRun) -> None:
            """Leave out Prefect's state `Submitting`: a warm run is running before anybody could see it.

            It costs a tenth of the time to the first step.
            """

        async def _give_worker_labels_to_flow_run(self, *_: Any) -> None:
            """Leave out the labels of this worker, which no page shows; the run's process id names the machine."""

        def _has_place(self) -> bool:
            limit = self._work_pool.concurrency_limit if self._work_pool else None
            return limit is None or self._running < limit

        async def _drain_at_sigterm(self, seconds: float) -> None:
            """At SIGTERM take no more runs and wait for those in progress; a second SIGTERM ends them at once."""
            end_at_once, told, loop = signal.getsignal(signal.SIGTERM), asyncio.Event(), asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, told.set)
            await told.wait()
            loop.remove_signal_handler(signal.SIGTERM)
            signal.signal(signal.SIGTERM, end_at_once)
            self._draining, end = True, time.monotonic() + seconds
            logger.info("No more runs are taken; those in progress have %.0f s to end", seconds)
            async with self._looking:  # a look that began before has taken its runs
                pass
            # Prefect tells nobody when a submission has failed.
            while (self._running or self._submitting_flow_run_ids) and time.monotonic() < end:  # noqa: ASYNC110
                await anyio.sleep(0.1)
            os.kill(os.getpid(), signal.SIGTERM)

        async def _subscribe(self) -> None:
            while True:
                try:
                    async with get_events_subscriber(filter=SCHEDULED) as events:
                        self._due.set()  # runs may have been created without events
                        async for _ in events:
                            if self._has_place():
                                self._due.set()
                except Exception as error:  # noqa: BLE001 - the polls go on without events
                    logger.warning("No events from Prefect: runs wait for the next poll. %s", error)
                await anyio.sleep(PAUSE)

        async def _look_when_due(self) -> None:
            while True:
                await self._due.wait()
                self._due.clear()
                try:
                    for pause in LOOKS:
                        await anyio.sleep(pause)
                        if await self.get_and_submit_flow_runs():
                            break
                except Exception as error:  # noqa: BLE001 - the next poll looks again
                    logger.warning("Cannot look for runs; the next poll does. %s", error)
