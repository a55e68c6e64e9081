"""A process worker that looks for runs when Prefect reports one, instead of at its next poll (ADR-14)."""

import asyncio
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
logger = get_logger("worker.push")

with warnings.catch_warnings(action="ignore"):  # Prefect warns that its own process worker is replaced: it is meant

    class PushedWorker(ProcessWorker):
        """The worker that `prefect worker start --type process` starts once this module is imported."""

        type = "process"

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._due, self._looking = asyncio.Event(), asyncio.Lock()
            self._running = 0
            self._remembering: RememberedReads | None = None

        async def start(self, *args: Any, **kwargs: Any) -> None:
            """Poll, look for runs at every event, and report for `lifecycle check`; see Prefect's own."""
            async with KeptContexts(), anyio.create_task_group() as tasks:
                tasks.start_soon(self._subscribe)
                tasks.start_soon(self._look_when_due)
                tasks.start_soon(report_for_ever, self.name)
                await super().start(*args, **kwargs)
                tasks.cancel_scope.cancel()

        @property
        def client(self) -> Any:
            """Prefect's client, which remembers deployments and flows for a moment."""
            if self._remembering is None:
                self._remembering = RememberedReads(super().client)
            return self._remembering

        async def get_and_submit_flow_runs(self) -> list[FlowRun]:
            """Take the runs that are due, one look after the other."""
            async with self._looking:
                return await super().get_and_submit_flow_runs()

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
