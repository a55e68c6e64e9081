"""Compare Salesforce and the LMS with what a run wrote, before the run reports success (REC-3)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rules.assignment.plan import CSM, Assignment
from rules.common.accepted import Field, SkippedStep, is_accepted
from rules.common.records import INACTIVE, Change, Company
from rules.onboarding.welcome import SEND, Welcome
from rules.onboarding.write_back import LMS_COMPANY_ID, RECURLY_ACCOUNT_ID, RECURLY_BILLING_URL

Value = str | bool | None


class Differences(NamedTuple):
    """The differences between what a run wrote and what it read back, a sentence each.

    Attributes:
        wrong: to be written again.
        accepted: of fields that a skipped step was to change.
    """

    wrong: list[str]
    accepted: list[str]


def expected_codes(account_id: str, company_id: str, recurly_id: str, billing_url: str) -> dict[Field, Value]:
    """Return the expected codes of an onboarded account (ONB-11)."""
    record = f"Account {account_id}"
    values = {LMS_COMPANY_ID: company_id, RECURLY_ACCOUNT_ID: recurly_id, RECURLY_BILLING_URL: billing_url}
    return {(record, field): value for field, value in values.items()}


def expected_assignment(account_id: str, assignment: Assignment, welcome: Welcome | None) -> dict[Field, Value]:
    """Return the expected values of account, opportunity and onboarding record (CSM-3, CSM-4, CSM-6)."""
    entered = welcome.changes if welcome else ()
    ticked: dict[Field, Value] = {}
    if welcome and welcome.sends:
        ticked = {(f"Customer_Onboarding__c {welcome.record.id}", SEND): True}
    holder: dict[Field, Value] = {(f"Account {account_id}", CSM): assignment.csm.id}
    return {**expected_values((*assignment.changes, *entered)), **holder, **ticked}


def expected_values(changes: Iterable[Change]) -> dict[Field, Value]:
    """Return the expected values after changes of Salesforce records."""
    return {(change.record, change.field): change.written for change in changes}


def field_differences(
    expected: Mapping[Field, Value], present: Mapping[Field, Value], skipped: Sequence[SkippedStep] = ()
) -> Differences:
    """Return the fields that differ, and those of records that were deleted."""
    found = Differences([], [])
    for (record, field), value in expected.items():
        same_kind = found.accepted if is_accepted(record, field, skipped) else found.wrong
        if (record, field) not in present:
            same_kind.append(f"{record}: {field} is not there, since the record is gone.")
        elif (present[record, field] or "") != (value or ""):
            same_kind.append(f"{record}: {field} is {_shown(present[record, field])} instead of {_shown(value)}.")
    return found


def company_differences(
    company: Company, left: Iterable[Change], *, was_ending: bool = False, skipped: Sequence[SkippedStep] = ()
) -> Differences:
    """Return the differences of the LMS company.

    Args:
        company: read now.
        left: the changes that a new plan would still make.
        was_ending: its service had ended, or was planned to end, before the run; then it may be inactive.
        skipped: the steps that a person has skipped.
    """
    found = Differences([], [])
    for change in left:
        same_kind = found.accepted if is_accepted(change.record, change.field, skipped) else found.wrong
        same_kind.append(
            f"Company {company.id}: {change.field} is {_shown(change.before)} instead of {_shown(change.after)}."
        )
    if company.status == INACTIVE and not was_ending:
        found.wrong.append(f"Company {company.id} is inactive.")
    return found


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    return value or "empty"
