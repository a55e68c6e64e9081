"""`lifecycle bench` on SQLite: an onboarding by script, in a warm process and by the worker; then a burst of sales."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from statistics import median, quantiles

from prefect.client.orchestration import PrefectClient, get_client

from benchmarks.burst import measure as measure_burst
from benchmarks.figures import Journal, calls
from benchmarks.measured_run import Times, onboarding_times
from benchmarks.onboarding_script import onboard
from benchmarks.report import Figure
from benchmarks.sales import close, open_sales
from benchmarks.sandbox_admin import SandboxAdmin
from deployments.stack.stack import Stack, progress
from flows.onboarding import onboarding
from rules.onboarding.permissions import Matrix
from tasks.core.connections import shared_connections
from tasks.onboarding.permission_matrix import read_matrix

MESSAGES = 20
"""Outbound messages that are measured, after one to warm up."""
ROUNDS = 6
"""Rounds of script, flow and worker that are measured side by side, after one to warm up."""
MOST_CALLS = {"Salesforce": 8, "LMS": 4, "Recurly": 1, "Slack": 2}
"""Of an onboarding of a complete sale, without calls for a token. Other systems get no call."""
TOPIC, CALLS = "An onboarding at realistic latencies", "Calls of a sale"
START = "Outbound message accepted → first step"
FLOORS = "\N{MULTIPLICATION SIGN} floor"


@dataclass(frozen=True)
class Onboardings:
    """What was measured: seconds by script and by flow, times by worker, and the journals of those by worker."""

    scripts: list[float] = field(default_factory=list)
    flows: list[float] = field(default_factory=list)
    runs: list[Times] = field(default_factory=list)
    journals: list[Journal] = field(default_factory=list)


async def measure(stack: Stack, burst: int) -> list[Figure]:
    """The figures of single onboardings, then of a burst of sales."""
    progress.print(f"Onboarding {MESSAGES} sales by the worker, and {ROUNDS} each by flow and by script …")
    async with get_client() as client, SandboxAdmin(stack.settings.sandbox_url) as admin:
        sales = await open_sales(admin, 1 + MESSAGES + 2 * (1 + ROUNDS))
        measured = await _onboard_all(client, admin, iter(sales))
    figures = [*time_figures(measured), *call_figures(measured.journals)]
    return figures + await measure_burst(stack, burst, {})


def time_figures(measured: Onboardings) -> list[Figure]:
    """The times of onboardings. The first of each kind only warms up."""
    runs, floor = measured.runs[1:], median(measured.scripts[1:])
    waits = [run.to_first_step for run in runs]
    flow, by_worker = median(measured.flows[1:]), median(run.from_first_step for run in runs)
    whole = median(run.to_first_step + run.from_first_step for run in runs)
    return [
        Figure(TOPIC, "floor: the bare script", floor, "s"),
        Figure(TOPIC, "flow in a warm process, first step → end", flow / floor, FLOORS, at_most=1.5),
        Figure(TOPIC, "flow by the worker, first step → end", by_worker / floor, FLOORS, at_most=1.15),
        Figure(TOPIC, "message accepted → completed", whole / floor, FLOORS, at_most=1.35),
        Figure(START, f"p50 of {len(waits)}", median(waits), "s"),
        Figure(START, f"p95 of {len(waits)}", quantiles(waits, n=20)[-1], "s", at_most=0.7),
    ]


def call_figures(journals: Sequence[Journal]) -> list[Figure]:
    """The most calls that one onboarding made to each system."""
    most, tokens = reduce(or_, map(calls, journals)), reduce(or_, map(partial(calls, token=True), journals))
    figures = [Figure(CALLS, name, most.pop(name.lower(), 0), "calls", at_most=n) for name, n in MOST_CALLS.items()]
    return [
        *figures,
        Figure(CALLS, "other systems", most.total(), "calls", at_most=0),
        Figure(CALLS, "for a token", tokens.total(), "calls"),
    ]


async def _onboard_all(client: PrefectClient, admin: SandboxAdmin, sales: Iterator[str]) -> Onboardings:
    """Onboard a sale by script, one by flow, one by worker, and so on; at last some by worker alone."""
    measured = Onboardings()
    with shared_connections():
        matrix, shared = (await read_matrix.fn()).matrix, copy_context()
    for number in range(1 + MESSAGES):
        if number <= ROUNDS:
            measured.scripts.append(await _by_script(next(sales), matrix, shared))
            measured.flows.append(await _by_flow(client, next(sales)))
        run, journal = await _by_worker(client, admin, next(sales))
        measured.runs.append(run)
        measured.journals.append(journal)
    return measured


async def _by_script(opportunity_id: str, matrix: Matrix, shared: Context) -> float:
    await close(opportunity_id)
    started = time.perf_counter()
    await asyncio.create_task(onboard(opportunity_id, matrix), context=shared)
    return time.perf_counter() - started


async def _by_flow(client: PrefectClient, opportunity_id: str) -> float:
    await close(opportunity_id)
    await onboarding(opportunity_id, return_state=True)
    return (await onboarding_times(client, opportunity_id)).from_first_step


async def _by_worker(client: PrefectClient, admin: SandboxAdmin, opportunity_id: str) -> tuple[Times, Journal]:
    """Close the sale with outbound messages on; returns the times and the calls of its run."""
    await admin.switch_messages(on=True)
    before = await admin.last_entry()
    await close(opportunity_id)
    times, (_, *journal) = await onboarding_times(client, opportunity_id), await admin.journal(before)
    await admin.switch_messages(on=False)
    return times, journal
