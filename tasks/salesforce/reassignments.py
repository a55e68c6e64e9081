"""The steps of a transition in Salesforce: everything of an account goes to its new CSM, or comes back (TRN-10)."""

import asyncio
from collections.abc import Sequence
from typing import Any

from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.plan import CSM
from rules.common.records import Change
from rules.transition.match import NewCsm
from tasks.core.connections import connection
from tasks.core.steps import read_task, write_task
from tasks.runs.audit import Effect
from tasks.salesforce.transition import read_users
from tasks.salesforce.writes import present_values, write_many


@read_task("Look up {which}")
async def read_people(which: str, user_ids: Sequence[str]) -> list[NewCsm]:  # noqa: ARG001 - for people
    """The users, with their team leads; who is not there is missing.

    Args:
        which: for people.
        user_ids: 18 characters each.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    return await asyncio.to_thread(lambda: read_users(org.client(), policy.field_map, user_ids))


@read_task("Read what {account_name} has now")
async def holders(account_name: str, fields: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str | None]:  # noqa: ARG001 - for people
    """What stands in fields that a transition wrote; a record that is gone is missing.

    Args:
        account_name: for people.
        fields: record and field of each.
    """
    return await present_values(fields)


@read_task("Read who has the accounts of {workbook} now")
async def read_holders(workbook: str, account_ids: Sequence[str]) -> dict[str, str | None]:  # noqa: ARG001 - for people
    """The id of each account's CSM, by account id; an account that is gone is missing, None is nobody.

    Args:
        workbook: for people.
        account_ids: 18 characters each.
    """
    present = await present_values([(f"Account {one}", CSM) for one in account_ids])
    return {record.removeprefix("Account "): csm for (record, _), csm in present.items()}


@write_task("Move {account_name} to {csm_name} in Salesforce", not_in_key=("account_name", "csm_name"))
async def move_in_salesforce(
    account_name: str,  # noqa: ARG001 - for people
    csm_name: str,  # noqa: ARG001 - as above
    changes: Sequence[dict[str, Any]],
    try_id: str,  # noqa: ARG001 - a difference that came back since the last try is written again
) -> list[Effect]:
    """Write all of it in one call, all or none; the audit's lines.

    Args:
        account_name: for people.
        csm_name: as above.
        changes: the differences, as `rules.common.records.Change` in plain form.
        try_id: of the run.
    """
    return await write_many([Change(**change) for change in changes])
