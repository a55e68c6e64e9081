"""CSM-1 to CSM-6: how things stand before an assignment, as one call reads it from Salesforce."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from blocks.common.field_map import AccountFields, FieldMap, OnboardingFields, OpportunityFields
from rules.assignment.snapshot import AssignedAccount, AssignedOpportunity, OnboardingRecord
from rules.common.records import Person
from tasks.salesforce.books import books_statement
from tasks.salesforce.snapshot import customer_statement, onboardings_statement, snapshot_from
from tasks.salesforce.team import calendar_statement, team_statement
from tests.support.past_sales import PastSales

AT = datetime(2026, 6, 15, 14, 30, tzinfo=UTC)
TODAY, SINCE = date(2026, 6, 15), date(2026, 3, 17)
ZONE = ZoneInfo("America/New_York")
DAY = "2026-06-10"


def read(org: PastSales, account: str, opportunity: str | None = None, fields: FieldMap | None = None):
    names = fields or FieldMap()
    statements = [
        customer_statement(names, account, opportunity, SINCE),
        team_statement(names),
        books_statement(names, account),
        calendar_statement(names, TODAY, TODAY),
        onboardings_statement(names, account),
    ]
    return snapshot_from(org.client.queries(statements), {}, AT, names, zone=ZONE, terms={})


def customer(org: PastSales, **fields) -> str:
    bare = {"MRR__c": None, "CS_Segmentation__c": None, "CS_Status__c": "Onboarding"}
    return org.account(None, None, **bare | fields)


def contract(org: PastSales, account: str, **fields) -> str:
    wanted = {"Plan_Amount__c": 1_250.5, "User_Count__c": 26, "Products__c": "Learning;Compliance"}
    return org.plant("Contract", AccountId=account, **wanted | fields)


def test_csm_3_csm_4_an_account_and_a_sale_that_name_nobody(org):
    account = customer(org)
    sale = org.sale(account, DAY, Name="Harbor 2026", ContractId=contract(org, account))
    found = read(org, account, sale)
    assert found.at == AT
    assert found.account == AssignedAccount(
        id=account,
        name="Harbor Clinic",
        mrr=None,
        plan_amount=Decimal("1250.5"),
        users=Decimal(26),
        segmentation=None,
        csm=None,
        lead=None,
        assigned_on=None,
        lms_company_id=None,
    )
    assert found.opportunity == AssignedOpportunity(sale, "Harbor 2026", ("Learning", "Compliance"), None, None, None)
    assert (found.csms, found.onboardings) == ((), ())


def test_csm_3_csm_4_an_account_and_a_sale_that_name_people(org):
    ada, ben = org.csm("Ada"), org.csm("Ben")
    named = {"Customer_Success_Manager_Leader__c": org.lead, "LMS_Company_Id__c": "48213", "MRR__c": -20.25}
    account = org.account(ada, "2026-06-02T14:00:00.000+0000", **named, CS_Segmentation__c="Enterprise")
    fields = ("Customer_Success_Manager_NEW__c", "Customer_Onboarding_Manager_NEW__c")
    roles = dict(zip(fields, (ada, ben), strict=True)) | {"Customer_Success_Manager_Leader_NEW__c": org.lead}
    sale = org.sale(account, DAY, **roles)
    found = read(org, account, sale)
    anna, benn, tara = (
        Person(one, f"{first} Roe", f"{first.lower()}@seller.example")
        for one, first in ((ada, "Ada"), (ben, "Ben"), (org.lead, "Tara"))
    )
    assert (found.account.csm, found.account.lead) == (anna, tara)
    assert (found.account.mrr, found.account.segmentation, found.account.lms_company_id) == (
        Decimal("-20.25"),
        "Enterprise",
        "48213",
    )
    assert found.account.assigned_on == datetime(2026, 6, 2, 14, tzinfo=UTC)
    assert found.opportunity is not None
    assert (found.opportunity.csm, found.opportunity.onboarding_manager, found.opportunity.lead) == (anna, benn, tara)
    assert [one.accounts for one in found.csms] == [0, 0], "the account itself is in nobody's book"


def test_without_a_sale_named_the_latest_of_the_last_90_days_counts(org):
    account, other = customer(org), customer(org)
    org.sale(account, f"{SINCE}")
    latest = org.sale(account, DAY)
    org.sale(account, "2026-06-14", StageName="Negotiation/Review")
    org.sale(other, "2026-06-14")
    found = read(org, account).opportunity
    assert found is not None
    assert found.id == latest


@pytest.mark.parametrize(("day", "counts"), [("2026-03-17", True), ("2026-03-16", False)])
def test_an_older_sale_does_not_count_unless_it_is_named(org, day, counts):
    account = customer(org)
    sale = org.sale(account, day)
    assert (read(org, account).opportunity is not None) is counts
    named = read(org, account, sale).opportunity
    assert named is not None
    assert named.id == sale


def test_a_sale_of_another_account_is_not_this_ones(org):
    account, other = customer(org), customer(org)
    assert read(org, account, org.sale(other, DAY)).opportunity is None


def test_csm_3_the_contract_that_counts_is_the_sales_or_else_the_accounts_latest(org):
    account = customer(org)
    contract(org, account, StartDate="2026-01-01", Plan_Amount__c=100, User_Count__c=1)
    contract(org, account, StartDate="2026-02-01", Plan_Amount__c=200, User_Count__c=2)
    contract(org, account, StartDate=None, Plan_Amount__c=300, User_Count__c=3)
    older = contract(org, account, StartDate="2025-01-01", Plan_Amount__c=400, User_Count__c=4)
    alone = read(org, account).account
    assert (alone.plan_amount, alone.users) == (200, 2)
    without_own = read(org, account, org.sale(account, DAY)).account
    assert (without_own.plan_amount, without_own.users) == (200, 2)
    with_own = read(org, account, org.sale(account, DAY, ContractId=older)).account
    assert (with_own.plan_amount, with_own.users) == (400, 4)


def test_csm_3_without_any_contract_neither_amount_nor_users_are_known(org):
    found = read(org, customer(org)).account
    assert (found.plan_amount, found.users) == (None, None)


def test_csm_6_the_products_are_the_contracts_or_the_services_sold(org):
    account = customer(org)
    sold = {"Services_Included__c": "Credentialing Software"}
    agreed = org.sale(account, DAY, ContractId=contract(org, account), **sold)
    unnamed = org.sale(account, DAY, ContractId=contract(org, account, Products__c=None), **sold)
    products = [read(org, account, sale).opportunity.products for sale in (agreed, unnamed)]
    assert products == [("Learning", "Compliance"), ("Credentialing Software",)]


def test_csm_6_the_onboarding_records_are_all_of_the_account_the_first_first(org):
    account, other = customer(org), customer(org)
    sale = org.sale(account, DAY)
    filled = {"Opportunity__c": sale, "Learning__c": True, "Credentialing_Service__c": True}
    sent = {"Send_Onboarding_Email__c": True, "Onboarding_Email_Sent_Date__c": DAY}
    first = org.plant("Customer_Onboarding__c", Account__c=account, Name="Harbor 2026", **filled, **sent)
    second = org.plant("Customer_Onboarding__c", Account__c=account, Name="CO-2")
    org.plant("Customer_Onboarding__c", Account__c=other, Name="CO-3")
    found = read(org, account).onboardings
    made = [one.created for one in found]
    assert found == (
        OnboardingRecord(
            id=first,
            name="Harbor 2026",
            opportunity_id=sale,
            products=("Learning", "Credentialing Service"),
            sent_on=date(2026, 6, 10),
            send=True,
            created=made[0],
        ),
        OnboardingRecord(second, "CO-2", None, (), None, send=False, created=made[1]),
    )
    assert made == sorted(made)
    assert made[0].tzinfo is not None


def test_an_account_that_is_not_there_is_an_empty_answer(org):
    statement = customer_statement(FieldMap(), "001000000000001AAA", None, SINCE)
    assert org.client.queries([statement]) == [[]]


def test_the_fields_are_those_of_the_field_map():
    names = FieldMap(
        account=AccountFields(csm="Keeper__c", segmentation="Size__c"),
        opportunity=OpportunityFields(contract="Deal__c", csm="Keeper_New__c"),
        onboarding=OnboardingFields(account="Customer__c", send_email="Welcome__c"),
    )
    asked = customer_statement(names, "001000000000001AAA", None, SINCE)
    for name in ("Keeper__r.Id", "Keeper__r.Email", "Size__c", "Deal__r.Products__c", "Keeper_New__r.Name"):
        assert name in asked
    asked = onboardings_statement(names, "001000000000001AAA")
    assert "Welcome__c" in asked
    assert "WHERE Customer__c = '001000000000001AAA'" in asked


def test_no_value_can_end_its_quotes():
    nasty = "x' OR Name != '"
    asked = customer_statement(FieldMap(), nasty, nasty, SINCE) + onboardings_statement(FieldMap(), nasty)
    assert asked.count(r"x\' OR Name != \'") == 3
