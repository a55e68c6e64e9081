"""Check the connections to the vendors, their rights, and the CSM team."""

import asyncio

from prefect.blocks.core import Block
from prefect.logging import disable_run_logger

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
from tasks.core.connections import BLOCK_NAME
from tasks.outreach.login import access_token
from tasks.salesforce.team import csms_from, team_statement

CONNECTIONS: dict[str, type[Block]] = {
    "Salesforce": SalesforceOrg,
    "LMS": Lms,
    "Recurly": RecurlySite,
    "Slack": SlackWorkspace,
    "Outreach": OutreachApp,
    "Mail": MailServer,
}
"""The kinds of blocks by the name of their system."""


async def stored_policy() -> tuple[Policy, list[Check]]:
    """The policy, and the check of its block; the default policy if the block is missing or wrong."""
    try:
        policy = await stored(Policy, BLOCK_NAME)
    except VendorError as error:
        return Policy(), [Check("block", ok=False, message=str(error))]
    return policy, [Check("block", ok=True, message="valid"), decider_check(policy)]


def decider_check(policy: Policy) -> Check:
    """Check that it is settled who may decide for CS Operations (ONB-12, ONB-13)."""
    item = "CS Operations"
    if policy.cs_operations:
        return Check(item, ok=True, message=f"{len(policy.cs_operations)} may decide")
    problem = (
        f"The list is empty, so everybody in {policy.cs_ops_channel} may answer for CS Operations and approve plans. "
        "Enter their e-mail addresses in the policy block's CS Operations"
    )
    return Check(item, ok=False, message=problem, only_warns=True)


async def connection_checks(kind: type[Block], policy: Policy) -> list[Check]:
    """Check one connection and its rights; in Salesforce, also the fields of the policy and the CSM team."""
    try:
        block = await stored(kind, BLOCK_NAME)
        return await _checks_of(block, policy)
    except VendorError as error:
        return [Check("block", ok=False, message=str(error))]


async def _checks_of(block: Block, policy: Policy) -> list[Check]:
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
    """Check that every CSM can get accounts, and that every CSM of the policy is an active user (CSM-1).

    A CSM who can get none is a warning, as long as another one can.
    """
    rows = await asyncio.to_thread(lambda: org.client().query(team_statement(policy.field_map)))
    team = [csm for csm in csms_from(rows, {}, {}, fields=policy.field_map, terms={}) if csm.active]
    ready = [csm for csm in team if csm.lead is not None and csm.segments]
    count = f"{len(team)} active, {len(ready)} can get accounts" if team else "No active user has the role CSM"
    checks = [Check("CSMs", ok=bool(ready), message=count)]
    for csm in team:
        name = f"CSM {csm.person.name}"
        if csm.lead is None:
            advice = "Has no active team lead, so gets no account: enter Manager on the user"
            checks.append(Check(name, ok=False, message=advice, only_warns=True, kind="CSM"))
        if not csm.segments:
            advice = "Serves no segment, so gets no account: choose CS Segments on the user"
            checks.append(Check(name, ok=False, message=advice, only_warns=True, kind="CSM"))
    known = {(csm.person.email or "").casefold() for csm in team}
    unknown = [row.email for row in policy.csms if row.email.casefold() not in known]
    advice = "No active CSM has this address: correct it in the policy block's CSMs"
    return [
        *checks,
        *(Check(f"CSM {email}", ok=False, message=advice, only_warns=True, kind="CSM") for email in unknown),
    ]
