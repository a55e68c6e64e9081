"""`lifecycle bench --moves`: calls, time and memory of workbooks of accounts, and the same moves by a script."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client

from benchmarks.figures import Journal, calls, conclude
from benchmarks.measured_run import completed, create_run, pause_worker, peak_memory, start_process
from benchmarks.sandbox_admin import LATENCIES, SandboxAdmin
from benchmarks.transition_script import move_all
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from deployments.commands.transition import shared_out
from deployments.stack.stack import Stack, progress
from rules.transition.approved_move import ApprovedMove, approved_move
from rules.transition.match import MatchedAccount
from rules.transition.rows import Reason
from tasks.core.connections import connection, shared_connections
from tasks.core.policy import load_policy
from tasks.salesforce.transition import read_book
from tasks.transition.intake import analyze, parse_workbook, read_workbook
from tasks.transition.template import template

WORKBOOK = "account-transition/account-transition"
FORMER_CSM, NEW_CSMS = "Hana Berg", ("Ada Novak", "Cleo Dubois")
SMALL, LARGE = 50, 200
"""Rows of the two workbooks. They share no account."""
WRITES_OF_WORKBOOK, WRITES_OF_ACCOUNT = 10, 2
"""The most calls to Salesforce that write: for the workbook, and for each account."""
AT_MOST = {
    "books.*.plan_calls": 40,
    "books.*.writes_above_bound": 0,
    "seconds.ratio": 2,
    "growth_mb": 32,
    "calls.script_beyond_flow.*": 0,
}
"""`ratio`: the workbook's time against the script's; `growth_mb`: of four times as many rows."""


def write_workbook(folder: Path, accounts: Sequence[MatchedAccount]) -> Path:
    """Write a workbook in which the accounts go to two CSMs in turns."""
    path = folder / f"{len(accounts)} accounts.xlsx"
    path.write_bytes(template(shared_out(accounts, NEW_CSMS, Reason.LEAVE)))
    return path


@flow(persist_result=False)
async def planned(path: str, approval: str) -> list[ApprovedMove]:
    """The moves of a workbook as they would be approved; `approval` names the approval in their keys."""
    plan = await analyze(parse_workbook(await read_workbook.fn(path), (await load_policy()).today))
    return [approved_move(account, approval) for account in plan.accounts]


async def measure(stack: Stack) -> int:
    """Measure two workbooks and the script, and print them; returns 0, or 1 if a bound is exceeded."""
    load, folder, at_once = os.getloadavg()[0], stack.settings.folder, (await connection(Policy)).transition_at_once
    async with get_client() as client, SandboxAdmin(stack.settings.sandbox_url) as admin:
        await pause_worker(client)
        accounts = await _new_scenario(admin)
        small, _ = await _by_flow(client, admin, folder, accounts[:SMALL])
        large, by_flow = await _by_flow(client, admin, folder, accounts[SMALL:])
        accounts = await _new_scenario(admin)
        moves = await planned(str(write_workbook(folder, accounts[SMALL:])), "script")
        seconds, by_script = await _by_script(admin, moves, at_once)
    by_both = {"script": seconds, "flow": large["seconds"], "ratio": large["seconds"] / seconds}
    summary = {
        "books": {f"{SMALL} rows": small, f"{LARGE} rows": large},
        "seconds": {**by_both, "at_once": at_once},
        # With more calls than the flow, the script would be too slow to compare with.
        "calls": {"flow": by_flow, "script": by_script, "script_beyond_flow": by_script - by_flow},
        "growth_mb": large["peak_mb"] - small["peak_mb"],
    }
    return conclude(summary, load, AT_MOST)


async def _by_flow(
    client: PrefectClient, admin: SandboxAdmin, folder: Path, accounts: Sequence[MatchedAccount]
) -> tuple[dict[str, float], Counter[str]]:
    """Plan, approve and move the accounts; the figures of the workbook, and the calls from the approval on."""
    progress.print(f"Moving {len(accounts)} accounts …")
    path, since, log = write_workbook(folder, accounts), await admin.last_entry(), folder / "logs" / "workbook.log"
    run_id = await create_run(client, WORKBOOK, workbook=str(path), preview=False)
    started = time.perf_counter()
    peak = await peak_memory(start_process(run_id, log))
    plan_seconds = time.perf_counter() - started
    plan, approved = await admin.journal(since), await admin.last_entry()
    choice = f"Move {len(accounts)} accounts as planned"
    answer = {"decision": "Check again", "decided_by": "Benchmark", "choice_1": choice}
    started = time.perf_counter()
    await client.resume_flow_run(run_id, run_input=answer)
    peak = max(peak, await peak_memory(start_process(run_id, log)))
    seconds = time.perf_counter() - started
    completed(await client.read_flow_run(run_id))
    moves = await admin.journal(approved)
    progress.print(f"{len(accounts)} accounts moved in {seconds:.0f} s")
    times = {"plan_seconds": plan_seconds, "seconds": seconds, "seconds_each": seconds / len(accounts)}
    return {**salesforce_calls(len(accounts), plan, moves), **times, "peak_mb": peak}, calls(moves)


async def _new_scenario(admin: SandboxAdmin) -> list[MatchedAccount]:
    """Load a scenario in which one CSM has the accounts of both workbooks, at realistic latencies."""
    await admin.load("demo", moving=SMALL + LARGE)
    await admin.switch_messages(on=False)
    await admin.set_latencies(LATENCIES)
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    return await asyncio.to_thread(lambda: read_book(org.client(), policy.field_map, FORMER_CSM))


async def _by_script(admin: SandboxAdmin, moves: Sequence[ApprovedMove], at_once: int) -> tuple[float, Counter[str]]:
    progress.print(f"Moving {len(moves)} accounts by the script …")
    with shared_connections():
        since, started = await admin.last_entry(), time.perf_counter()
        await move_all(moves, at_once)
    seconds = time.perf_counter() - started
    return seconds, calls(await admin.journal(since))


def salesforce_calls(accounts: int, plan: Journal, moves: Journal) -> dict[str, float]:
    """The calls of a workbook to Salesforce: for its plan, and those that write from the approval on."""
    writes = sum(bool(entry["effect"]) for entry in moves if entry["system"] == "salesforce")
    bound = WRITES_OF_WORKBOOK + WRITES_OF_ACCOUNT * accounts
    above = {"writes_bound": bound, "writes_above_bound": max(writes - bound, 0)}
    return {"plan_calls": calls(plan)["salesforce"], "writes": writes, **above}
