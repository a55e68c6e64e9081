"""Choosing a CSM among 200 with 50,000 accounts: the calls it takes, and how long our own part of it lasts."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from benchmarks.control import Control
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.plan import Assignment, plan_assignment
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.salesforce.assignment import snapshot_statements
from tasks.salesforce.snapshot import standing_from

ACCOUNTS = 50_000
ROUNDS = 7


@dataclass(frozen=True)
class Choosing:
    """What choosing cost; each list has one entry a round.

    Attributes:
        csms: candidates.
        calls: to Salesforce, a round.
        read: seconds from asking to the parsed JSON: Salesforce's and the client's time.
        own: seconds from there to the decision: ours.
    """

    csms: int
    calls: int
    read: list[float]
    own: list[float]


async def choosing(control: Control) -> Choosing:
    """Choose for a new account in a generated world, which takes the place of the sandbox's."""
    await control.generated(ACCOUNTS)
    org, policy, rules = await connection(SalesforceOrg), await connection(Policy), await load_policy()
    made = org.client().query("SELECT Id FROM Account ORDER BY Name LIMIT 1")
    account_id = str(made[0]["Id"])
    statements = snapshot_statements(policy.field_map, rules, account_id, None)
    # 250 accounts a CSM are more than the policy's caps.
    segments = tuple(replace(segment, most_accounts=ACCOUNTS) for segment in rules.segments)
    found, csms, since = Choosing(0, 0, [], []), 0, await control.last_entry()
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        rows = await asyncio.to_thread(lambda: org.client().queries(statements))
        read = time.perf_counter()
        standing = standing_from(rows, datetime.now(UTC), policy.field_map, zone=rules.time_zone, terms=rules.terms)
        todo = plan_assignment(
            standing,
            segments=segments,
            weight_of_mrr=rules.weight_of_mrr,
            hand_over=rules.hand_over,
            reassign_since=datetime.now(UTC),
        )
        found.own.append(time.perf_counter() - read)
        found.read.append(read - begun)
        assert isinstance(todo, Assignment)
        csms = len(standing.csms)
    calls = len(await control.journal(since)) // ROUNDS
    return Choosing(csms, calls, found.read, found.own)
