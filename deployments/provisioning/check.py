"""Test every connection, right and setting, and name what is missing and what to do."""

import asyncio
from collections.abc import Mapping, Sequence

import httpx
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.logging import disable_run_logger
from prefect.settings import PREFECT_API_URL
from rich.console import Console
from rich.table import Column, Table

from blocks.common.errors import VendorError
from blocks.common.health_check import Check
from blocks.common.load_block import stored
from blocks.lms.block import Lms
from blocks.mail.block import MailServer
from blocks.outreach.block import OutreachApp
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.slack.block import SlackWorkspace
from deployments.provisioning.check_prefect import prefect_checks
from deployments.provisioning.check_safety import Note, safety_checks
from deployments.stack.settings import StackSettings, no_stack
from tasks.core.connections import BLOCK_NAME
from tasks.outreach.login import access_token
from tasks.salesforce.team import csms_from, team_statement

CONNECTIONS: tuple[type[Block], ...] = (SalesforceOrg, Lms, RecurlySite, SlackWorkspace, OutreachApp, MailServer)
out = Console(highlight=False)


async def check_all(settings: StackSettings) -> int:
    """Print every check; returns 1 if one of them fails."""
    try:
        async with get_client() as client:
            checks = {
                "Prefect": await prefect_checks(client, settings),
                "Secrets": await safety_checks(client, settings),
            }
    except (OSError, httpx.HTTPError) as error:
        checks = {"Prefect": [Check("server", ok=False, message=unreachable(error))]}
    else:
        policy, checks["Policy"] = await _policy()
        for kind in CONNECTIONS:
            checks[kind.__name__] = await _connection(kind, policy)
    _show(checks)
    return 0 if all(check.ok for system in checks.values() for check in system) else 1


def unreachable(error: OSError | httpx.HTTPError) -> str:
    """Why Prefect does not answer, and what to do."""
    url = PREFECT_API_URL.value()
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code == httpx.codes.UNAUTHORIZED:
        return f"Prefect at {url} refuses the credentials: set PREFECT_API_AUTH_STRING to the value of its server."
    return no_stack(str(url).removesuffix("/api"), "PREFECT_PORT")


def _show(checks_by_system: Mapping[str, Sequence[Check]]) -> None:
    table = Table(Column(), Column("Where"), Column("What", overflow="fold"), Column("Found", overflow="fold"))
    for system, checks in checks_by_system.items():
        for check in checks:
            mark = "note" if isinstance(check, Note) else "ok" if check.ok else "MISSING"
            table.add_row(mark, system, check.name, check.message)
    out.print(table)


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
    """Check that a login to Outreach works and has every right (TRN-3, TRN-11). Logs in again if necessary."""
    with disable_run_logger():
        try:
            await access_token()
            app = await stored(OutreachApp, BLOCK_NAME)
        except VendorError as error:
            return [Check("connection", ok=False, message=str(error))]
        return await app.check(access_token)


async def team_checks(org: SalesforceOrg, policy: Policy) -> list[Check]:
    """Check that every CSM can get accounts, and that every CSM of the policy is an active user (CSM-1)."""
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
