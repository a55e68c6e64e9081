"""`lifecycle bench`: the calls and times of an onboarding, the choice of a CSM, and the sandbox's rate."""

import asyncio
import os
import time
from contextvars import copy_context
from datetime import date
from functools import partial, reduce
from operator import or_
from statistics import median, quantiles
from typing import Any

from prefect.client.orchestration import PrefectClient, get_client

from benchmarks.csm_choice import ACCOUNTS, measure_choice
from benchmarks.figures import calls, conclude
from benchmarks.measured_run import onboarding_times
from benchmarks.onboarding_script import onboard
from benchmarks.sales import close, open_sale
from benchmarks.sandbox_admin import LATENCIES, SandboxAdmin
from benchmarks.sandbox_rate import SECONDS, sandbox_rates
from deployments.stack.stack import Stack, progress
from flows.onboarding import onboarding
from tasks.core.connections import shared_connections
from tasks.core.policy import load_policy
from tasks.onboarding.permission_matrix import read_matrix

MESSAGES = 20
"""Outbound messages that are measured."""
ROUNDS = 12
"""Rounds of script and flow that are measured, after one to warm up."""
AT_MOST = {
    "calls.salesforce": 8,
    "calls.lms": 4,
    "calls.recurly": 1,
    "calls.slack": 2,
    "calls.*": 0,
    "seconds.ratio": 1.5,
    "choosing.calls": 2,
    "choosing.own_ms": 50,
}
"""Of an onboarding of a complete sale, without token calls; the flow against the script; a choice among all CSMs."""
AT_LEAST = {"sandbox_requests_a_second.*": 300}


async def measure(stack: Stack) -> int:
    """Measure and print everything; returns 0, or 1 if a figure is outside its bound."""
    load, today = os.getloadavg()[0], (await load_policy()).today
    async with get_client() as client, SandboxAdmin(stack.settings.sandbox_url) as admin:
        progress.print(f"Asking the sandbox for {SECONDS:.0f} s each …")
        await admin.switch_messages(on=False)
        rates = await sandbox_rates(stack, await open_sale(today), await admin.any_company_id())
        await admin.set_latencies(LATENCIES)
        progress.print(f"Closing {MESSAGES} sales, one after the other …")
        arrivals = await _arrivals(client, admin, today)
        progress.print(f"Onboarding by flow and by script, {ROUNDS} times each …")
        await admin.switch_messages(on=False)
        seconds = await _against_script(client, today)
        progress.print(f"Choosing among the CSMs of {ACCOUNTS:,} accounts …")
        choice = await measure_choice(admin)
    worker = arrivals.pop("worker")
    seconds |= {"worker": worker, "worker_ratio": worker / seconds["script"], "rounds": ROUNDS}
    summary = {**arrivals, "seconds": seconds, "choosing": choice, "sandbox_requests_a_second": rates}
    return conclude(summary, load, AT_MOST, AT_LEAST)


async def _arrivals(client: PrefectClient, admin: SandboxAdmin, today: date) -> dict[str, Any]:
    """Close sales one after the other, each when the one before is onboarded by the worker; the most calls of one."""
    sales = [await open_sale(today) for _ in range(MESSAGES)]
    await admin.switch_messages(on=True)
    runs, journals = [], []
    for opportunity_id in sales:
        await close(opportunity_id)
        before = await admin.last_entry()
        runs.append(await onboarding_times(client, opportunity_id))
        journals.append(await admin.journal(before))
    waits = [run.to_first_step for run in runs]
    return {
        "calls": reduce(or_, map(calls, journals)),
        "token_calls": reduce(or_, map(partial(calls, token=True), journals)),
        "worker": median(run.from_first_step for run in runs),
        "first_step_after": {"p50": median(waits), "p95": quantiles(waits, n=20)[-1], "messages": MESSAGES},
    }


async def _against_script(client: PrefectClient, today: date) -> dict[str, float]:
    """Onboard one sale by the script, one by the flow, and so on, in this process. Outbound messages must be off."""
    scripts, flows, whole_calls = [], [], []
    with shared_connections():
        matrix, shared = (await read_matrix.fn()).matrix, copy_context()
    for _ in range(ROUNDS + 1):
        by_script, by_flow = [await open_sale(today) for _ in range(2)]
        await asyncio.gather(close(by_script), close(by_flow))
        started = time.perf_counter()
        await asyncio.create_task(onboard(by_script, matrix), context=shared)
        scripts.append(time.perf_counter() - started)
        started = time.perf_counter()
        await onboarding(by_flow, return_state=True)
        whole_calls.append(time.perf_counter() - started)
        flows.append((await onboarding_times(client, by_flow)).from_first_step)
    scripted, flow, whole_call = (median(seconds[1:]) for seconds in (scripts, flows, whole_calls))
    return {"script": scripted, "flow": flow, "ratio": flow / scripted, "flow_whole_call": whole_call}
