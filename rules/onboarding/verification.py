"""Whether what a run set out to write stands in Salesforce and the LMS, read back before it says so (REC-3)."""

from collections.abc import Iterable, Mapping

from rules.assignment.plan import CSM, Assignment
from rules.common.records import INACTIVE, Change, Company
from rules.onboarding.welcome import SEND, Welcome
from rules.onboarding.write_back import LMS_COMPANY_ID, RECURLY_ACCOUNT_ID, RECURLY_BILLING_URL

Value = str | bool | None
Field = tuple[str, str]
"""`Account 001…`, and what people call the field."""


def expected_codes(account_id: str, company_id: str, recurly_id: str, billing_url: str) -> dict[Field, Value]:
    """What the account of an onboarded customer holds (ONB-11)."""
    record = f"Account {account_id}"
    values = {LMS_COMPANY_ID: company_id, RECURLY_ACCOUNT_ID: recurly_id, RECURLY_BILLING_URL: billing_url}
    return {(record, field): value for field, value in values.items()}


def expected_assignment(account_id: str, assignment: Assignment, welcome: Welcome | None) -> dict[Field, Value]:
    """What account, opportunity and onboarding record hold after an assignment (CSM-3, CSM-4, CSM-6)."""
    entered = welcome.changes if welcome else ()
    ticked: dict[Field, Value] = {}
    if welcome and welcome.sends:
        ticked = {(f"Customer_Onboarding__c {welcome.record.id}", SEND): True}
    holder: dict[Field, Value] = {(f"Account {account_id}", CSM): assignment.csm.id}
    return {**expected_values((*assignment.changes, *entered)), **holder, **ticked}


def expected_values(changes: Iterable[Change]) -> dict[Field, Value]:
    """What stands where after changes of Salesforce records."""
    return {(change.record, change.field): change.written for change in changes}


def field_differences(expected: Mapping[Field, Value], present: Mapping[Field, Value]) -> list[str]:
    """What stands otherwise than it was written, a sentence each; a record that is gone is named."""
    found: list[str] = []
    for (record, field), value in expected.items():
        if (record, field) not in present:
            found.append(f"{record}: {field} is not there, since the record is gone.")
        elif (present[record, field] or "") != (value or ""):
            found.append(f"{record}: {field} is {_shown(present[record, field])} instead of {_shown(value)}.")
    return found


def company_differences(company: Company, left: Iterable[Change], *, was_ending: bool = False) -> list[str]:
    """What the LMS company has otherwise than it should, a sentence each.

    Args:
        company: as it is now.
        left: what a plan made from it would still change.
        was_ending: its service had ended, or was set to, before the run: its contracts say when it is on again.
    """
    found = [
        f"Company {company.id}: {change.field} is {_shown(change.before)} instead of {_shown(change.after)}."
        for change in left
    ]
    return [*found, f"Company {company.id} is inactive."] if company.status == INACTIVE and not was_ending else found


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    return value or "empty"
