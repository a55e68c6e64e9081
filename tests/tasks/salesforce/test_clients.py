"""PUB-3: clients with contracts and open renewals as one call reads them."""

import copy
from datetime import date
from decimal import Decimal

import pytest

from blocks.common.errors import UnexpectedResponse
from blocks.common.field_map import AccountFields, ContractFields, FieldMap
from rules.common.records import Person
from rules.contracts.clients import Agreement, Renewal
from tasks.salesforce.clients import client_statements, clients_from
from tests.support.past_sales import PastSales


def read(org: PastSales, *accounts, fields=None):
    names = fields or FieldMap()
    return clients_from(org.client.queries(client_statements(names, accounts)), names)


# --- clients


def test_pub_3_a_client_comes_with_its_people_contracts_and_open_renewals(org):
    vera = org.user("Vera")
    pat = org.user("Pat", ManagerId=vera)
    ada = org.csm("Ada")
    systems = {"LMS_Company_Id__c": "48213", "Recurly_Account_Id__c": "r1", "OwnerId": pat, "MRR__c": 480.25}
    account = org.account(ada, None, Customer_Success_Manager_Leader__c=org.lead, **systems)
    terms = {"Products__c": "Learning; Compliance", "Service_Level__c": "basic", "User_Count__c": 40}
    number = org.contract(account, Publications__c="North\r\n\n  South \n", **terms)
    open_one = org.sale(account, "2026-07-01", Name="Harbor 2027", StageName="Negotiation/Review", Type="Renewal")
    (found,) = read(org, account)
    assert (found.id, found.name, found.lms_company_id, found.recurly_account_id) == (
        account,
        "Harbor Clinic",
        "48213",
        "r1",
    )
    assert (found.cs_status, found.mrr) == ("Active", Decimal("480.25"))
    people = [(one.id, one.name) for one in (found.owner, found.manager, found.csm, found.lead)]
    assert people == [(pat, "Pat Roe"), (vera, "Vera Roe"), (ada, "Ada Roe"), (org.lead, "Tara Roe")]
    assert found.owner == Person(pat, "Pat Roe", "pat@seller.example")
    (agreement,) = found.agreements
    assert agreement == Agreement(
        id=number,
        number=agreement.number,
        status="Activated",
        start=date(2025, 7, 1),
        end=date(2026, 6, 30),
        won=False,
        products=("Learning", "Compliance"),
        service_level="basic",
        users=Decimal(40),
        publications=("North", "South"),
    )
    assert agreement.number
    assert found.renewals == (Renewal(open_one, "Harbor 2027", "Negotiation/Review", date(2026, 7, 1)),)


def test_pub_3_what_nobody_typed_is_missing(org):
    bare = {"CS_Status__c": None, "MRR__c": None}
    account = org.account(None, None, **bare)
    org.contract(account, None, StartDate=None)
    (found,) = read(org, account)
    assert (found.lms_company_id, found.recurly_account_id, found.cs_status, found.mrr) == (None,) * 4
    assert (found.csm, found.lead, found.renewals) == (None, None, ())
    (agreement,) = found.agreements
    assert (agreement.start, agreement.end, agreement.users, agreement.service_level) == (None,) * 4
    assert (agreement.products, agreement.publications) == ((), ())


@pytest.mark.parametrize(
    ("stage", "won"), [("Closed Won", True), ("Closed Lost", False), ("Negotiation/Review", False)]
)
def test_pub_3_a_contract_is_won_by_an_opportunity_of_its_own_that_is(org, stage, won):
    account = org.account(None, None)
    mine, other = org.contract(account, Status="Draft"), org.contract(account, "2026-07-31", Status="Draft")
    org.sale(account, "2026-06-01", ContractId=mine, StageName=stage)
    (found,) = read(org, account)
    assert {one.id: one.won for one in found.agreements} == {mine: won, other: False}


def test_onb_6_a_contract_tells_its_amount_and_the_type_of_the_first_sale_that_it_was_won_with(org):
    account = org.account(None, None)
    mine = org.contract(account, Plan_Amount__c=480.5)
    other = org.contract(account, "2026-07-31")
    for day, kind in (("2026-06-02", "Renewal"), ("2026-05-02", "Expansion")):
        org.sale(account, day, ContractId=mine, Type=kind)
    org.sale(account, "2026-04-02", ContractId=mine, Type="New Business", StageName="Prospecting")
    (found,) = read(org, account)
    by_id = {one.id: (one.plan_amount, one.sold_as) for one in found.agreements}
    assert by_id == {mine: (Decimal("480.5"), "Expansion"), other: (None, None)}


def test_pub_3_another_accounts_sale_signs_nothing(org):
    account, foreign = org.account(None, None), org.account(None, None)
    mine = org.contract(account, Status="Draft")
    org.sale(foreign, "2026-06-01", ContractId=mine)
    (found,) = read(org, account)
    assert [(one.won, one.sold_as) for one in found.agreements] == [(False, None)]


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"Type": "New Business"}, False),
        ({"Type": "Expansion"}, False),
        ({"StageName": "Closed Won"}, False),
        ({"StageName": "Closed Lost"}, False),
    ],
)
def test_pub_5_only_open_opportunities_of_type_renewal_are_renewals(org, fields, counts):
    account = org.account(None, None)
    org.sale(account, "2026-07-01", **{"Type": "Renewal", "StageName": "Negotiation/Review"} | fields)
    (found,) = read(org, account)
    assert bool(found.renewals) is counts


def test_pub_3_several_clients_come_in_the_order_of_their_ids_each_with_its_own(org):
    accounts = [org.account(None, None, Name=name) for name in ("C", "A", "B")]
    contracts = {account: [org.contract(account, f"2026-0{month}-01") for month in (8, 7)] for account in accounts}
    found = read(org, *reversed(accounts), "001000000000999AAA")
    assert [one.id for one in found] == sorted(accounts)
    for one in found:
        assert {agreement.id for agreement in one.agreements} == set(contracts[one.id])


def test_pub_3_two_hundred_clients_are_one_call_and_a_deleted_account_is_none(org):
    accounts = [org.account(None, None, Name=f"N{number}") for number in range(200)]
    org.client.query("SELECT Id FROM Organization")
    since = org.sandbox.last()
    assert len(read(org, *accounts)) == 200
    assert len(org.sandbox.journal("salesforce", since)) == 1
    assert read(org, "001000000000999AAA") == []


def test_pub_3_fields_are_asked_by_the_names_that_the_org_has(org):
    names = FieldMap(
        account=AccountFields(lms_company_id="Website", cs_status="Type"),
        contract=ContractFields(publications="Description"),
    )
    account = org.account(None, None, Website="x.example", LMS_Company_Id__c="1", Type="Partner")
    org.contract(account, Description="East\nWest")
    (found,) = read(org, account, fields=names)
    assert (found.lms_company_id, found.cs_status) == ("x.example", "Partner")
    assert found.agreements[0].publications == ("East", "West")


# --- rows that Salesforce never promised

_PERSON = {"Id": "005000000000001AAA", "Name": "Ada", "Email": None}
_ROWS = [
    [
        {
            "Id": "001000000000001AAA",
            "Name": "Harbor",
            "LMS_Company_Id__c": None,
            "Recurly_Account_Id__c": None,
            "CS_Status__c": "Active",
            "MRR__c": 480,
            "Owner": {**_PERSON, "IsActive": True, "Manager": None},
            "Customer_Success_Manager__r": None,
            "Customer_Success_Manager_Leader__r": None,
        }
    ],
    [
        {
            "Id": "800000000000001AAA",
            "AccountId": "001000000000001AAA",
            "ContractNumber": "00000101",
            "Status": "Activated",
            "StartDate": "2025-07-01",
            "EndDate": "2026-06-30",
            "Products__c": None,
            "Service_Level__c": None,
            "User_Count__c": None,
            "Plan_Amount__c": None,
            "Publications__c": None,
            "Opportunities": [],
        }
    ],
    [
        {
            "Id": "006000000000001AAA",
            "AccountId": "001000000000001AAA",
            "Name": "Harbor 2027",
            "StageName": "Negotiation/Review",
            "CloseDate": "2026-07-01",
        }
    ],
]


def test_the_rows_as_promised_are_a_client():
    (found,) = clients_from(_ROWS, FieldMap())
    assert (len(found.agreements), len(found.renewals), found.manager) == (1, 1, None)


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind, rows in enumerate(_ROWS) for field in rows[0] if field != "Name" or kind],
)
def test_pub_3_a_field_that_is_missing_from_an_answer_is_not_taken_for_an_empty_one(kind, field):
    rows = copy.deepcopy(_ROWS)
    del rows[kind][0][field]
    with pytest.raises(UnexpectedResponse, match=field):
        clients_from(rows, FieldMap())


@pytest.mark.parametrize(
    ("kind", "field", "wrong"),
    [
        (1, "EndDate", "30.06.2026"),
        (1, "EndDate", 20260630),
        (1, "StartDate", {}),
        (1, "Opportunities", {"totalSize": 1}),
        (1, "AccountId", None),
        (0, "MRR__c", "480"),
        (0, "Owner", "Ada"),
        (2, "CloseDate", "soon"),
    ],
)
def test_pub_4_a_value_of_another_kind_is_a_broken_promise(kind, field, wrong):
    rows = copy.deepcopy(_ROWS)
    rows[kind][0][field] = wrong
    with pytest.raises(UnexpectedResponse, match=field):
        clients_from(rows, FieldMap())
