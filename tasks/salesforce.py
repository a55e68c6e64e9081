"""The steps against Salesforce: read a sale, consult the Onboarding Report, write the codes back."""

import asyncio
from collections.abc import Sequence

from simple_salesforce.format import format_soql

from blocks.errors import VendorRefused
from blocks.policy import FieldMap, Policy
from blocks.salesforce import SalesforceOrg
from blocks.salesforce_client import Subrequest
from rules.records import Change, Sale
from rules.write_back import LMS_COMPANY_ID, RECURLY_ACCOUNT_ID, RECURLY_BILLING_URL, SERVICE_LEVEL
from tasks.audit import Effect, effects, may_be_lost
from tasks.connections import connection
from tasks.salesforce_records import sale_from
from tasks.steps import reading, writing


@reading("Read sale {opportunity_id}")
async def read_sale(opportunity_id: str) -> Sale:
    """The opportunity with its account, contract, owner and primary contacts: the records of ONB-3, in one query.

    Raises:
        VendorRefused: there is no such opportunity, or our user may not see it.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    soql = sale_query(policy.field_map, opportunity_id)
    records = await asyncio.to_thread(lambda: org.client().query(soql))
    if not records:
        raise VendorRefused(
            "Salesforce",
            f"there is no opportunity {opportunity_id}, or the integration user may not see it. "
            "If it was deleted, nothing is to be done.",
            code="NOT_FOUND",
        )
    return sale_from(records[0], policy.field_map)


def sale_query(fields: FieldMap, opportunity_id: str) -> str:
    """The SOQL of `read_sale`."""
    opportunity, account, contract = fields.opportunity, fields.account, fields.contract
    terms = opportunity.contract_relationship
    columns = [
        *("Id", "Name", "StageName", "Type", "AccountId", opportunity.contract),
        *(opportunity.services_included, opportunity.service_level, opportunity.future_billing_date),
        *("Owner.Id", "Owner.Name", "Owner.Email"),
        *("Account.Id", "Account.Name", f"Account.{account.lms_company_id}"),
        *(f"Account.{account.recurly_account_id}", f"Account.{account.recurly_billing_url}"),
        *(f"{terms}.Id", f"{terms}.{contract.billing_start_date}", f"{terms}.{contract.user_count}"),
        *(
            f"{terms}.{contract.plan_amount}",
            f"{terms}.{contract.service_level}",
            f"{terms}.{contract.products}",
        ),
    ]
    contacts = (
        "(SELECT Contact.Id, Contact.FirstName, Contact.LastName, Contact.Email, Contact.Phone"
        " FROM OpportunityContactRoles WHERE IsPrimary = true)"
    )
    where = format_soql("WHERE Id = {}", opportunity_id)
    return f"SELECT {', '.join(columns)}, {contacts} FROM Opportunity {where}"  # noqa: S608 - names are checked by the field map


@reading("Consult the Onboarding Report for {opportunity_id}")
async def in_onboarding_report(opportunity_id: str) -> bool:
    """Whether the opportunity is in Salesforce's Onboarding Report (ONB-5)."""
    org = await connection(SalesforceOrg)
    return await asyncio.to_thread(lambda: org.client().report_lists(org.onboarding_report_id, opportunity_id))


@writing("Write the codes of {account_name} back to Salesforce")
async def write_back(
    account_id: str,
    opportunity_id: str,
    account_name: str,  # noqa: ARG001 - for the run's title
    changes: Sequence[dict[str, str]],
) -> list[Effect]:
    """Write account and opportunity in one call, all or none (ONB-4, ONB-11).

    Args:
        account_id: 18 characters.
        opportunity_id: 18 characters.
        account_name: for people.
        changes: the differences, as `rules.records.Change` in plain form; nothing is written when there are none.
    """
    wanted = [Change(**change) for change in changes]
    if not wanted:
        return []
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    requests = write_back_requests(policy.field_map, account_id, opportunity_id, wanted)
    with may_be_lost(wanted):
        await asyncio.to_thread(lambda: org.client().composite(requests))
    return effects(wanted)


def write_back_requests(
    fields: FieldMap, account_id: str, opportunity_id: str, changes: Sequence[Change]
) -> list[Subrequest]:
    """One PATCH for each record that changes."""
    columns = {
        LMS_COMPANY_ID: ("Account", account_id, fields.account.lms_company_id),
        RECURLY_ACCOUNT_ID: ("Account", account_id, fields.account.recurly_account_id),
        RECURLY_BILLING_URL: ("Account", account_id, fields.account.recurly_billing_url),
        SERVICE_LEVEL: ("Opportunity", opportunity_id, fields.opportunity.service_level),
    }
    bodies: dict[tuple[str, str], dict[str, str]] = {}
    for change in changes:
        sobject, record_id, column = columns[change.field]
        bodies.setdefault((sobject, record_id), {})[column] = change.after
    return [
        Subrequest("PATCH", f"sobjects/{sobject}/{record_id}", sobject.lower(), body)
        for (sobject, record_id), body in bodies.items()
    ]
