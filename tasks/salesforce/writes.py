"""Write changes to Salesforce: one PATCH for each record (D-12)."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap, OnboardingFields
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.composite import Fields, Subrequest
from rules.assignment import plan as csm
from rules.common.records import Change
from rules.common.scope import COMPLIANCE, CRED_SERV, CRED_SOFT, LEARNING
from rules.contracts.reactivation import CS_STATUS
from rules.onboarding import welcome
from rules.onboarding.write_back import LMS_COMPANY_ID, RECURLY_ACCOUNT_ID, RECURLY_BILLING_URL, SERVICE_LEVEL
from rules.transition.reassignments import OWNER
from tasks.core.connections import connection
from tasks.core.effects import recording
from tasks.salesforce.queries import run_queries, select

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)")


async def write_changes(changes: Sequence[Change], *also: Subrequest) -> list[dict[str, Any]]:
    """Write the changes in one call, all or none, and record them.

    Args:
        changes: of Salesforce records, at least one.
        also: further requests of the same call, after the changes.

    Returns:
        The responses to all requests, in their order.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    requests = [*patch_requests(policy.field_map, changes), *also]
    with recording(*changes):
        return await asyncio.to_thread(lambda: org.client().composite(requests))


async def write_many(changes: Sequence[Change]) -> None:
    """Write the changes of up to 800 records in one call, all or none, and record them.

    Args:
        changes: of Salesforce records, at least one.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    records = records_of(policy.field_map, changes)
    with recording(*changes):
        await asyncio.to_thread(lambda: org.client().change(records))


async def present_values(fields: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """The values that fields of Salesforce records have now, in one call.

    Args:
        fields: record (`Case 500…`) and label of the field.

    Returns:
        By record and field; without records that are gone. A moment is text as we write it, a checkbox True or False.
    """
    columns, by_object = _columns((await connection(Policy)).field_map), defaultdict[str, set[tuple[str, str]]](set)
    for record, field in fields:
        sobject, record_id = record.split()
        by_object[sobject].add((record_id, field))
    if not by_object:
        return {}
    statements = [_values_statement(sobject, by_object[sobject], columns[sobject]) for sobject in by_object]
    tables = await run_queries(statements)
    rows = {(sobject, row["Id"]): row for sobject, table in zip(by_object, tables, strict=True) for row in table}
    return {
        (f"{sobject} {record_id}", field): _as_written(rows[sobject, record_id][columns[sobject][field]])
        for sobject, asked in by_object.items()
        for record_id, field in asked
        if (sobject, record_id) in rows
    }


def _values_statement(sobject: str, asked: Iterable[tuple[str, str]], columns: Mapping[str, str]) -> str:
    ids, labels = (sorted(set(names)) for names in zip(*asked, strict=True))
    names = sorted({columns[label] for label in labels})
    return select(("Id", *names), sobject, format_soql("WHERE Id IN {}", ids))


def _as_written(value: Any) -> Any:
    """A moment in the spelling in which we write moments; any other value unchanged."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return value


def patch_requests(fields: FieldMap, changes: Sequence[Change]) -> list[Subrequest]:
    """One PATCH request for each record, in the order in which the records first appear.

    Args:
        fields: how this org calls its fields.
        changes: of Salesforce records; their `record` is object and id.
    """
    return [
        Subrequest(
            "PATCH",
            f"sobjects/{record.sobject}/{record.record_id}",
            f"{record.sobject.lower()}{number}",
            record.values,
        )
        for number, record in enumerate(records_of(fields, changes))
    ]


def records_of(fields: FieldMap, changes: Sequence[Change]) -> list[Fields]:
    """The fields to write of each record, in the order in which the records first appear.

    Args:
        fields: how this org calls its fields.
        changes: of Salesforce records; their `record` is object and id.
    """
    columns = _columns(fields)
    values: dict[tuple[str, str], dict[str, str | bool | None]] = {}
    for change in changes:
        sobject, record_id = change.record.split()
        # An empty value is sent as null: a look-up field takes no empty text.
        written = None if change.written == "" else change.written
        values.setdefault((sobject, record_id), {})[columns[sobject][change.field]] = written
    return [Fields(*record, values=written) for record, written in values.items()]


def checkboxes(onboarding: OnboardingFields) -> dict[str, str]:
    """By product: the API name of its checkbox on the Customer Onboarding record (CSM-6)."""
    return {
        LEARNING: onboarding.learning,
        COMPLIANCE: onboarding.compliance,
        CRED_SOFT: onboarding.credentialing_software,
        CRED_SERV: onboarding.credentialing_service,
    }


def _columns(fields: FieldMap) -> dict[str, Mapping[str, str]]:
    """By object and label: the API name of the field in this org."""
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
            **checkboxes(onboarding),
            welcome.SENT_ON: onboarding.email_sent_date,
            welcome.SEND: onboarding.send_email,
        },
        "Case": {OWNER: "OwnerId"},
        "Task": {OWNER: "OwnerId"},
    }
