"""From changes to the calls that make them: one PATCH for each Salesforce record (D-12)."""

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

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)")


async def write_changes(changes: Sequence[Change], *also: Subrequest) -> list[dict[str, Any]]:
    """Make the changes in one call, all or none, and record them; the answers to all its parts.

    Args:
        changes: of Salesforce records, at least one.
        also: what else is asked in the same call, after the changes.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    requests = [*patches(policy.field_map, changes), *also]
    with recording(*changes):
        return await asyncio.to_thread(lambda: org.client().composite(requests))


async def write_many(changes: Sequence[Change]) -> None:
    """Make the changes of up to 800 records in one call, all or none, and record them.

    Args:
        changes: of Salesforce records, at least one.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    records = records_of(policy.field_map, changes)
    with recording(*changes):
        await asyncio.to_thread(lambda: org.client().change(records))


async def present_values(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """What stands in fields of Salesforce records now, in one call; a moment as we write it, a box as True or False.

    Args:
        wanted: `Case 500…` and what people call the field.

    Returns:
        By record and field; a record that is gone is missing.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    columns, by_object = _columns(policy.field_map), defaultdict[str, set[tuple[str, str]]](set)
    for record, field in wanted:
        sobject, record_id = record.split()
        by_object[sobject].add((record_id, field))
    asked = sorted(by_object)
    if not asked:
        return {}
    statements = [
        f"SELECT Id, {', '.join(sorted({columns[one][field] for _, field in by_object[one]}))} FROM {one} "  # noqa: S608 - names are checked by the field map
        f"WHERE {format_soql('Id IN {}', sorted({record_id for record_id, _ in by_object[one]}))}"
        for one in asked
    ]
    answers = await asyncio.to_thread(lambda: org.client().queries(statements))
    rows = {(one, row["Id"]): row for one, found in zip(asked, answers, strict=True) for row in found}
    return {
        (f"{one} {record_id}", field): _as_written(rows[one, record_id][columns[one][field]])
        for one in asked
        for record_id, field in by_object[one]
        if (one, record_id) in rows
    }


def _as_written(value: Any) -> Any:
    """A moment of Salesforce's answers as we write moments; anything else as it is."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return value


def patches(fields: FieldMap, changes: Sequence[Change]) -> list[Subrequest]:
    """The calls, one a record, in the order in which the records first appear.

    Args:
        fields: how this org calls its fields.
        changes: of Salesforce records; their `record` is object and id.
    """
    return [
        Subrequest("PATCH", f"sobjects/{one.sobject}/{one.record_id}", f"{one.sobject.lower()}{number}", one.values)
        for number, one in enumerate(records_of(fields, changes))
    ]


def records_of(fields: FieldMap, changes: Sequence[Change]) -> list[Fields]:
    """What is written to each record, in the order in which the records first appear.

    Args:
        fields: how this org calls its fields.
        changes: of Salesforce records; their `record` is object and id.
    """
    columns = _columns(fields)
    values: dict[tuple[str, str], dict[str, str | bool | None]] = {}
    for change in changes:
        sobject, record_id = change.record.split()
        # What is empty afterwards is sent as no value at all: a look-up takes no empty text.
        written = None if change.written == "" else change.written
        values.setdefault((sobject, record_id), {})[columns[sobject][change.field]] = written
    return [Fields(*record, values=written) for record, written in values.items()]


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
        "Case": {OWNER: "OwnerId"},
        "Task": {OWNER: "OwnerId"},
    }
