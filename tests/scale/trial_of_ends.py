"""The trial of a sweep over many ending contracts: its worker is killed while it starts the runs of the clients."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun

from benchmarks.measured_run import create_run
from benchmarks.sandbox_admin import LATENCIES
from blocks.policy.block import Policy
from deployments.stack.stack import progress
from tasks.core.connections import connection
from tests.sandbox.clients import connect
from tests.scale.cluster import Cluster
from tests.scale.disturbances import REDIS, Disturbances
from tests.scale.following import Following, Outcome
from tests.scale.verdict import Found, all_faults
from tests.support.outcome import messages
from tests.support.sandbox import SandboxProcess

SWEEP = "deactivation/end-of-contract"
THINGS: Final = ("word to sales", "word to the CSM")
IN_DAYS = timedelta(days=7)
"""Until the last day of each contract: the end is set in the LMS, and people are told."""
NEW_IDS = 100_000
"""Ids that no earlier trial has used."""
_TOLD = re.compile(r"deactivation:(800\w{15}):[^']*:(sales|the CSM)")


async def try_ends(cluster: Cluster, client: PrefectClient, sandbox: SandboxProcess, count: int) -> Outcome:
    """Start a sweep over so many ending contracts and follow it and its runs; what came of it."""
    sandbox.reset("generated", accounts=count, skip_ids=NEW_IDS)
    sandbox.control.post("/_control/latency", json=LATENCIES).raise_for_status()
    contracts, last_day = _end_contracts(sandbox)
    policy, guard = await connection(Policy), {"guard_max_count": count, "guard_min_count": count}
    await Policy.model_validate(dict(policy) | guard).save("default", overwrite=True)
    progress.print(f"Sweeping {count} ending contracts …")
    sweep = str(await create_run(client, SWEEP))
    moments = ((0.0, lambda: cluster.host_of(sweep)), (0.1, "api-1"), (0.2, "worker-2"), (0.3, REDIS))
    following = Following(cluster, client, Disturbances(cluster, moments), "deactivation", count + 1)
    await following.to_the_end()
    faults = all_faults(THINGS, _found(sandbox, contracts, last_day, following.runs))
    rows = [("contracts", str(count)), *await following.rows(), ("with something lost or done twice", str(len(faults)))]
    return Outcome(rows, faults | following.watch.faults)


def _end_contracts(sandbox: SandboxProcess) -> tuple[dict[str, str], str]:
    """Let every contract end soon; the contract of each account, and the last day."""
    today = date.fromisoformat(sandbox.control.get("/_control/health").json()["today"])
    last_day = (today + IN_DAYS).isoformat()
    rows = connect(sandbox).query_all("SELECT Id, AccountId FROM Contract")["records"]
    sandbox.seed(salesforce={"records": [{"type": "Contract", "Id": row["Id"], "EndDate": last_day} for row in rows]})
    return {row["AccountId"]: row["Id"] for row in rows}, last_day


def _found(
    sandbox: SandboxProcess, contracts: Mapping[str, str], last_day: str, runs: Iterable[FlowRun]
) -> dict[str, Found]:
    told = _told(sandbox)
    states: dict[str, list[str]] = {}
    for run in runs:
        states.setdefault(str(run.parameters.get("account_id")), []).append(str(run.state_name))
    ends = {company["accountId"]: company.get("deactivateOn") for company in sandbox.state("lms")["companies"]}
    return {
        account: Found(told.get(contract, Counter()), states.get(account, []), _wrong(ends.get(account), last_day))
        for account, contract in contracts.items()
    }


def _told(sandbox: SandboxProcess) -> dict[str, Counter[str]]:
    told: dict[str, Counter[str]] = {}
    for message in messages(sandbox):
        if match := _TOLD.search(str(message["metadata"])):
            told.setdefault(match[1], Counter())[f"word to {match[2]}"] += 1
    return told


def _wrong(end: Any, last_day: str) -> list[str]:
    return [] if end == last_day else [f"the LMS ends the service on {end}, not on {last_day}"]
