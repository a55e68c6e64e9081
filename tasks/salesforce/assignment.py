"""The steps of an assignment in Salesforce: team and books, the CSM, the onboarding record (CSM-1 to CSM-6)."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from blocks.common.errors import RecordMissing
from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.composite import Subrequest
from rules.assignment.snapshot import AssignmentSnapshot, OnboardingRecord
from rules.common.problems import HumanInputRequired
from rules.common.records import Change
from rules.onboarding.welcome import record_missing, record_of
from tasks.core.connections import connection
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.core.steps import read_task, write_task
from tasks.salesforce.fields import flag
from tasks.salesforce.snapshot import customer_statement, onboardings_from, onboardings_statement, standing_from
from tasks.salesforce.team import asked_days, books_statement, calendar_statement, team_statement
from tasks.salesforce.writes import write_changes

RECENT = timedelta(days=90)
"""A sale closed within so long, as in the Onboarding Report, is one whose onboarding an assignment belongs to."""
SOON = 0.3
"""Seconds after which the onboarding record is looked for first: Salesforce makes it shortly after the write."""


@read_task("Read team, books and calendar for {label}")
async def read_assignment_snapshot(account_id: str, opportunity_id: str | None) -> AssignmentSnapshot:
    """Everything that an assignment is decided by, in one call.

    Args:
        account_id: 18 characters.
        opportunity_id: the sale that is being onboarded; without one, the account's latest recent sale counts.

    Raises:
        RecordMissing: there is no such account, or our user may not see it.
    """
    org, policy, rules = await connection(SalesforceOrg), await connection(Policy), await load_policy()
    statements = snapshot_statements(policy.field_map, rules, account_id, opportunity_id)
    at = datetime.now(UTC)
    rows = await asyncio.to_thread(lambda: org.client().queries(statements))
    if not rows[0]:
        raise RecordMissing(
            "Salesforce",
            f"there is no account {account_id}, or the integration user may not see it. "
            "If it was deleted or merged, nothing is to be done here.",
            code="NOT_FOUND",
        )
    return standing_from(rows, at, policy.field_map, zone=rules.time_zone, terms=rules.terms)


def snapshot_statements(
    fields: FieldMap, rules: PolicySnapshot, account_id: str, opportunity_id: str | None
) -> list[str]:
    """The SOQL of `read_standing`: customer, team, books, calendar and onboarding records, for one call."""
    return [
        customer_statement(fields, account_id, opportunity_id, rules.today - RECENT),
        team_statement(fields),
        books_statement(fields, but=account_id),
        calendar_statement(fields, *asked_days(rules.hand_over)),
        onboardings_statement(fields, account_id),
    ]


@write_task("{label}", per_try=True)
async def assign(csm_id: str, changes: Sequence[Change]) -> bool:
    """Write account and sale in one call, all or none; whether the CSM's user is still active (CSM-3, CSM-4).

    Args:
        csm_id: 18 characters.
        changes: the differences.
    """
    is_active = Subrequest("GET", f"sobjects/User/{csm_id}?fields=IsActive", "csm")
    answers = await write_changes(changes, is_active)
    return flag(answers[-1], "IsActive")


@read_task("Wait for the Customer Onboarding record of {label}")
async def onboarding_records(account_id: str, opportunity_id: str) -> tuple[OnboardingRecord, ...]:
    """All Customer Onboarding records of the account, once that of the sale is there (CSM-5).

    Raises:
        HumanInputRequired: Salesforce did not make it in time; it is waited for again at Retry.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    statement = onboardings_statement(policy.field_map, account_id)
    longest, every = policy.onboarding_record_wait_seconds, policy.onboarding_record_poll_seconds
    end, pause = time.monotonic() + longest, min(SOON, every)
    while True:
        await asyncio.sleep(pause)
        found = onboardings_from(await asyncio.to_thread(lambda: org.client().query(statement)), policy.field_map)
        if record_of(opportunity_id, found):
            return found
        if time.monotonic() + every > end:
            raise HumanInputRequired([record_missing(opportunity_id, longest)])
        pause = every


@write_task("Fill in the Customer Onboarding record of {label}", per_try=True)
async def fill_in(changes: Sequence[Change]) -> None:
    """Write the record; its tick makes Salesforce send the welcome e-mail (CSM-6).

    A box that is ticked already sends nothing when it is ticked again, so a repeat after a lost answer is harmless.
    """
    await write_changes(changes)
