"""Salesforce's rows become the standing of an account, or a broken promise is told."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.common.errors import UnexpectedResponse
from blocks.common.field_map import FieldMap
from tasks.salesforce.snapshot import onboardings_from, snapshot_from

AT = datetime(2026, 6, 15, 14, 30, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")

_RECORD = {
    "Id": "a01000000000001AAA",
    "Name": "CO-1",
    "CreatedDate": "2026-06-15T14:00:00.000+0000",
    "Opportunity__c": "006000000000001AAA",
    "Learning__c": True,
    "Compliance__c": False,
    "Credentialing_Software__c": False,
    "Credentialing_Service__c": False,
    "Onboarding_Email_Sent_Date__c": None,
    "Send_Onboarding_Email__c": False,
}
_USER = {"Id": "005000000000001AAA", "Name": "Ada Roe", "Email": None}
_CONTRACT = {"Id": "800000000000001AAA", "Plan_Amount__c": 480, "User_Count__c": 40, "Products__c": None}
_SALE = {
    "Id": "006000000000001AAA",
    "Name": "Harbor 2026",
    "Services_Included__c": "Learning",
    "Customer_Success_Manager_NEW__r": _USER,
    "Customer_Onboarding_Manager_NEW__r": _USER,
    "Customer_Success_Manager_Leader_NEW__r": _USER,
    "Contract": _CONTRACT,
}
_CUSTOMER = {
    "Id": "001000000000001AAA",
    "Name": "Harbor Clinic",
    "MRR__c": Decimal("12.5"),
    "CS_Segmentation__c": "SMB",
    "CSM_Assigned_On__c": "2026-06-15T14:00:00.000+0000",
    "LMS_Company_Id__c": None,
    "Customer_Success_Manager__r": _USER,
    "Customer_Success_Manager_Leader__r": _USER,
    "Opportunities": [_SALE],
    "Contracts": [],
}
_MEMBER = _USER | {"IsActive": True, "CS_Segments__c": "SMB", "Manager": _USER | {"IsActive": True}}
_BOOK = {"csm": "005000000000001AAA", "segment": "SMB", "accounts": 3, "priced": 3, "mrr": 1_500, "assigned": None}
ROWS = [[_CUSTOMER], [_MEMBER], [_BOOK], [], [_RECORD]]


def places(value, path=()):
    """Every field of the rows that is read, by its path."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if isinstance(key, str) and key != "Contracts" and (*path, key)[-2:] != ("Contract", "Id"):
            yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


PLACES = list(places(ROWS))
TEXTS = {"Email", "Name", "CS_Segmentation__c", "LMS_Company_Id__c", "Products__c", "Services_Included__c"}
TEXTS |= {"segment", "Id", "Opportunity__c", "csm", "CS_Segments__c"}


def altered(place, change):
    rows = copy.deepcopy(ROWS)
    parent = rows
    for key in place[:-1]:
        parent = parent[key]
    change(parent, place[-1])
    return rows


def parsed(rows):
    return snapshot_from(rows, {}, AT, FieldMap(), zone=ZONE, terms={})


def test_the_rows_that_the_next_tests_spoil_are_good():
    found = parsed(ROWS)
    assert (found.account.users, found.csms[0].accounts, found.onboardings[0].products) == (40, 3, ("Learning",))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_a_field_that_an_answer_lacks_is_a_broken_promise_and_named(place):
    with pytest.raises(UnexpectedResponse, match=str(place[-1])):
        parsed(altered(place, lambda parent, key: parent.pop(key)))


WRONG = st.dictionaries(st.just("x"), st.none(), min_size=1) | st.lists(st.none(), min_size=1, max_size=1)


@given(st.sampled_from(PLACES), WRONG | st.just("tomorrow") | st.just(0.5))
def test_a_field_of_another_type_is_a_broken_promise(place, value):
    numbers = {"MRR__c", "Plan_Amount__c", "User_Count__c", "accounts", "priced", "mrr"}
    if (place[-1] in TEXTS and isinstance(value, str)) or (place[-1] in numbers and value == 0.5):
        return
    with pytest.raises(UnexpectedResponse):
        parsed(altered(place, lambda parent, key: parent.__setitem__(key, value)))


@pytest.mark.parametrize("field", ["Id", "CreatedDate", "Learning__c", "Send_Onboarding_Email__c"])
def test_what_every_onboarding_record_has_is_never_nothing(field):
    with pytest.raises(UnexpectedResponse, match=field):
        onboardings_from([_RECORD | {field: None}], FieldMap())
