"""The trial of a burst of sales: closed at once, disturbed, repaired and retried; then everything is there once."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, FlowRunFilter
from prefect.client.schemas.objects import FlowRun

from benchmarks.burst import accept_any_number_of_accounts
from benchmarks.sales import close
from benchmarks.sandbox_admin import LATENCIES
from deployments.stack.stack import progress
from tests.scale.cluster import Cluster
from tests.scale.disturbances import Disturbances
from tests.scale.locks import LockWatch, seconds_until_free, watched_locks
from tests.scale.runs import BROKEN, in_words, retry, runs_by_id, runs_of, state_names
from tests.scale.sales import THINGS, Sale, found_sales, plant_sales, repair, repeated_sign_ups
from tests.scale.verdict import all_faults
from tests.support.sandbox import SandboxProcess

EVERY = 3.0
"""Seconds between two looks at the runs."""
STALLED = 420.0
"""Seconds without any progress until the trial is given up: a run that never began is noticed after 300 s."""
ONBOARDING = FlowFilter(name=FlowFilterName(any_=["onboarding"]))


@dataclass
class Outcome:
    """What came of a trial: the rows of the table, and the faults by record."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class SalesTrial:
    """A burst of sales on its way."""

    cluster: Cluster
    client: PrefectClient
    sandbox: SandboxProcess
    sales: list[Sale]
    disturbances: Disturbances
    retried: dict[str, str] = field(default_factory=dict)
    repaired: set[str] = field(default_factory=set)
    runs: list[FlowRun] = field(default_factory=list)

    async def run(self) -> Outcome:
        """Close the sales, and follow them until all are onboarded or nothing moves any more."""
        since, started = self.sandbox.last(), time.monotonic()
        async with watched_locks(self.client, self.cluster.topology.redis_url.get_secret_value()) as watch:
            await close(*(sale.opportunity for sale in self.sales))
            await self._follow()
            seconds, freed = time.monotonic() - started, await seconds_until_free(self.client)
        return await self._outcome(since, seconds, freed, watch)

    async def _follow(self) -> None:
        seen, moved = "", time.monotonic()
        while time.monotonic() - moved < STALLED:
            self.runs = await runs_of(self.client, FlowRunFilter(), ONBOARDING)
            completed = sum(run.state_name == "Completed" for run in self.runs)
            if (words := in_words(self.runs)) != seen:
                seen, moved = words, time.monotonic()
                progress.print(f"  {len(self.sales)} sales: {words}")
            if self.runs:
                self.disturbances.at(completed / len(self.sales))
            if self.disturbances.over and completed >= len(self.sales):
                return
            self._repair_records()
            await self._retry_broken()
            await asyncio.sleep(EVERY)

    def _repair_records(self) -> None:
        """Repair half of the asked sales at once, the others after the disturbances."""
        asked = {str(run.parameters["opportunity_id"]) for run in self.runs if run.state_name == "Suspended"}
        gaps = [sale for sale in self.sales if sale.has_gap and sale.opportunity in asked]
        due = [sale for sale in gaps if sale.opportunity not in self.repaired]
        if not self.disturbances.over:
            allowed = sum(sale.has_gap for sale in self.sales) // 2 - len(self.repaired)
            due = due[: max(allowed, 0)]
        if due:
            repair(self.sandbox, due)
            self.repaired |= {sale.opportunity for sale in due}
            progress.print(f"  {len(due)} records are repaired in Salesforce")

    async def _retry_broken(self) -> None:
        """Retry each broken run once, as operations do."""
        broken = [run for run in self.runs if run.state_type in BROKEN and str(run.id) not in self.retried]
        if broken:
            for run in broken:
                message = run.state.message if run.state else ""
                self.retried[str(run.id)] = str(run.state_name)
                progress.print(f"  {run.name}: {run.state_name}. {message}")
            progress.print(f"  lifecycle retry: {await retry(broken)}")

    async def _outcome(self, since: int, seconds: float, freed: float, watch: LockWatch) -> Outcome:
        found = found_sales(self.sandbox, self.sales, self.runs)
        faults = all_faults(THINGS, found) | watch.faults
        killed = await runs_by_id(self.client, self.disturbances.killed_runs)
        alone = [run for run in killed if str(run.id) not in self.retried and run.state_name == "Completed"]
        histories = Counter([" → ".join(await state_names(self.client, str(run.id))) for run in killed])
        for history, count in histories.items():
            progress.print(f"  of the dead worker: {count} of {history}")
        rows = [
            ("sales closed, of them asked about", f"{len(self.sales)}, {sum(sale.has_gap for sale in self.sales)}"),
            ("onboarded", str(sum(run.state_name == "Completed" for run in self.runs))),
            ("seconds", f"{seconds:.0f}"),
            ("runs killed with their worker", str(len(killed))),
            ("… that came back by themselves", str(len(alone))),
            ("runs that needed one Retry", f"{len(self.retried)} ({_in_words(self.retried)})"),
            ("sign-ups repeated at the LMS", str(repeated_sign_ups(self.sandbox.journal("lms", since)))),
            ("longest time of a lock without a lease", f"{max(watch.without_lease.values(), default=0):.0f} s"),
            ("seconds until no lock was taken", f"{freed:.0f}"),
            ("sales with something lost or done twice", str(len(set(faults) & set(found)))),
        ]
        return Outcome(rows, faults)


async def try_sales(cluster: Cluster, client: PrefectClient, sandbox: SandboxProcess, count: int) -> Outcome:
    """Plant the sales and put them through the trial; one of twenty has a gap."""
    await accept_any_number_of_accounts()
    sales = plant_sales(sandbox, count, max(4, count // 20))
    sandbox.behaviour(outbound_messages="duplicate")
    sandbox.control.post("/_control/latency", json=LATENCIES).raise_for_status()
    progress.print(f"Closing {count} sales at once …")
    return await SalesTrial(cluster, client, sandbox, sales, Disturbances(cluster)).run()


def _in_words(states: dict[str, str]) -> str:
    return ", ".join(f"{count} {state}" for state, count in Counter(states.values()).items()) or "none"
