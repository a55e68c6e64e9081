"""From changes to the calls that make them: one PATCH for each Salesforce record (design decision 12)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from blocks.field_map import FieldMap, OnboardingFields
from blocks.policy import Policy
from blocks.salesforce import SalesforceOrg
from blocks.salesforce_client import Subrequest
from rules import assignment_plan as csm
from rules import welcome
from rules.deactivation import CS_STATUS
from rules.records import Change
from rules.scope import COMPLIANCE, CRED_SERV, CRED_SOFT, LEARNING
from rules.write_back import LMS_COMPANY_ID, RECURLY_ACCOUNT_ID, RECURLY_BILLING_URL, SERVICE_LEVEL
from tasks.audit import Effect, effects, may_be_lost
from tasks.connections import connection


async def write_changes(changes: Sequence[Change], *also: Subrequest) -> tuple[list[Effect], list[dict[str, Any]]]:
    """Make the changes in one call, all or none; the audit's lines, and the answers to all its parts.

    Args:
        changes: of Salesforce records, at least one.
        also: what else is asked in the same call, after the changes.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    requests = [*patches(policy.field_map, changes), *also]
    with may_be_lost(changes):
        answers = await asyncio.to_thread(lambda: org.client().composite(requests))
    return effects(changes), answers


def patches(fields: FieldMap, changes: Sequence[Change]) -> list[Subrequest]:
    """The calls, one a record, in the order in which the records first appear.

    Args:
        fields: how this org calls its fields.
        changes: of Salesforce records; their `record` is object and id.
    """
    columns = _columns(fields)
    bodies: dict[tuple[str, str], dict[str, str | bool]] = {}
    for change in changes:
        sobject, record_id = change.record.split()
        bodies.setdefault((sobject, record_id), {})[columns[sobject][change.field]] = change.written
    return [
        Subrequest("PATCH", f"sobjects/{sobject}/{record_id}", f"{sobject.lower()}{number}", body)
        for number, ((sobject, record_id), body) in enumerate(bodies.items())
    ]


def boxes(onboarding: OnboardingFields) -> dict[str, str]:
    """The product of each box of the Customer Onboarding record → the box's API name (CSM-6)."""
    return {
        LEARNING: onboarding.learning,
        COMPLIANCE: onboarding.compliance,
        CRED_SOFT: onboarding.credentialing_software,
        CRED_SERV: onboarding.credentialing_service,
    }


def _columns(fields: FieldMap) -> dict[str, Mapping[str, str]]:
    """By object: what people call a field → its API name in this org."""
    account, opportunity, onboarding = fields.account, fields.opportunity, fields.onboarding
    return {
        account.sobject: {
            LMS_COMPANY_ID: account.lms_company_id,
            RECURLY_ACCOUNT_ID: account.recurly_account_id,
            RECURLY_BILLING_URL: account.recurly_billing_url,
            csm.CSM: account.csm,
            csm.LEADER: account.csm_leader,
            csm.SEGMENTATION: account.segmentation,
            csm.ASSIGNED_ON: account.csm_assigned_on,
            CS_STATUS: account.cs_status,
        },
        opportunity.sobject: {
            SERVICE_LEVEL: opportunity.service_level,
            csm.CSM_NEW: opportunity.csm,
            csm.MANAGER_NEW: opportunity.onboarding_manager,
            csm.LEADER_NEW: opportunity.csm_leader,
        },
        onboarding.sobject: {
            welcome.NAME: "Name",
            **boxes(onboarding),
            welcome.SENT_ON: onboarding.email_sent_date,
            welcome.SEND: onboarding.send_email,
        },
    }
