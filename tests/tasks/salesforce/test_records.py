"""Salesforce's JSON becomes our records, or a broken promise is told."""

import copy
from datetime import date
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from blocks.common.errors import UnexpectedResponse
from blocks.policy.block import FieldMap
from rules.common.records import Account, Contact, Contract, Opportunity, Person, Sale
from tasks.salesforce.records import sale_from

ROW = {
    "Id": "006000000000001AAA",
    "Name": "Willow 2027",
    "StageName": "Closed Won",
    "IsWon": True,
    "Type": "New Business",
    "AccountId": "001000000000001AAA",
    "ContractId": "800000000000001AAA",
    "Services_Included__c": "Learning; Compliance",
    "Service_Level__c": "basic",
    "Future_Billing_Date__c": "2027-06-01",
    "Owner": {
        "Id": "005000000000001AAA",
        "Name": "Rosa",
        "Email": None,
        "IsActive": False,
        "Manager": {"Id": "005000000000002AAQ", "Name": "Max", "Email": "max@x.org", "IsActive": True},
    },
    "Account": {
        "Id": "001000000000001AAA",
        "Name": "Willow",
        "LMS_Company_Id__c": None,
        "Recurly_Account_Id__c": "",
        "Recurly_Billing_URL__c": None,
    },
    "Contract": {
        "Id": "800000000000001AAA",
        "AccountId": "001000000000001AAA",
        "Account": {"Name": "Willow"},
        "Billing_Start_Date__c": "2027-03-01",
        "User_Count__c": Decimal("40.0"),
        "Plan_Amount__c": 480,
        "Service_Level__c": "standard",
        "Products__c": "Learning;;Compliance ",
        "Publications__c": "North\r\n \n South \n",
    },
    "OpportunityContactRoles": [
        {
            "Contact": {
                "Id": "003000000000001AAA",
                "AccountId": "001000000000001AAA",
                "Account": {"Name": "Willow"},
                "FirstName": "Jane",
                "LastName": "Roe",
                "Email": "jane@x.org",
                "Phone": None,
            }
        }
    ],
}
NESTED = [
    ("Contract", "Account"),
    ("OpportunityContactRoles", 0, "Contact", "Account"),
    ("Account",),
    ("Contract",),
    ("Owner",),
    ("Owner", "Manager"),
    ("OpportunityContactRoles", 0, "Contact"),
]
PLACES = [(name,) for name in ROW if name not in ("AccountId", "ContractId")] + [
    (*path, name) for path in NESTED for name in reduce(lambda row, key: row[key], path, ROW)
]
WRONG = st.one_of(
    st.booleans(),
    st.lists(st.none(), max_size=1),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=1),
    st.floats(allow_nan=True),
)


def altered(place, change):
    """The row with one place changed by `change(parent, key)`."""
    row = copy.deepcopy(ROW)
    parent = row
    for key in place[:-1]:
        parent = parent[key]
    change(parent, place[-1])
    return row


def test_onb_3_a_row_of_the_sales_query_becomes_the_four_records():
    assert sale_from(ROW, FieldMap()) == Sale(
        opportunity=Opportunity(
            id="006000000000001AAA",
            name="Willow 2027",
            stage="Closed Won",
            is_won=True,
            type="New Business",
            services=("Learning", "Compliance"),
            service_level="basic",
            future_billing=date(2027, 6, 1),
            owner=Person("005000000000001AAA", "Rosa", None, is_active=False),
            manager=Person("005000000000002AAQ", "Max", "max@x.org"),
        ),
        account=Account("001000000000001AAA", "Willow", None, "", None),
        contract=Contract(
            id="800000000000001AAA",
            billing_start=date(2027, 3, 1),
            user_count=Decimal(40),
            plan_amount=Decimal(480),
            service_level="standard",
            products=("Learning", "Compliance"),
            publications=("North", "South"),
            account_id="001000000000001AAA",
            account_name="Willow",
        ),
        primary_contacts=(
            Contact("003000000000001AAA", "Jane", "Roe", "jane@x.org", None, "001000000000001AAA", "Willow"),
        ),
    )


def test_onb_3_records_that_are_not_there_are_none():
    row = ROW | {"Account": None, "Contract": None, "Owner": None, "OpportunityContactRoles": []}
    sale = sale_from(row, FieldMap())
    assert (sale.account, sale.contract, sale.opportunity.owner, sale.primary_contacts) == (None, None, None, ())


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_a_field_that_the_answer_lacks_is_a_broken_promise_and_named(place):
    with pytest.raises(UnexpectedResponse, match=str(place[-1])):
        sale_from(altered(place, lambda parent, key: parent.pop(key)), FieldMap())


NUMBERS = {"User_Count__c", "Plan_Amount__c"}
SWITCHES = {"IsWon", "IsActive"}


@example(("OpportunityContactRoles",), [None])
@given(st.sampled_from([place for place in PLACES if place[-1] not in NUMBERS]), WRONG)
def test_a_field_of_another_type_is_a_broken_promise(place, value):
    assume(not (place[-1] in SWITCHES and isinstance(value, bool)))
    row = altered(place, lambda parent, key: parent.__setitem__(key, value))
    if place[-1] == "OpportunityContactRoles" and value == []:
        assert sale_from(row, FieldMap()).primary_contacts == ()
        return
    # An object without its fields lacks the first of them.
    an_object = place[-1] in {"Account", "Contract", "Owner", "Manager", "Contact"} and isinstance(value, dict)
    inner = place in {("Contract", "Account"), ("OpportunityContactRoles", 0, "Contact", "Account")}
    first = "Manager" if place == ("Owner",) else "Name" if inner else "Id"
    with pytest.raises(UnexpectedResponse, match=first if an_object else place[-1]):
        sale_from(row, FieldMap())


@given(st.sampled_from(sorted(NUMBERS)), st.one_of(st.booleans(), st.text(), st.lists(st.none())))
def test_a_number_is_a_number_not_a_text_or_a_switch(field, value):
    row = altered(("Contract", field), lambda parent, key: parent.__setitem__(key, value))
    with pytest.raises(UnexpectedResponse, match=field):
        sale_from(row, FieldMap())


@given(st.integers(-(10**15), 10**15), st.integers(0, 99))
def test_money_keeps_every_cent(whole, cents):
    amount = Decimal(f"{whole}.{cents:02d}")
    row = altered(("Contract", "Plan_Amount__c"), lambda parent, key: parent.__setitem__(key, amount))
    contract = sale_from(row, FieldMap()).contract
    assert contract is not None
    assert contract.plan_amount == amount


@pytest.mark.parametrize("day", ["2027-02-30", "01.03.2027", "tomorrow"])
def test_a_date_that_is_none_is_a_broken_promise(day):
    row = altered(("Contract", "Billing_Start_Date__c"), lambda parent, key: parent.__setitem__(key, day))
    with pytest.raises(UnexpectedResponse, match="Billing_Start_Date__c"):
        sale_from(row, FieldMap())
