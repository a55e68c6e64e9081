"""Prove that everything the house needs is there, and say what is missing and what to do."""

import asyncio

from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import WorkerStatus
from prefect.exceptions import ObjectNotFound
from prefect.logging import disable_run_logger
from rich.console import Console
from rich.table import Table

from blocks.check import Check
from blocks.errors import VendorError
from blocks.lms import Lms
from blocks.mail import MailServer
from blocks.outreach import OutreachApp
from blocks.policy import Policy
from blocks.recurly import RecurlySite
from blocks.salesforce import SalesforceOrg
from blocks.slack import SlackWorkspace
from blocks.stored import stored
from deployments.declared import WORK_POOL, names
from tasks.connections import BLOCK_NAME
from tasks.outreach_login import access_token
from tasks.salesforce_team import csms_from, team_statement
from tasks.turns import LIMITS

CONNECTIONS: tuple[type[Block], ...] = (SalesforceOrg, Lms, RecurlySite, SlackWorkspace, OutreachApp, MailServer)
out = Console(highlight=False)


async def check_all() -> int:
    """Print every check; 1 when one of them fails."""
    try:
        async with get_client() as client:
            found = {"Prefect": await _prefect(client)}
    except OSError as error:
        found = {"Prefect": [Check("server", ok=False, message=f"does not answer: {error}")]}
    else:
        policy, checks = await _policy()
        found["Policy"] = checks
        for kind in (SalesforceOrg, Lms, RecurlySite, SlackWorkspace, OutreachApp, MailServer):
            found[kind.__name__] = await _connection(kind, policy)
    table = Table("", "Where", "What", "Found")
    for where, checks in found.items():
        for check in checks:
            table.add_row("ok" if check.ok else "MISSING", where, check.name, check.message)
    out.print(table)
    return 0 if all(check.ok for checks in found.values() for check in checks) else 1


async def _prefect(client: PrefectClient) -> list[Check]:
    checks = [Check("server", ok=True, message=str(client.api_url))]
    try:
        await client.read_work_pool(WORK_POOL)
        workers = await client.read_workers_for_work_pool(WORK_POOL)
    except ObjectNotFound:
        return [*checks, Check("work pool", ok=False, message="Not there. Run `lifecycle bootstrap`")]
    online = sum(worker.status == WorkerStatus.ONLINE for worker in workers)
    advice = f"None is online. Start one: prefect worker start --pool {WORK_POOL}"
    checks.append(Check("worker", ok=bool(online), message=f"{online} online" if online else advice))
    missing = [name for name in LIMITS if not await _has_limit(client, name)]
    told = f"Missing: {', '.join(missing)}. Run `lifecycle bootstrap`" if missing else "runs take turns"
    checks.append(Check("limits", ok=not missing, message=told))
    for name in names():
        try:
            await client.read_deployment_by_name(name)
        except ObjectNotFound:
            checks.append(Check(name, ok=False, message="Not deployed. Run `lifecycle bootstrap`"))
        else:
            checks.append(Check(name, ok=True, message="deployed"))
    return checks


async def _has_limit(client: PrefectClient, name: str) -> bool:
    try:
        await client.read_global_concurrency_limit_by_name(name)
    except ObjectNotFound:
        return False
    return True


async def _policy() -> tuple[Policy, list[Check]]:
    try:
        return await stored(Policy, BLOCK_NAME), [Check("block", ok=True, message="valid")]
    except VendorError as error:
        return Policy(), [Check("block", ok=False, message=str(error))]


async def _connection(kind: type[Block], policy: Policy) -> list[Check]:
    try:
        block = await stored(kind, BLOCK_NAME)
    except VendorError as error:
        return [Check("block", ok=False, message=str(error))]
    if isinstance(block, SalesforceOrg):
        checks = await block.check(policy.field_map)
        return [*checks, *await team_checks(block, policy)] if all(check.ok for check in checks) else checks
    if isinstance(block, SlackWorkspace):
        return await block.check(list(dict.fromkeys([policy.sales_channel, policy.cs_ops_channel, policy.csm_channel])))
    if isinstance(block, OutreachApp):
        return await outreach_checks()
    assert isinstance(block, Lms | RecurlySite | MailServer)
    return await block.check()


async def outreach_checks() -> list[Check]:
    """A login to Outreach works, if need be a new one, and brought every right (TRN-3, TRN-11)."""
    with disable_run_logger():
        try:
            await access_token()
            app = await stored(OutreachApp, BLOCK_NAME)
        except VendorError as error:
            return [Check("connection", ok=False, message=str(error))]
        return await app.check(access_token)


async def team_checks(org: SalesforceOrg, policy: Policy) -> list[Check]:
    """Every CSM can be given accounts, and every CSM of the policy is one (CSM-1)."""
    rows = await asyncio.to_thread(lambda: org.client().query(team_statement(policy.field_map)))
    team = [csm for csm in csms_from(rows, {}, {}, fields=policy.field_map, terms={}) if csm.active]
    checks = [
        Check("CSMs", ok=bool(team), message=f"{len(team)} active" if team else "No active user has the role CSM")
    ]
    for csm in team:
        if csm.lead is None:
            checks.append(
                Check(csm.person.name, ok=False, message="Has no active team lead: enter Manager on the user")
            )
        if not csm.segments:
            checks.append(Check(csm.person.name, ok=False, message="Serves no segment: choose CS Segments on the user"))
    known = {(csm.person.email or "").casefold() for csm in team}
    unknown = [row.email for row in policy.csms if row.email.casefold() not in known]
    advice = "No active CSM has this address: correct it in the policy block's CSMs"
    return [*checks, *(Check(email, ok=False, message=advice) for email in unknown)]
