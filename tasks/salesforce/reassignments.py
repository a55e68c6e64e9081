"""Salesforce steps of a transition: move accounts to their new CSMs, and undo that (TRN-10)."""

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
    """The users (ids of 18 characters), with their team leads; without those that Salesforce does not have."""
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    return await asyncio.to_thread(lambda: read_users(org.client(), policy.field_map, user_ids))


@read_task("Read the present values of {label}")
async def read_present_values(fields: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    """The values that fields have now, by record and field; without records that are gone."""
    return await present_values(fields)


@read_task("Read the present CSMs of the accounts of {label}")
async def read_present_csms(account_ids: Sequence[str]) -> dict[str, str | None]:
    """The id of each account's CSM, None for nobody, by account id; without accounts that are gone."""
    present = await present_values([(f"Account {account_id}", CSM) for account_id in account_ids])
    return {record.removeprefix("Account "): csm for (record, _), csm in present.items()}


@write_task("Move {label} in Salesforce", per_try=True)
async def move_in_salesforce(changes: Sequence[Change]) -> None:
    """Write up to 800 records in one call, all or none."""
    await write_many(changes)
