"""The slots of the global concurrency limits, and the leases in Redis that must stand behind them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from prefect.client.orchestration import PrefectClient
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tasks.core.locks import LEASE

EVERY = 5.0
MARGIN = 30.0
"""Seconds after the end of a lease until its slot is free: the repossessor looks every 15 s."""
_LEASES = "prefect:concurrency:expirations"
_LEASE = "prefect:concurrency:lease:"


@dataclass
class LockWatch:
    """What was seen of the slots.

    Attributes:
        longest_overdue: seconds by which a lease outlived its end at most.
        without_lease: seconds for which each limit was taken without a lease at most, by the limit's name.
        clock: seconds.
    """

    clock: Callable[[], float] = time.monotonic
    longest_overdue: float = 0.0
    without_lease: dict[str, float] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)

    def note(self, taken: set[str], leased: set[str], overdue: float) -> None:
        """Note one look: the limits with a taken slot, those with a lease, and the most overdue lease."""
        self.longest_overdue = max(self.longest_overdue, overdue)
        now, bare = self.clock(), taken - leased
        self._since = {name: self._since.get(name, now) for name in bare}
        for name, since in self._since.items():
            self.without_lease[name] = max(self.without_lease.get(name, 0.0), now - since)

    @property
    def faults(self) -> dict[str, list[str]]:
        """Slots that outlived their lease, by the limit's name."""
        late = {name: seconds for name, seconds in self.without_lease.items() if seconds > LEASE + MARGIN}
        found = {f"lock {name}": [f"taken for {seconds:.0f} s without a lease"] for name, seconds in late.items()}
        if self.longest_overdue > MARGIN:
            found["leases"] = [f"one outlived its end by {self.longest_overdue:.0f} s"]
        return found


@asynccontextmanager
async def watched_locks(client: PrefectClient, redis_url: str) -> AsyncIterator[LockWatch]:
    """Look at the slots every few seconds until the end of the block."""
    watch = LockWatch()
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        task = asyncio.create_task(_watch(client, redis, watch))
        try:
            yield watch
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def slots_taken(client: PrefectClient) -> set[str]:
    """The names of the limits with a taken slot."""
    limits = await client.read_global_concurrency_limits(limit=200)
    return {limit.name for limit in limits if limit.active_slots}


async def seconds_until_free(client: PrefectClient) -> float:
    """How long it takes until no slot is taken; at most a lease and the margin."""
    started = time.monotonic()
    while await slots_taken(client) and time.monotonic() - started < LEASE + MARGIN:  # noqa: ASYNC110 - Prefect tells
        await asyncio.sleep(1)
    return time.monotonic() - started


async def _watch(client: PrefectClient, redis: Redis, watch: LockWatch) -> None:
    while True:
        with suppress(RedisError, OSError):
            leases = await redis.zrange(_LEASES, 0, -1, withscores=True)
            limits = await client.read_global_concurrency_limits(limit=200)
            texts = await redis.mget([f"{_LEASE}{lease}" for lease, _ in leases]) if leases else []
            held = {resource for text in texts if text for resource in json.loads(text)["resource_ids"]}
            taken = {limit.name for limit in limits if limit.active_slots}
            leased = {limit.name for limit in limits if str(limit.id) in held}
            watch.note(taken, leased, max((time.time() - end for _, end in leases), default=0.0))
        await asyncio.sleep(EVERY)
