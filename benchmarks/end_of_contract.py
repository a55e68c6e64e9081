"""`lifecycle bench --ends`: the sweep over ending contracts: its calls, time and memory, repeated and killed."""

import asyncio
import math
import os
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.states import AwaitingRetry, Crashed
from simple_salesforce.format import format_soql

from benchmarks.figures import Journal, calls, conclude
from benchmarks.measured_run import completed, create_run, pause_worker, peak_memory, start_process
from benchmarks.sandbox_admin import SandboxAdmin
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from deployments.stack.processes import NotReady
from deployments.stack.stack import Stack, progress
from tasks.core.connections import connection
from tasks.core.policy import TRIAL_DAY, load_policy
from tasks.deactivation.runs import DEPLOYMENT

ACCOUNTS = 200_000
SWEEP = "deactivation/end-of-contract"
FOUND_IN_A_CALL, READ_IN_A_CALL, FURTHER_CALLS = 2000, 200, 2
"""Contracts that a call finds; clients that a call reads; further calls: login, clients without a welcome mail."""
AT_MOST = {
    **dict.fromkeys(("nights.*.calls_above_bound", "nights.*.calls_elsewhere", "*.runs_missing_or_too_many"), 0),
    "growth.mb": 32,
    "growth.seconds_each": 1.25,
}
"""`growth`: megabytes that ten times as many contracts may take more, and the ratio of the times for each contract."""
FEW, MANY, KILLED = (60, 2), (100, 33), (200, 2)
"""The day that the sweeps of a season take for today, in days from now, and their look-ahead in days. Seasons share no
contract. The generated scenario has one contract for each account, which ends in 30 to 729 days: about 286 a day."""


@dataclass(frozen=True)
class Sweeps:
    """Executes sweeps in processes of their own. The runs that they start stay scheduled."""

    client: PrefectClient
    admin: SandboxAdmin
    today: date
    log: Path

    async def night(self, season: tuple[int, int], *, again: bool) -> dict[str, float]:
        """The figures of one sweep. If it is repeated (`again`), it must start no run."""
        due, before, since = await self._prepare(season), await self._runs(), await self.admin.last_entry()
        run_id = await create_run(self.client, SWEEP)
        peak = await peak_memory(self._start(run_id, season))
        run = completed(await self.client.read_flow_run(run_id))
        started, seconds = await self._runs() - before, run.total_run_time.total_seconds()
        progress.print(f"{due:,} contracts due: {started:,} runs started in {seconds:.0f} s")
        figures = night_figures(0 if again else due, due, started, await self.admin.journal(since))
        return {**figures, "seconds": seconds, "seconds_for_1000": seconds * 1000 / due, "peak_mb": peak}

    async def killed(self, season: tuple[int, int]) -> dict[str, int]:
        """The figures of a sweep that is killed after half of its runs and retried, as in the dashboard.

        Raises:
            NotReady: it ended before it could be killed.
        """
        due, earlier = await self._prepare(season), await self._runs()
        run_id = await create_run(self.client, SWEEP)
        process = self._start(run_id, season)
        while await self._runs() - earlier < due // 2:
            if process.poll() is not None:
                raise NotReady("The sweep ended before it could be killed.")
            await asyncio.sleep(0.5)
        process.kill()
        process.wait()
        before = await self._runs() - earlier
        await self.client.set_flow_run_state(run_id, Crashed(message="Its process is gone."), force=True)
        await self.client.set_flow_run_state(run_id, AwaitingRetry(), force=True)
        await peak_memory(self._start(run_id, season))
        completed(await self.client.read_flow_run(run_id))
        # Prefect holds each key once, so a run that was started twice would be one too many.
        after = await self._runs() - earlier
        return {"due": due, "runs_before": before, "runs_after": after, "runs_missing_or_too_many": abs(due - after)}

    async def _prepare(self, season: tuple[int, int]) -> int:
        """Set the policy for a season, without a guard; returns the number of contracts due in it."""
        policy, org, (_, look_ahead) = await connection(Policy), await connection(SalesforceOrg), season
        windows = {"end_look_ahead_days": look_ahead, "end_notice_days": 1, "end_catch_up_days": 1}
        guard = {"guard_max_count": ACCOUNTS, "guard_min_count": ACCOUNTS}
        await Policy.model_validate(dict(policy) | windows | guard).save("default", overwrite=True)
        first, last = self._day(season) - timedelta(days=1), self._day(season) + timedelta(days=look_ahead)
        soql = format_soql("SELECT COUNT(Id) due FROM Contract WHERE EndDate >= {} AND EndDate <= {}", first, last)
        return int(org.client().query(soql)[0]["due"])

    def _day(self, season: tuple[int, int]) -> date:
        return self.today + timedelta(days=season[0])

    def _start(self, run_id: UUID, season: tuple[int, int]) -> subprocess.Popen[bytes]:
        return start_process(run_id, self.log, **{TRIAL_DAY: str(self._day(season))})

    async def _runs(self) -> int:
        """The number of all runs of single accounts."""
        deployment = await self.client.read_deployment_by_name(DEPLOYMENT)
        of_accounts = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment.id]))
        return await self.client.count_flow_runs(flow_run_filter=of_accounts)


async def measure(stack: Stack) -> int:
    """Measure the sweep in a generated scenario and print it; returns 0, or 1 if a figure is above its bound."""
    load = os.getloadavg()[0]
    async with get_client() as client, SandboxAdmin(stack.settings.sandbox_url) as admin:
        progress.print(f"Generating {ACCOUNTS:,} accounts …")
        await admin.load("generated", accounts=ACCOUNTS)
        await pause_worker(client)
        sweeps = Sweeps(client, admin, (await load_policy()).today, stack.settings.folder / "logs" / "sweep.log")
        few, few_again = [await sweeps.night(FEW, again=again) for again in (False, True)]
        progress.print("Starting a sweep that is killed half-way and retried …")
        killed = await sweeps.killed(KILLED)
        many, many_again = [await sweeps.night(MANY, again=again) for again in (False, True)]
    nights = {"first": few, "first again": few_again, "second": many, "second again": many_again}
    return conclude({"nights": nights, "killed": killed, "growth": growth(few, many)}, load, AT_MOST)


def night_figures(expected: int, due: int, started: int, journal: Journal) -> dict[str, float]:
    """The runs of a sweep, and its calls, those for a token among them.

    Args:
        expected: the runs that it should start.
        due: the contracts that end in the days that it reads.
        started: the runs that it started.
        journal: its requests.
    """
    counted, bound = calls(journal) + calls(journal, token=True), calls_bound(due)
    salesforce, missing = counted.pop("salesforce", 0), abs(expected - started)
    figures = {"due": due, "calls": salesforce, "calls_bound": bound, "calls_above_bound": max(salesforce - bound, 0)}
    elsewhere = {"calls_elsewhere": counted.total()}
    return {**figures, **elsewhere, "runs_started": started, "runs_missing_or_too_many": missing}


def calls_bound(due: int) -> int:
    """The most calls of a sweep to Salesforce."""
    return math.ceil(due / FOUND_IN_A_CALL) + math.ceil(due / READ_IN_A_CALL) + FURTHER_CALLS


def growth(few: dict[str, float], many: dict[str, float]) -> dict[str, float]:
    """The memory that the larger sweep takes more, and the ratio of the times for each contract."""
    seconds_each = many["seconds_for_1000"] / few["seconds_for_1000"]
    return {"mb": many["peak_mb"] - few["peak_mb"], "seconds_each": seconds_each}
