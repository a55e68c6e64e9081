"""What goes wrong while a trial runs, and when: parts are killed and come back as their supervisors bring them back."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deployments.stack.stack import progress
from tests.scale.cluster import Cluster

PAUSE = 3.0
"""Seconds until a supervisor starts a part again."""
REDIS = "redis"
Moment = tuple[float, str | Callable[[], str]]
"""The share of the work that is done before a part fails, and the part, or what finds it then."""


@dataclass
class Disturbances:
    """The disturbances of a trial, each at a share of its work. Redis is restarted, the others are killed.

    Attributes:
        killed_runs: the ids of the runs that were killed with their worker.
    """

    cluster: Cluster
    moments: Sequence[Moment]
    killed_runs: list[str] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def at(self, share: float) -> None:
        """Begin what is due once this share of the work is done."""
        for moment, part in self.moments[len(self._tasks) :]:
            name = part if isinstance(part, str) else part()
            if share < moment or not name:
                return
            self._tasks.append(asyncio.create_task(self._restart_redis() if name == REDIS else self._kill(name)))

    @property
    def over(self) -> bool:
        """Whether all took place, and every part is back."""
        for task in self._tasks:
            if task.done():
                task.result()
        return len(self._tasks) == len(self.moments) and all(task.done() for task in self._tasks)

    async def _kill(self, name: str) -> None:
        runs = self.cluster.kill(name)
        self.killed_runs += runs
        progress.print(f"  kill -9 {name}{f' with {len(runs)} runs' if runs else ''}")
        await asyncio.sleep(PAUSE)
        self.cluster.restart(name)
        progress.print(f"  {name} is started again")

    async def _restart_redis(self) -> None:
        progress.print("  Redis is stopped")
        self.cluster.end(REDIS)
        await asyncio.sleep(PAUSE)
        self.cluster.restart(REDIS)
        progress.print("  Redis is started again")
