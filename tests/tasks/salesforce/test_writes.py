"""CSM-3, CSM-4, CSM-6, ONB-11: the calls that make the changes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.common.field_map import AccountFields, FieldMap, OnboardingFields
from rules.common.records import Change
from rules.onboarding.welcome import welcome
from tasks.salesforce.writes import boxes, patches
from tests.rules.builders.csms import csm
from tests.rules.builders.sales import ACCOUNT_ID, OPPORTUNITY_ID
from tests.rules.builders.snapshots import OPPORTUNITY, plan, record, standing

ANA = csm()


def bodies(changes, fields=None):
    return {one.path: one.body for one in patches(fields or FieldMap(), changes)}


def test_csm_3_csm_4_account_and_sale_are_one_call_each_that_names_users_by_their_ids():
    made = patches(FieldMap(), plan(standing(ANA)).changes)
    assert [(one.method, one.path) for one in made] == [
        ("PATCH", f"sobjects/Account/{ACCOUNT_ID}"),
        ("PATCH", f"sobjects/Opportunity/{OPPORTUNITY_ID}"),
    ]
    account, opportunity = (one.body for one in made)
    lead = ANA.lead.id
    assert account == {
        "Customer_Success_Manager__c": ANA.person.id,
        "Customer_Success_Manager_Leader__c": lead,
        "CS_Segmentation__c": "Mid-Market",
        "CSM_Assigned_On__c": "2026-06-15T14:30:12Z",
    }
    assert opportunity == {
        "Customer_Success_Manager_NEW__c": ANA.person.id,
        "Customer_Onboarding_Manager_NEW__c": ANA.person.id,
        "Customer_Success_Manager_Leader_NEW__c": lead,
    }


def test_csm_6_the_onboarding_record_is_one_call_in_which_boxes_are_boxes():
    changes = welcome(OPPORTUNITY, [record(1)], date(2026, 6, 15)).changes
    assert bodies(changes) == {
        "sobjects/Customer_Onboarding__c/a01000000000001AAA": {
            "Name": "Harbor Clinic - Learning",
            "Learning__c": True,
            "Onboarding_Email_Sent_Date__c": "2026-06-15",
            "Send_Onboarding_Email__c": True,
        }
    }
    (body,) = bodies(changes).values()
    assert body["Learning__c"] is body["Send_Onboarding_Email__c"] is True


def test_the_field_map_of_another_org_is_kept_to():
    names = FieldMap(
        account=AccountFields(csm="Keeper__c"),
        onboarding=OnboardingFields(learning="Owns_Learning__c", send_email="Welcome__c"),
    )
    account, _ = bodies(plan(standing(ANA)).changes, names).values()
    assert account["Keeper__c"] == ANA.person.id
    assert "Customer_Success_Manager__c" not in account
    (onboarding,) = bodies(welcome(OPPORTUNITY, [record(1)], date(2026, 6, 15)).changes, names).values()
    assert {"Owns_Learning__c", "Welcome__c"} <= set(onboarding)
    assert boxes(names.onboarding)["Learning"] == "Owns_Learning__c"


@pytest.mark.parametrize(
    ("record_name", "field"),
    [
        (f"Account {ACCOUNT_ID}", "Shoe Size"),
        (f"Account {ACCOUNT_ID}", "Customer Success Manager (NEW)"),
        ("Contact 003000000000001AAA", "Email"),
    ],
    ids=["no field of ours", "another object's field", "no object of ours"],
)
def test_a_field_that_we_do_not_write_fails_before_anything_is_written(record_name, field):
    right = plan(standing(ANA)).changes
    with pytest.raises(KeyError):
        patches(FieldMap(), [*right, Change("Salesforce", record_name, field, "", "x", "CSM-3")])


def test_no_changes_are_no_calls():
    assert patches(FieldMap(), []) == []


_FIELDS = {
    "Account": ["Customer Success Manager", "CS Segmentation", "LMS Company Id"],
    "Opportunity": ["Service Level", "Customer Success Manager (NEW)"],
    "Customer_Onboarding__c": ["Learning", "Send Onboarding Email"],
}
changed = st.sampled_from(sorted(_FIELDS)).flatmap(
    lambda kind: st.builds(
        Change,
        system=st.just("Salesforce"),
        record=st.sampled_from([f"{kind} {number:018}" for number in range(3)]),
        field=st.sampled_from(_FIELDS[kind]),
        before=st.just(""),
        after=st.text(),
        rule=st.just("CSM-3"),
        value=st.just("") | st.booleans() | st.text(),
    )
)


@given(st.lists(changed, max_size=12, unique_by=lambda one: (one.record, one.field)))
def test_every_change_is_written_once_with_a_call_a_record_and_names_of_their_own(changes):
    made = patches(FieldMap(), changes)
    assert len({one.path for one in made}) == len({one.reference_id for one in made}) == len(made)
    assert [one.path for one in made] == list(
        dict.fromkeys("sobjects/" + change.record.replace(" ", "/") for change in changes)
    )
    written = [value for one in made for value in one.body.values()]
    wanted = [change.after if change.value == "" else change.value for change in changes]
    expected = [None if value == "" else value for value in wanted]
    assert sorted(map(repr, written)) == sorted(map(repr, expected))
