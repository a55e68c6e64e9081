"""Salesforce steps of an onboarding: read the sale, check the Onboarding Report, write the codes back."""

import asyncio
from collections.abc import Sequence

from simple_salesforce.format import format_soql

from blocks.policy.block import FieldMap, Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.records import Change, Sale
from tasks.core.connections import connection
from tasks.core.steps import read_task, write_task
from tasks.salesforce.queries import missing_record, run_query, select
from tasks.salesforce.records import sale_from
from tasks.salesforce.writes import write_changes


@read_task("Read sale {opportunity_id}", done="Sale read: {value.opportunity.name}")
async def read_sale(opportunity_id: str) -> Sale:
    """The opportunity with its account, contract, owner and primary contacts: the records of ONB-3, in one query.

    Raises:
        RecordMissing: there is no such opportunity, or our user may not see it.
    """
    fields = (await connection(Policy)).field_map
    records = await run_query(sale_query(fields, opportunity_id))
    if not records:
        raise missing_record("opportunity", opportunity_id)
    return sale_from(records[0], fields)


def sale_query(fields: FieldMap, opportunity_id: str) -> str:
    """The SOQL of `read_sale`."""
    opportunity, account, contract = fields.opportunity, fields.account, fields.contract
    terms = opportunity.contract_relationship
    agreed = (
        *(contract.billing_start_date, contract.user_count, contract.plan_amount),
        *(contract.service_level, contract.products, contract.publications),
    )
    columns = [
        *("Id", "Name", "StageName", "IsWon", "Type", "AccountId", opportunity.contract),
        *(opportunity.services_included, opportunity.service_level, opportunity.future_billing_date),
        *(f"{user}.{field}" for user in ("Owner", "Owner.Manager") for field in ("Id", "Name", "Email", "IsActive")),
        *("Account.Id", "Account.Name", f"Account.{account.lms_company_id}"),
        *(f"Account.{account.recurly_account_id}", f"Account.{account.recurly_billing_url}"),
        *(f"{terms}.{name}" for name in ("Id", "AccountId", "Account.Name", *agreed)),
    ]
    contact = ("Id", "AccountId", "Account.Name", "FirstName", "LastName", "Email", "Phone")
    primary = select((f"Contact.{name}" for name in contact), "OpportunityContactRoles", "WHERE IsPrimary = true")
    return select((*columns, f"({primary})"), "Opportunity", format_soql("WHERE Id = {}", opportunity_id))


@read_task("Check the Onboarding Report for {opportunity_id}", done="In the Onboarding Report: {value}")
async def in_onboarding_report(opportunity_id: str) -> bool:
    """Whether the opportunity is in Salesforce's Onboarding Report (ONB-5)."""
    org = await connection(SalesforceOrg)
    return await asyncio.to_thread(lambda: org.client().report_lists(org.onboarding_report_id, opportunity_id))


@write_task("Write the codes of {label} back to Salesforce", per_try=True)
async def write_back(changes: Sequence[Change]) -> None:
    """Write the differences, at least one, to account and opportunity in one call, all or none (ONB-4, ONB-11)."""
    await write_changes(changes)
