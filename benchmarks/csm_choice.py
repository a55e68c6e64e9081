"""The choice of a CSM among 200 with 50,000 accounts: its calls, and the time of our own code."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import Any

from benchmarks.sandbox_admin import SandboxAdmin
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.plan import Assignment, plan_assignment
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.salesforce.assignment import snapshot_statements
from tasks.salesforce.books import totals_from
from tasks.salesforce.snapshot import snapshot_from

ACCOUNTS = 50_000
ROUNDS = 7


async def measure_choice(admin: SandboxAdmin) -> dict[str, Any]:
    """Choose a CSM for an account of a generated scenario, which replaces the loaded one.

    Returns:
        The number of CSMs and accounts, the calls of a choice, and the milliseconds to read and to decide (`own_ms`).
    """
    await admin.load("generated", accounts=ACCOUNTS)
    org, fields, policy = await connection(SalesforceOrg), (await connection(Policy)).field_map, await load_policy()
    account = org.client().query("SELECT Id FROM Account ORDER BY Name LIMIT 1")[0]
    statements = snapshot_statements(fields, policy, str(account["Id"]), None)
    # Each CSM has 250 accounts, which is more than the policy's caps.
    segments = tuple(replace(segment, most_accounts=ACCOUNTS) for segment in policy.segments)
    own, reading, csms, since = [], [], 0, await admin.last_entry()
    for _ in range(ROUNDS):
        started = time.perf_counter()
        *rows, contracts = await asyncio.to_thread(lambda: org.client().queries(statements))
        read = time.perf_counter()
        totals, at = totals_from(contracts, fields, policy.today), datetime.now(UTC)
        snapshot = snapshot_from([*rows, []], totals, at, fields, zone=policy.time_zone, terms=policy.terms)
        plan = plan_assignment(
            snapshot,
            segments=segments,
            weight_of_mrr=policy.weight_of_mrr,
            hand_over=policy.hand_over,
            reassign_since=datetime.now(UTC),
        )
        own.append(time.perf_counter() - read)
        reading.append(read - started)
        assert isinstance(plan, Assignment)
        csms = len(snapshot.csms)
    calls = len(await admin.journal(since)) // ROUNDS
    figures = {"csms": csms, "accounts": ACCOUNTS, "calls": calls}
    return figures | {"read_ms": median(reading) * 1000, "own_ms": median(own) * 1000}
