"""`lifecycle bench --clients`: reading every client in all systems and looking for drift: calls, time and memory."""

import asyncio
import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.figures import Journal, calls, conclude
from benchmarks.measured_run import peak_memory
from benchmarks.sandbox_admin import SandboxAdmin
from blocks.salesforce.block import SalesforceOrg
from deployments.stack.processes import NotReady
from deployments.stack.settings import PROJECT, python
from deployments.stack.stack import Stack, progress
from tasks.core.connections import connection

CLIENTS = "LIFECYCLE_BENCH_CLIENTS"
"""The variable with the number of clients."""
ROWS_OF_A_CALL, ACCOUNTS_OF_RECURLY, ACCOUNTS_OF_LMS = 2000, 200, 1000
OBJECTS = ("Account", "Contract", "Opportunity", "Customer_Onboarding__c")
DRIFT_EVERY = 1000
AT_MOST = {
    **dict.fromkeys(("*.calls_above_bound", "*.clients_missing", "*.lms_calls_above_bound"), 0),
    "*.recurly_calls_above_bound": 0,
    "*.peak_mb": 250,
    "growth.mb": 64,
    "growth.seconds_each": 1.25,
}
"""`growth`: megabytes that ten times as many clients may take more, and the ratio of the times for each client."""


async def measure(stack: Stack) -> int:
    """Measure the clients of the option, and a tenth of them; returns 0, or 1 if a figure is above its bound."""
    load, clients = os.getloadavg()[0], int(os.environ[CLIENTS])
    log = stack.settings.folder / "logs" / "reconciliation.log"
    async with SandboxAdmin(stack.settings.sandbox_url) as admin:
        few, many = [await _reading(admin, size, log) for size in (max(clients // 10, 1), clients)]
    seconds_each = many["seconds"] / many["clients"] / (few["seconds"] / few["clients"])
    growth = {"mb": many["peak_mb"] - few["peak_mb"], "seconds_each": seconds_each}
    return conclude({"few": few, "many": many, "growth": growth}, load, AT_MOST)


async def _reading(admin: SandboxAdmin, clients: int, log: Path) -> dict[str, float]:
    """The figures of one reading, in a process of its own."""
    progress.print(f"Generating {clients:,} clients …")
    await admin.load("generated", accounts=clients, drift_every=DRIFT_EVERY)
    bound, since = await _calls_bound(), await admin.last_entry()
    progress.print("Reading them in all systems …")
    with log.open("ab") as file:
        command = [python(), "-m", "benchmarks.reconciliation_reader"]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=file)  # noqa: S603, ASYNC220
    assert process.stdout is not None
    output = await asyncio.to_thread(process.stdout.read)
    peak = await peak_memory(process)
    if process.returncode:
        raise NotReady(f"The reading failed: see {log}")
    return {**reading_figures(clients, json.loads(output), bound, await admin.journal(since)), "peak_mb": peak}


async def _calls_bound() -> int:
    """One call for every 2,000 records of each object."""
    client = (await connection(SalesforceOrg)).client()
    counts = [client.query(f"SELECT COUNT(Id) rows FROM {name}")[0]["rows"] for name in OBJECTS]  # noqa: S608
    return sum(math.ceil(int(count) / ROWS_OF_A_CALL) for count in counts)


def reading_figures(clients: int, read: dict[str, Any], bound: int, journal: Journal) -> dict[str, float]:
    """The figures of a reading.

    Args:
        clients: that exist.
        read: the output of `reconciliation_reader`.
        bound: the most calls to Salesforce, besides the login.
        journal: the requests of the reading.
    """
    counted = calls(journal)
    pages = math.ceil(clients / ROWS_OF_A_CALL)
    lms_bound = math.ceil(clients / ACCOUNTS_OF_LMS) + pages
    recurly_bound = math.ceil(clients / ACCOUNTS_OF_RECURLY)
    return {
        **read,
        "clients_missing": abs(clients - read["clients"]),
        "clients_a_second": read["clients"] / read["seconds"],
        **{f"calls_{system}": count for system, count in sorted(counted.items())},
        "calls_bound": bound,
        "calls_above_bound": max(counted["salesforce"] - bound, 0),
        "lms_calls_above_bound": max(counted["lms"] - lms_bound, 0),
        "recurly_calls_above_bound": max(counted["recurly"] - recurly_bound, 0),
    }
