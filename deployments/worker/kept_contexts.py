"""Prefect's contexts for executing a run, kept for the next run instead of being created for each (ADR-14).

Each opens two clients and a web socket before it can start a process. A context serves one run at a time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from prefect.runner._flow_run_executor import FlowRunExecutorContext
from prefect.workers import process

_NAME = FlowRunExecutorContext.__name__
"""The name by which Prefect's process worker creates the context of a run."""


class Context(FlowRunExecutorContext):
    """Prefect's context, which knows whether it still hears of cancelled runs."""

    hears = True

    def _handle_cancellation_observer_failure(self, flow_run_ids: set[Any]) -> None:
        self.hears = False
        super()._handle_cancellation_observer_failure(flow_run_ids)


class _Kept:
    """A context and the asyncio task that is in it: Prefect wants the same task to enter and to leave it."""

    def __init__(self) -> None:
        self.context: asyncio.Future[Context] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._stay())

    async def _stay(self) -> None:
        try:
            context = Context()
            async with context:
                self.context.set_result(context)
                await asyncio.Event().wait()
        except Exception as error:
            if self.context.done():
                raise
            self.context.set_exception(error)

    def is_usable(self) -> bool:
        return not self.task.done() and self.context.result().hears

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


class KeptContexts:
    """The contexts of one worker; they end with the block `async with KeptContexts()`."""

    def __init__(self) -> None:
        self._free: list[_Kept] = []

    async def __aenter__(self) -> Self:
        setattr(process, _NAME, self.lend)
        return self

    async def __aexit__(self, *_: object) -> None:
        setattr(process, _NAME, FlowRunExecutorContext)
        while self._free:
            await self._free.pop().end()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Context]:
        """Lend a context to one run. If the run raises, the context ends, and with it the run's process."""
        kept = await self._take()
        try:
            yield await asyncio.shield(kept.context)
        except BaseException:
            await kept.end()
            raise
        self._free.append(kept)

    async def _take(self) -> _Kept:
        while self._free:
            kept = self._free.pop()
            if kept.is_usable():
                return kept
            await kept.end()
        return _Kept()
