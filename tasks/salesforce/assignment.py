"""Salesforce steps of a CSM assignment: team and books, the CSM, the onboarding record (CSM-1 to CSM-6)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from blocks.salesforce.composite import Subrequest
from rules.assignment.snapshot import AssignmentSnapshot, OnboardingRecord
from rules.common.problems import HumanInputRequired
from rules.common.records import Change
from rules.onboarding.welcome import record_missing, record_of
from tasks.core.connections import connection
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.core.steps import read_task, write_task
from tasks.runs.looking import Awaited, look_until_there
from tasks.salesforce.books import books_statement, contracts_statement, totals_from
from tasks.salesforce.fields import flag
from tasks.salesforce.queries import missing_record, run_queries, run_query
from tasks.salesforce.snapshot import customer_statement, onboardings_from, onboardings_statement, snapshot_from
from tasks.salesforce.team import asked_days, calendar_statement, team_statement
from tasks.salesforce.writes import write_changes

RECENT = timedelta(days=90)
"""An assignment begins the onboarding of a sale that closed in this time, which is that of the Onboarding Report."""
SOON = 0.3
"""Seconds before the first look for the onboarding record: Salesforce creates it shortly after the write."""


@read_task("Read team, books and calendar for {label}")
async def read_assignment_snapshot(
    account_id: str, opportunity_id: str | None, *, preview: bool = False
) -> AssignmentSnapshot:
    """The data that decides an assignment, in one call; for a preview, one more for the onboarding records.

    Args:
        account_id: 18 characters.
        opportunity_id: the sale that is being onboarded; None for the account's latest recent sale.
        preview: what comes after the assignment is shown too; otherwise the onboarding records are read when it does.

    Raises:
        RecordMissing: there is no such account, or our user may not see it.
    """
    policy, rules = await connection(Policy), await load_policy()
    fields, at = policy.field_map, datetime.now(UTC)
    *rows, contracts = await run_queries(snapshot_statements(fields, rules, account_id, opportunity_id))
    if not rows[0]:
        raise missing_record("account", account_id)
    onboardings = await run_query(onboardings_statement(fields, account_id)) if preview else []
    totals = totals_from(contracts, fields, rules.today)
    return snapshot_from([*rows, onboardings], totals, at, fields, zone=rules.time_zone, terms=rules.terms)


def snapshot_statements(
    fields: FieldMap, rules: PolicySnapshot, account_id: str, opportunity_id: str | None
) -> list[str]:
    """The SOQL of customer, team, books, calendar and contracts without MRR: five queries, as many as a call takes."""
    return [
        customer_statement(fields, account_id, opportunity_id, rules.today - RECENT),
        team_statement(fields),
        books_statement(fields, but=account_id),
        calendar_statement(fields, *asked_days(rules.hand_over)),
        contracts_statement(fields, rules.today, format_soql("AccountId != {}", account_id)),
    ]


@write_task("{label}", per_try=True)
async def assign(csm_id: str, changes: Sequence[Change]) -> bool:
    """Write account and sale in one call, all or none (CSM-3, CSM-4).

    Args:
        csm_id: of the CSM's user, 18 characters.
        changes: the differences.

    Returns:
        Whether the CSM's user is still active.
    """
    is_active = Subrequest("GET", f"sobjects/User/{csm_id}?fields=IsActive", "csm")
    answers = await write_changes(changes, is_active)
    return flag(answers[-1], "IsActive")


@read_task("Wait for the Customer Onboarding record of {label}")
async def onboarding_records(account_id: str, opportunity_id: str) -> tuple[OnboardingRecord, ...]:
    """Wait for the sale's Customer Onboarding record; all such records of the account (CSM-5).

    Raises:
        HumanInputRequired: Salesforce did not create it in time; a Retry looks again.
        NotThereYet: the run ends its process, and looks again later.
    """
    policy = await connection(Policy)
    statement, patience = onboardings_statement(policy.field_map, account_id), policy.onboarding_record_wait_seconds

    async def look() -> tuple[OnboardingRecord, ...] | None:
        records = onboardings_from(await run_query(statement), policy.field_map)
        return records if record_of(opportunity_id, records) else None

    await asyncio.sleep(SOON)
    what = f"Customer Onboarding record of opportunity {opportunity_id}"
    records = await look_until_there(Awaited("Salesforce", what, opportunity_id, patience), look)
    if records is None:
        raise HumanInputRequired([record_missing(opportunity_id, patience)])
    return records


@write_task("Fill in the Customer Onboarding record of {label}", per_try=True, skip_value=None)
async def write_onboarding_record(changes: Sequence[Change]) -> None:
    """Write the record; its "send" checkbox makes Salesforce send the welcome e-mail (CSM-6).

    Salesforce sends only when the checkbox changes, so a repeat after a lost answer sends nothing.
    """
    await write_changes(changes)
