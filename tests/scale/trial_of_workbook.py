"""The trial of a workbook of accounts that move: the worker that moves them is killed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import SetStateStatus

from benchmarks.measured_run import create_run
from benchmarks.sandbox_admin import LATENCIES
from benchmarks.transition import FORMER_CSM, NEW_CSMS, WORKBOOK, write_workbook
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from deployments.stack.stack import progress
from rules.transition.invitation import uid
from rules.transition.match import MatchedAccount
from tasks.core.connections import connection
from tasks.salesforce.transition import read_book
from tests.sandbox.clients import connect
from tests.scale.cluster import Cluster
from tests.scale.disturbances import REDIS, Disturbances
from tests.scale.following import Following, Outcome
from tests.scale.verdict import Found, all_faults
from tests.support.sandbox import SandboxProcess

THINGS: Final = ("checklist", "invitation")
NEW_IDS = 200_000
"""Ids that no earlier trial has used."""
APPROVED: Final = {"decision": "Check again", "decided_by": "Trial"}


async def try_workbook(cluster: Cluster, client: PrefectClient, sandbox: SandboxProcess, count: int) -> Outcome:
    """Move so many accounts by one workbook, with its approval, and follow it; what came of it."""
    sandbox.reset("demo", moving=count, skip_ids=NEW_IDS)
    sandbox.behaviour(outbound_messages="off")
    sandbox.control.post("/_control/latency", json=LATENCIES).raise_for_status()
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    accounts = read_book(org.client(), policy.field_map, FORMER_CSM)
    path = write_workbook(Path(cluster.settings.folder), accounts)
    progress.print(f"Moving {len(accounts)} accounts by a workbook …")
    run_id = str(await create_run(client, WORKBOOK, workbook=str(path), preview=False))
    approver = Approver(client, run_id, len(accounts))
    moments = ((0.1, lambda: cluster.host_of(run_id)), (0.2, "api-2"), (0.3, REDIS))
    following = Following(
        cluster, client, Disturbances(cluster, moments), "account-transition", len(accounts) + 1, approver
    )
    await following.to_the_end()
    faults = all_faults(THINGS, _found(sandbox, accounts, following.runs))
    rows = [
        ("accounts", str(len(accounts))),
        *await following.rows(),
        ("with something lost or done twice", str(len(faults))),
    ]
    return Outcome(rows, faults | following.watch.faults)


class Approver:
    """The team lead, who approves the plan once it is there."""

    def __init__(self, client: PrefectClient, run_id: str, accounts: int) -> None:
        self._client, self._run_id, self._is_done = client, run_id, False
        self._answer = APPROVED | {"choice_1": f"Move {accounts} accounts as planned"}

    async def __call__(self, runs: list[FlowRun]) -> None:
        """Approve the plan if its run waits for it."""
        waits = any(str(run.id) == self._run_id and run.state_name == "Suspended" for run in runs)
        if waits and not self._is_done:
            answer = await self._client.resume_flow_run(UUID(self._run_id), run_input=self._answer)
            self._is_done = answer.status is SetStateStatus.ACCEPT
            progress.print(f"  the plan is approved: {answer.status.value}")


def _found(sandbox: SandboxProcess, accounts: Sequence[MatchedAccount], runs: Iterable[FlowRun]) -> dict[str, Found]:
    salesforce, names = connect(sandbox), {account.id: account.name for account in accounts}
    rows = salesforce.query_all("SELECT Id, Customer_Success_Manager__r.Name FROM Account")["records"]
    holders = {row["Id"]: (row["Customer_Success_Manager__r"] or {}).get("Name", "") for row in rows}
    titles = [row["Title"] for row in salesforce.query_all("SELECT Title FROM ContentDocument")["records"]]
    calendars = [mail["calendar"] for mail in sandbox.state("mail")["mails"] if mail.get("calendar")]
    states, found = defaultdict[str, list[str]](list), dict[str, Found]()
    keys = dict[str, str]()
    for run in runs:
        if order := run.parameters.get("order"):
            states[run.parameters["account_id"]].append(str(run.state_name))
            keys[run.parameters["account_id"]] = order["key"]
    for account_id, name in names.items():
        key = keys.get(account_id, account_id)
        invitations = {(one["uid"], one["sequence"]) for one in calendars if one["uid"] == uid(key)}
        counts = Counter({"checklist": sum(key in title for title in titles), "invitation": len(invitations)})
        holder = holders.get(account_id, "")
        wrong = [] if holder in NEW_CSMS else [f"the CSM in Salesforce is {holder or 'nobody'}"]
        found[name] = Found(counts, states[account_id], wrong)
    return found
