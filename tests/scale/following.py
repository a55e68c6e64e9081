"""Follow the runs of a trial to their end, while parts fail; retry what broke off once, as operations do."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter
from prefect.client.schemas.objects import FlowRun

from deployments.stack.stack import progress
from tests.scale.cluster import Cluster
from tests.scale.disturbances import Disturbances
from tests.scale.locks import LockWatch, seconds_until_free, watched_locks
from tests.scale.runs import BROKEN, in_words, retry, runs_by_id, runs_of, state_names

EVERY = 3.0
"""Seconds between two looks at the runs."""
STALLED = 420.0
"""Seconds without any progress until a trial is given up: a run that never began is noticed after 300 s."""
Row = tuple[str, str]
Look = Callable[[list[FlowRun]], Awaitable[None]]


@dataclass
class Outcome:
    """What came of a trial: the rows of the table, and the faults by record."""

    rows: list[Row] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Following:
    """The runs of a flow on their way.

    Attributes:
        flow: its name.
        total: how many runs must complete.
        look: called with the runs at every look; it does what people do meanwhile.
        retried: the state in which each run was when it was retried, by the run's id.
    """

    cluster: Cluster
    client: PrefectClient
    disturbances: Disturbances
    flow: str
    total: int
    look: Look | None = None
    retried: dict[str, str] = field(default_factory=dict)
    runs: list[FlowRun] = field(default_factory=list)
    seconds: float = 0.0
    freed: float = 0.0
    watch: LockWatch = field(default_factory=LockWatch)

    async def to_the_end(self) -> None:
        """Follow the runs until all are completed, or nothing moves any more; then until no lock is taken."""
        started = time.monotonic()
        redis = self.cluster.topology.redis_url.get_secret_value()
        async with watched_locks(self.client, redis) as self.watch:
            await self._follow()
            self.seconds = time.monotonic() - started
            self.freed = await seconds_until_free(self.client)

    async def _follow(self) -> None:
        which, seen, moved = FlowFilter(name=FlowFilterName(any_=[self.flow])), "", time.monotonic()
        while time.monotonic() - moved < STALLED:
            self.runs = await runs_of(self.client, FlowRunFilter(), which)
            completed = sum(run.state_name == "Completed" for run in self.runs)
            if (words := in_words(self.runs)) != seen:
                seen, moved = words, time.monotonic()
                progress.print(f"  {words}")
            if self.runs:
                self.disturbances.at(completed / self.total)
            if self.disturbances.over and completed >= self.total:
                return
            if self.look:
                await self.look(self.runs)
            await self._retry_broken()
            await anyio.sleep(EVERY)
        progress.print(f"  Nothing has moved for {STALLED:.0f} s.")

    async def _retry_broken(self) -> None:
        broken = [run for run in self.runs if run.state_type in BROKEN and str(run.id) not in self.retried]
        for run in broken:
            self.retried[str(run.id)] = str(run.state_name)
            progress.print(
                f"  {run.name}: {run.state_name}. {run.state.message if run.state else ''}",
                markup=False,
                soft_wrap=True,
            )
        if broken:
            progress.print(f"  lifecycle retry: {await retry(broken)}", markup=False, soft_wrap=True)

    async def rows(self) -> list[Row]:
        """What the table says of the runs and of the locks."""
        killed = await runs_by_id(self.client, self.disturbances.killed_runs) if self.disturbances.killed_runs else []
        alone = [run for run in killed if str(run.id) not in self.retried and run.state_name == "Completed"]
        histories = Counter([" → ".join(await state_names(self.client, str(run.id))) for run in killed])
        for history, count in histories.items():
            progress.print(f"  of the dead worker: {count} of {history}", markup=False, soft_wrap=True)
        states = ", ".join(f"{count} {state}" for state, count in Counter(self.retried.values()).items())
        bare = max(self.watch.without_lease.values(), default=0)
        return [
            ("seconds", f"{self.seconds:.0f}"),
            ("runs killed with their worker", str(len(killed))),
            ("… that came back without a Retry", str(len(alone))),
            ("runs that needed one Retry", f"{len(self.retried)} ({states or 'none'})"),
            ("longest time of a lock without a lease", f"{bare:.0f} s"),
            ("seconds until no lock was taken", f"{self.freed:.0f}"),
        ]
