"""Checks whether a run could be created now and would start; if not, names what is missing and what to do."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webhooks.common.errors import LoginError, MissingError, PrefectError, TransientError
from webhooks.common.gathering import gather_all
from webhooks.common.observed import failure
from webhooks.runs.prefect_api import PrefectApi, parsed

SECONDS: Final = 3.0
KEPT_SECONDS: Final = 1.0
SCRAPE_SECONDS: Final = 1.0
"""For which a scrape waits; Prometheus may be set to give up after few seconds, and needs the figure just then."""
POLLED_WITHIN: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Missing:
    """One reason why no run can start, and what to do about it."""

    what: str
    action: str


class _Deployment(BaseModel):
    paused: bool = False
    work_pool_name: str | None = None
    work_queue_name: str | None = None


class _Pool(BaseModel):
    is_paused: bool = False
    type: str = ""
    concurrency_limit: int | None = None


class _Queue(BaseModel):
    is_paused: bool = False


class _Worker(BaseModel):
    last_heartbeat_time: datetime | None = None


_NOT_ASKED: Final = (Missing("Prefect has not answered yet", "Look again in a few seconds."),)


class Readiness:
    """Checks Prefect at most once a second, however many probes come. One per process; `clock` returns seconds."""

    def __init__(
        self, api: PrefectApi, deployments: Iterable[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api, self._deployments, self._clock = api, tuple(deployments), clock
        self._lock = asyncio.Lock()
        self._missing: tuple[Missing, ...] = _NOT_ASKED
        self._checks: set[asyncio.Task[tuple[Missing, ...]]] = set()
        self._checked_at = clock() - KEPT_SECONDS

    async def respond(self, _: Request) -> Response:
        """200 when a run could be created and would start; otherwise 503 with everything that is missing."""
        if missing := await self.missing():
            reason = "; ".join(item.what for item in missing)
            return failure(503, reason, missing=[asdict(item) for item in missing])
        return JSONResponse({"status": "ready"})

    async def missing(self) -> tuple[Missing, ...]:
        """The reasons why no run can start; empty when one can."""
        async with self._lock:
            if self._clock() - self._checked_at >= KEPT_SECONDS:
                self._missing = await self._check()
                self._checked_at = self._clock()
            return self._missing

    async def missing_soon(self) -> tuple[Missing, ...]:
        """The same within `SCRAPE_SECONDS`: while Prefect is slower, as of the last check."""
        check = asyncio.create_task(self.missing())
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)
        await asyncio.wait([check], timeout=SCRAPE_SECONDS)
        return self._missing

    async def _check(self) -> tuple[Missing, ...]:
        try:
            async with asyncio.timeout(SECONDS):
                # This call changes nothing, but Prefect checks the login as for the call that creates a run.
                await self._api.call("POST", "/flow_runs/filter", {"limit": 1})
                return tuple([item async for item in self._find_missing()])
        except (TimeoutError, TransientError):
            return (Missing("Prefect does not answer", "Start the Prefect server that PREFECT_API_URL names."),)
        except LoginError as error:
            action = "Set PREFECT_API_AUTH_STRING to the value of the server's PREFECT_SERVER_API_AUTH_STRING."
            return (Missing(str(error), f"{action} Then restart the receiver."),)
        except PrefectError as error:
            return (Missing(str(error), "Look at the log of the Prefect server, and at PREFECT_API_URL."),)

    async def _find_missing(self) -> AsyncIterator[Missing]:
        deployments = await gather_all(self._deployment(name) for name in self._deployments)
        queues: dict[tuple[str, str], None] = {}
        for name, deployment in zip(self._deployments, deployments, strict=True):
            if deployment is None:
                yield Missing(f"Prefect has no deployment {name}", "Run `lifecycle bootstrap`.")
            elif deployment.work_pool_name is None:
                yield Missing(f"The deployment {name} has no work pool", "Run `lifecycle bootstrap`.")
            else:
                queues[deployment.work_pool_name, deployment.work_queue_name or "default"] = None
                if deployment.paused:
                    yield Missing(f"The deployment {name} is paused", "Resume it on its page in the dashboard.")
        for pool in dict.fromkeys(pool for pool, _ in queues):
            async for item in self._find_missing_in(pool):
                yield item
        for pool, queue in queues:
            if await self._is_paused(pool, queue):
                yield Missing(f"The queue {queue} of the work pool {pool} is paused", "Resume it in the dashboard.")

    async def _find_missing_in(self, name: str) -> AsyncIterator[Missing]:
        try:
            pool = parsed(_Pool, await self._api.call("GET", f"/work_pools/{quote(name, safe='')}"))
        except MissingError:
            yield Missing(f"Prefect has no work pool {name}", "Run `lifecycle bootstrap`.")
            return
        if pool.is_paused:
            yield Missing(f"The work pool {name} is paused", "Resume it under Work Pools in the dashboard.")
        if pool.concurrency_limit == 0:
            yield Missing(f"The work pool {name} lets no run start", "Raise its concurrency limit in the dashboard.")
        # Prefect itself submits the runs of push and managed pools.
        if not pool.type.endswith((":push", ":managed")) and not await self._has_worker(name):
            action = "Start one with `python -m deployments.worker`, or look at its log."
            yield Missing(f"No worker of the work pool {name} was active within a minute", action)

    async def _deployment(self, name: str) -> _Deployment | None:
        try:
            return parsed(_Deployment, await self._api.call("GET", f"/deployments/name/{name}"))
        except MissingError:
            return None

    async def _is_paused(self, pool: str, queue: str) -> bool:
        path = f"/work_pools/{quote(pool, safe='')}/queues/{quote(queue, safe='')}"
        try:
            return parsed(_Queue, await self._api.call("GET", path)).is_paused
        except MissingError:
            # The check of the pool has named it.
            return False

    async def _has_worker(self, pool: str) -> bool:
        answer = await self._api.call("POST", f"/work_pools/{quote(pool, safe='')}/workers/filter", {})
        since = datetime.now(UTC) - POLLED_WITHIN
        heartbeats = (worker.last_heartbeat_time for worker in parsed(list[_Worker], answer))
        return any(at is not None and at >= since for at in heartbeats)
