"""The steps of a transition in Salesforce: everything of an account goes to its new CSM, or comes back (TRN-10)."""

import asyncio
from collections.abc import Sequence

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.plan import CSM
from rules.common.records import Change
from rules.transition.match import NewCsm
from tasks.core.connections import connection
from tasks.core.steps import read_task, write_task
from tasks.salesforce.transition import read_users
from tasks.salesforce.writes import present_values, write_many


@read_task("Look up {label}")
async def read_people(user_ids: Sequence[str]) -> list[NewCsm]:
    """The users (ids of 18 characters), with their team leads; a user who is not there is missing."""
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    return await asyncio.to_thread(lambda: read_users(org.client(), policy.field_map, user_ids))


@read_task("Read the present values of {label}")
async def read_present_values(fields: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    """The values of fields that a transition wrote, by record and field; a record that is gone is missing."""
    return await present_values(fields)


@read_task("Read the present CSMs of the accounts of {label}")
async def read_present_csms(account_ids: Sequence[str]) -> dict[str, str | None]:
    """The id of each account's CSM, by account id; an account that is gone is missing, None is nobody."""
    present = await present_values([(f"Account {one}", CSM) for one in account_ids])
    return {record.removeprefix("Account "): csm for (record, _), csm in present.items()}


@write_task("Move {label} in Salesforce", per_try=True)
async def move_in_salesforce(changes: Sequence[Change]) -> None:
    """Write the differences in one call, all or none."""
    await write_many(changes)
