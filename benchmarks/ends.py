"""The sweep over ending contracts at scale: its calls, time and memory, once more, and killed half-way through."""

import asyncio
import os
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import AwaitingRetry, Crashed
from simple_salesforce.format import format_soql

from benchmarks.control import Control
from benchmarks.ends_figures import Killed, Night
from benchmarks.ends_show import Measured, show
from benchmarks.figures import calls
from benchmarks.process import begin, ended
from benchmarks.runs import FellShort, completed
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from deployments.provisioning.declared import WORK_POOL
from deployments.stack.stack import Stack, progress
from tasks.core.connections import connection
from tasks.core.policy import TRIAL_DAY, load_policy
from tasks.deactivation.runs import DEPLOYMENT

ACCOUNTS = 200_000
SWEEP = "deactivation/end-of-contract"
PAGE = 200
_LOOK_EVERY = 0.5
"""Seconds after which the runs of the sweep that is to be killed are counted again."""


@dataclass(frozen=True)
class Season:
    """Days of which a sweep takes one for today; no two seasons share a contract.

    Attributes:
        begins: that day, so many days from now.
        look_ahead: days that the sweep looks ahead; it looks back at one.
    """

    begins: int
    look_ahead: int


# The generated world has a contract for each account, which ends in 30 to 729 days: some 286 a day.
FEW, MANY, KILLED = Season(60, 2), Season(100, 33), Season(200, 2)


class Sweeps:
    """Runs sweeps in processes of their own, as a worker does; what they start is left to wait."""

    def __init__(self, client: PrefectClient, control: Control, today: date, log: Path) -> None:
        self._client, self._control, self._today, self._log = client, control, today, log

    async def night(self, season: Season) -> Night:
        """One sweep, from start to end."""
        due, before, since = await self._prepare(season), len(await self._keys()), await self._control.last_entry()
        run_id = await self._created()
        peak = await ended(self._begin(run_id, season))
        run = completed(await self._client.read_flow_run(run_id))
        assert run.start_time is not None
        assert run.end_time is not None
        return Night(
            due=due,
            calls=calls(await self._control.journal(since)),
            started=len(await self._keys()) - before,
            seconds=(run.end_time - run.start_time).total_seconds(),
            peak=peak,
        )

    async def killed(self, season: Season) -> Killed:
        """A sweep that is killed when half of its runs are started, then tried again as by Retry in the dashboard.

        Raises:
            FellShort: it was over before it could be killed.
        """
        due, earlier = await self._prepare(season), set(await self._keys())
        run_id = await self._created()
        process = self._begin(run_id, season)
        while await self._count() - len(earlier) < due // 2:
            if process.poll() is not None:
                raise FellShort("The sweep that was to be killed half-way through had ended by itself.")
            await asyncio.sleep(_LOOK_EVERY)
        process.kill()
        process.wait()
        before = await self._count() - len(earlier)
        await self._client.set_flow_run_state(run_id, Crashed(message="Its process is gone."), force=True)
        await self._client.set_flow_run_state(run_id, AwaitingRetry(), force=True)
        await ended(self._begin(run_id, season))
        completed(await self._client.read_flow_run(run_id))
        return Killed(due, before, [key for key in await self._keys() if key not in earlier])

    async def _prepare(self, season: Season) -> int:
        """Set the policy for a season, the guard out of the way; how many contracts are due in it."""
        policy = await connection(Policy)
        wanted = {"end_look_ahead_days": season.look_ahead, "end_notice_days": 1, "end_catch_up_days": 1}
        guard = {"guard_max_count": ACCOUNTS, "guard_min_count": ACCOUNTS}
        await policy.model_copy(update=wanted | guard).save("default", overwrite=True)
        org, day = await connection(SalesforceOrg), self._day(season)
        first, last = day - timedelta(days=1), day + timedelta(days=season.look_ahead)
        soql = format_soql("SELECT COUNT(Id) due FROM Contract WHERE EndDate >= {} AND EndDate <= {}", first, last)
        return int(org.client().query(soql)[0]["due"])

    def _day(self, season: Season) -> date:
        return self._today + timedelta(days=season.begins)

    async def _created(self) -> UUID:
        deployment = await self._client.read_deployment_by_name(SWEEP)
        return (await self._client.create_flow_run_from_deployment(deployment.id)).id

    def _begin(self, run_id: UUID, season: Season) -> subprocess.Popen[bytes]:
        return begin(run_id, self._log, **{TRIAL_DAY: str(self._day(season))})

    async def _keys(self) -> list[str]:
        """The key of every run of a single account."""
        found: list[str] = []
        which = await self._of_accounts()
        while True:
            page = await self._client.read_flow_runs(
                flow_run_filter=which, sort=FlowRunSort.ID_DESC, limit=PAGE, offset=len(found)
            )
            found += [run.idempotency_key or "" for run in page]
            if len(page) < PAGE:
                return found

    async def _count(self) -> int:
        return await self._client.count_flow_runs(flow_run_filter=await self._of_accounts())

    async def _of_accounts(self) -> FlowRunFilter:
        deployment = await self._client.read_deployment_by_name(DEPLOYMENT)
        return FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment.id]))


async def measure_ends(stack: Stack, control: Control) -> int:
    """Measure the sweep over a generated world and show it.

    Returns:
        0, or 1 when a promised bound is broken.

    Raises:
        FellShort: a sweep that should go without trouble did not.
    """
    return show(await _measured(stack, control))


async def _measured(stack: Stack, control: Control) -> Measured:
    load = os.getloadavg()[0]
    progress.print(f"Generating {ACCOUNTS:,} accounts …")
    await control.generated(ACCOUNTS)
    async with get_client() as client:
        # The runs that a sweep starts stay scheduled: they are not what is measured.
        await client.update_work_pool(WORK_POOL, WorkPoolUpdate(is_paused=True))
        today = (await load_policy()).today
        sweeps = Sweeps(client, control, today, stack.settings.folder / "logs" / "sweep.log")
        few, few_again = [await _told(sweeps, FEW) for _ in range(2)]
        progress.print("Sweeping, killed half-way through, and again …")
        killed = await sweeps.killed(KILLED)
        many, many_again = [await _told(sweeps, MANY) for _ in range(2)]
    return Measured(few, few_again, many, many_again, killed, (load, os.getloadavg()[0]))


async def _told(sweeps: Sweeps, season: Season) -> Night:
    night = await sweeps.night(season)
    progress.print(f"{night.due:,} contracts due: {night.started:,} runs started in {night.seconds:.0f} s")
    return night
