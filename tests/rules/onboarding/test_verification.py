"""What is read back is compared with what was written, before a run says so (REC-3)."""

from dataclasses import replace

import pytest

from rules.assignment.plan import CSM
from rules.common.accepted import SkippedStep, fields_of
from rules.common.records import Change
from rules.onboarding.verification import (
    Differences,
    company_differences,
    expected_assignment,
    expected_codes,
    expected_values,
    field_differences,
)
from rules.onboarding.welcome import SEND, Welcome
from tests.rules.builders.csms import csm
from tests.rules.builders.sales import ACCOUNT_ID, company_of
from tests.rules.builders.snapshots import plan, record, standing

ACCOUNT = f"Account {ACCOUNT_ID}"
ASSIGNMENT = plan(standing(csm("Ada")))
CODES = expected_codes(ACCOUNT_ID, "48213", "rec-1", "https://r.example/1")
NONE = Differences([], [])


def wrong(expected, present):
    """What the run must write again; nobody has skipped anything."""
    found = field_differences(expected, present)
    assert found.accepted == []
    return found.wrong


def test_rec_3_what_stands_as_it_was_written_is_no_difference():
    assert field_differences(CODES, dict(CODES)) == NONE


@pytest.mark.parametrize("value", [None, "", "48214"])
def test_rec_3_each_field_that_stands_otherwise_is_a_sentence(value):
    present = CODES | {(ACCOUNT, "LMS Company Id"): value}
    assert wrong(CODES, present) == [f"{ACCOUNT}: LMS Company Id is {value or 'empty'} instead of 48213."]


def test_rec_3_a_record_that_is_gone_is_named():
    (first, *_) = wrong(CODES, {})
    assert first == f"{ACCOUNT}: LMS Company Id is not there, since the record is gone."


def test_rec_3_a_field_that_is_to_be_empty_may_be_none_or_an_empty_text():
    expected = expected_values([Change("Salesforce", ACCOUNT, "CS Status", "Active", "", "PUB-4")])
    assert field_differences(expected, {(ACCOUNT, "CS Status"): None}) == NONE


def test_rec_3_a_box_that_is_not_ticked_is_told_so():
    entry = record(1)
    expected = expected_assignment(ACCOUNT_ID, ASSIGNMENT, Welcome(entry, (), sends=True, withheld=False, message=""))
    where = f"Customer_Onboarding__c {entry.id}"
    present = dict(expected) | {(where, SEND): False}
    assert wrong(expected, present) == [f"{where}: {SEND} is not ticked instead of ticked."]


def test_rec_3_the_csm_is_read_back_even_where_nothing_was_to_be_written():
    expected = expected_assignment(ACCOUNT_ID, replace(ASSIGNMENT, changes=()), None)
    (difference,) = wrong(expected, {(ACCOUNT, CSM): None})
    assert difference == f"{ACCOUNT}: {CSM} is empty instead of {ASSIGNMENT.csm.id}."


def test_rec_3_a_company_that_would_still_be_changed_or_is_off_is_told_so():
    left = [Change("LMS", "Company 48213", "User Count", "10", "26", "ONB-6")]
    assert company_differences(company_of(), []) == NONE
    assert company_differences(company_of(), left).wrong == ["Company 48213: User Count is 10 instead of 26."]
    assert company_differences(company_of(status="inactive"), []).wrong == ["Company 48213 is inactive."]
    assert company_differences(company_of(status="inactive"), [], was_ending=True) == NONE


def test_rec_3_what_a_skipped_step_was_to_change_is_accepted_and_named():
    change = Change("LMS", "Company (new)", "User Count", "10", "26", "ONB-6")
    skipped = [SkippedStep("Update the company", "skipped by Dana: by hand", fields_of([change]))]
    left = [replace(change, record="Company 48213"), Change("LMS", "Company 48213", "Modules", "", "Forms", "ONB-13")]
    assert company_differences(company_of(), left, skipped=skipped) == Differences(
        ["Company 48213: Modules is empty instead of Forms."], ["Company 48213: User Count is 10 instead of 26."]
    )
    write = Change("Salesforce", ACCOUNT, "LMS Company Id", "", "48213", "ONB-11")
    found = field_differences(CODES, {}, [SkippedStep("Write", "skipped by Dana: by hand", fields_of([write]))])
    assert found.accepted == [f"{ACCOUNT}: LMS Company Id is not there, since the record is gone."]
    assert len(found.wrong) == len(CODES) - 1
