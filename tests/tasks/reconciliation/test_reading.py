"""REC-2: clients joined from every system, page by page."""

from dataclasses import replace
from datetime import date

import pytest

from blocks.common.errors import VendorRefused, VendorUnavailable
from blocks.salesforce.composite import Subrequest
from rules.assignment.snapshot import OnboardingRecord
from rules.common.records import LmsUser, Person, RecurlyAccount
from rules.onboarding.no_welcome import placeholder_address
from rules.reconciliation.client_state import LMS, OUTREACH, RECURLY, LatestSale, OpenSequence
from tasks.reconciliation.accounts import PAGE
from tasks.reconciliation.reading import Sources, sources_from
from tasks.reconciliation.recurly_index import RecurlyIndex
from tests.tasks.reconciliation.conftest import EVERYWHERE


def ids(page):
    return [state.client.id for state in page.states]


def many(org, count, **fields):
    rows = [
        {"type": "Account", "Name": f"Clinic {number}", "CS_Status__c": "Active", **fields} for number in range(count)
    ]
    return org.sandbox.seed(salesforce={"records": rows})["salesforce"]["ids"]


def calls(org, system):
    paths = [one["path"] for one in org.sandbox.journal(system)]
    return len([path for path in paths if not path.endswith("/services/oauth2/token")])


async def every_page(systems, sources):
    pages, after, more = [], "", True
    while more:
        pages.append(await systems.after(after, sources))
        after, more = pages[-1].last, pages[-1].more
    return pages


# --- joins


async def test_rec_2_a_client_is_joined_from_every_system(org, systems):
    ada, ben = org.csm("Ada"), org.csm("Ben", IsActive=False)
    systems_of = {"LMS_Company_Id__c": "48213", "Recurly_Account_Id__c": "r9", "Recurly_Billing_URL__c": "https://x"}
    account = org.account(ada, None, Customer_Success_Manager_Leader__c=org.lead, **systems_of)
    org.contract(account, Products__c="Learning", User_Count__c=40)
    org.sale(account, "2025-01-01", Name="First")
    team = {"Customer_Success_Manager_NEW__c": ben, "Customer_Onboarding_Manager_NEW__c": ada}
    sale = org.sale(account, "2026-01-01", Name="Second", **team)
    org.sale(account, "2026-03-01", Name="Lost", StageName="Closed Lost")
    renewal = org.sale(account, "2026-07-01", StageName="Negotiation/Review", Type="Renewal")
    record = org.plant(
        "Customer_Onboarding__c", Name="Harbor", Account__c=account, Opportunity__c=sale, Learning__c=True,
        Onboarding_Email_Sent_Date__c="2026-01-05", Send_Onboarding_Email__c=True,
    )  # fmt: skip
    company = {"accountId": account, "name": "Harbor", "userCount": 40, "planAmount": "9.50", "modules": ["learning"]}
    (company_id,) = org.sandbox.seed(lms={"companies": [company]})["lms"]["companies"]
    publication = {"organizationName": "Harbor", "publicationName": "North", "companyId": company_id}
    org.sandbox.seed(lms={"publications": [publication]})
    rows = [
        {"id": number, "code": code, "company": "H", "state": "active"}
        for code, number in ((account, "r1"), ("z", "r9"))
    ]
    sequence = OpenSequence(1, "Automated", "ada@seller.example")
    page = await systems.after("", Sources(RecurlyIndex(rows), {account: (sequence,), "001": ()}))

    (state,) = page.states
    assert (page.last, page.more, page.unavailable, state.systems) == (account, False, {}, EVERYWHERE)
    assert (state.client.name, state.client.lms_company_id, state.billing_url) == (
        "Harbor Clinic",
        "48213",
        "https://x",
    )
    assert [agreement.products for agreement in state.client.agreements] == [("Learning",)]
    assert [one.id for one in state.client.renewals] == [renewal]
    person = Person(ada, "Ada Roe", "ada@seller.example")
    lead = Person(org.lead, "Tara Roe", "tara@seller.example")
    assert (state.client.csm, state.client.lead, state.csm_lead) == (person, lead, lead)
    gone = Person(ben, "Ben Roe", "ben@seller.example", is_active=False)
    assert state.sale == LatestSale(sale, "Second", date(2026, 1, 1), gone, person, None)
    (onboarding,) = state.onboardings
    assert onboarding == OnboardingRecord(
        record, "Harbor", sale, ("Learning",), date(2026, 1, 5), send=True, created=onboarding.created
    )
    assert (state.company.id, state.company.user_count, state.company.modules) == (company_id, 40, ("learning",))
    assert [(one.organization, one.name) for one in state.publications] == [("Harbor", "North")]
    assert state.recurly == (RecurlyAccount("r1", account, "H"), RecurlyAccount("r9", "z", "H"))
    assert (state.sequences, state.placeholder) == ((sequence,), None)


async def test_rec_2_what_nobody_typed_is_missing(org, systems, nothing):
    account = org.plant("Account", Name="Bare", CS_Status__c="Onboarding")
    (state,) = (await systems.after("", nothing)).states
    assert (state.client.id, state.client.csm, state.client.lead, state.csm_lead) == (account, None, None, None)
    assert (state.sale, state.onboardings, state.companies, state.recurly) == (None, (), (), ())


async def test_rec_2_people_who_may_not_log_in_are_told(org, systems, nothing):
    left = org.user("Tom", IsActive=False)
    org.account(org.csm("Ada", IsActive=False, ManagerId=left), None, Customer_Success_Manager_Leader__c=left)
    (state,) = (await systems.after("", nothing)).states
    assert (state.client.csm.is_active, state.client.lead.is_active, state.csm_lead) == (False, False, None)


async def test_rec_2_of_sales_on_one_day_the_last_one_entered_is_the_latest(org, systems, nothing):
    account = org.account(None, None)
    first = [org.sale(account, "2026-02-02", Name=name) for name in ("A", "B")]
    (state,) = (await systems.after("", nothing)).states
    assert state.sale.id == first[1]


async def test_rec_2_clients_have_a_cs_status_or_an_lms_company(org, systems, nothing):
    wanted = [
        org.account(None, None, CS_Status__c=status) for status in ("Onboarding", "Active", "Churned", "Deactivated")
    ]
    wanted.append(org.account(None, None, CS_Status__c=None, LMS_Company_Id__c="48213"))
    prospect = org.account(None, None, CS_Status__c=None)
    org.contract(prospect)
    assert ids(await systems.after("", nothing)) == wanted


async def test_rec_2_only_clients_without_a_welcome_are_looked_up_by_their_placeholder(org, systems, nothing):
    upmc, other = org.account(None, None, Name="UPMC Shadyside"), org.account(None, None, Name="Harbor")
    people = [
        {"email": placeholder_address(one), "firstName": "D", "lastName": "R", "kind": "customer", "status": "active"}
        for one in (upmc, other)
    ]
    users = org.sandbox.seed(lms={"users": people})["lms"]["users"]
    page = await replace(systems, no_welcome=("upmc",)).after("", nothing)
    user = LmsUser(users[0], placeholder_address(upmc), "customer", "active", None)
    assert [state.placeholder for state in page.states] == [user, None]
    assert len([one for one in org.sandbox.journal("lms") if one["path"] == "/api/users"]) == 1


# --- pages


async def test_rec_2_pages_hold_every_client_once_in_few_calls(org, systems, nothing):
    accounts = many(org, PAGE + 3)
    rows = [{"type": "Contract", "AccountId": one, "Status": "Activated"} for one in (accounts[0], *accounts[1999:])]
    org.sandbox.seed(
        salesforce={"records": rows}, lms={"companies": [{"accountId": one, "name": "x"} for one in accounts]}
    )
    before = calls(org, "salesforce")
    first, second = await every_page(systems, nothing)
    assert ids(first) + ids(second) == accounts
    assert (first.last, first.more, second.more) == (accounts[PAGE - 1], True, False)
    assert [len(state.client.agreements) for state in (first.states[0], first.states[1], first.states[-1])] == [1, 0, 1]
    assert [len(state.client.agreements) for state in second.states] == [1, 1, 1]
    assert all(len(state.companies) == 1 for page in (first, second) for state in page.states)
    assert calls(org, "salesforce") - before == 4
    assert calls(org, "lms") == 5
    assert (second.usage[0] - first.usage[0], second.usage[1]) == (2, 15_000)


async def test_rec_2_a_page_that_is_just_full_is_followed_by_an_empty_one(org, systems, nothing):
    accounts = many(org, PAGE)
    first, second = await every_page(systems, nothing)
    assert (ids(first), first.more) == (accounts, True)
    assert (second.states, second.last, second.more) == ([], accounts[-1], False)


async def test_rec_2_a_client_that_comes_or_goes_between_two_pages_hides_no_other(org, systems, nothing):
    accounts = many(org, PAGE + 2)
    first = await systems.after("", nothing)
    for gone in (accounts[3], accounts[PAGE]):
        org.block.client().composite([_removal(gone)])
    new = org.account(None, None)
    second = await systems.after(first.last, nothing)
    assert ids(first) == accounts[:PAGE]
    assert ids(second) == [accounts[PAGE + 1], new]


async def test_rec_2_without_clients_there_is_one_empty_page(systems, nothing):
    page = await systems.after("", nothing)
    assert (page.states, page.last, page.more, page.unavailable) == ([], "", False, {})


async def test_rec_2_these_clients_are_read_anew(org, systems, nothing):
    accounts = many(org, 503)
    org.sandbox.seed(lms={"companies": [{"accountId": one, "name": "x"} for one in accounts]})
    prospect = org.account(None, None, CS_Status__c=None)
    before = calls(org, "salesforce")
    asked = [*reversed(accounts[:502]), prospect, "001000000000009AAA"]
    page = await systems.these(asked, nothing)
    assert (ids(page), page.more) == (accounts[:502], False)
    assert all(len(state.companies) == 1 for state in page.states)
    assert calls(org, "salesforce") - before == 2
    assert calls(org, "lms") == 6


async def test_rec_2_the_same_client_is_the_same_in_a_page_and_by_its_id(org, systems, nothing):
    account = org.account(org.csm("Ada"), None)
    org.contract(account)
    org.sale(account)
    org.sandbox.seed(lms={"companies": [{"accountId": account, "name": "x"}]})
    assert (await systems.after("", nothing)).states == (await systems.these([account], nothing)).states


# --- systems that cannot be read


async def test_rec_2_an_lms_that_is_down_leaves_the_rest(org, systems, nothing):
    account = org.account(None, None)
    org.sandbox.fault("lms", "error", method="GET", status=503, times=100)
    page = await systems.after("", nothing)
    org.sandbox.clear_faults()
    (state,) = page.states
    assert (state.client.id, state.companies, state.systems) == (account, (), EVERYWHERE - {LMS})
    assert list(page.unavailable) == [LMS]
    assert "LMS" in page.unavailable[LMS]


async def test_rec_2_an_lms_that_is_down_for_a_moment_is_asked_again(org, systems, nothing):
    account = org.account(None, None)
    org.sandbox.seed(lms={"companies": [{"accountId": account, "name": "x"}]})
    org.sandbox.fault("lms", "error", method="GET", status=503, times=2)
    page = await systems.after("", nothing)
    assert (page.unavailable, len(page.states[0].companies)) == ({}, 1)


async def test_rec_2_an_lms_that_was_given_up_is_not_asked_again(org, systems, nothing):
    org.account(None, None)
    page = await systems.after("", replace(nothing, unavailable={LMS: "it was down"}))
    assert (page.unavailable, page.states[0].systems) == ({LMS: "it was down"}, EVERYWHERE - {LMS})
    assert calls(org, "lms") == 0


async def test_rec_2_salesforce_that_is_down_is_an_error(org, systems, nothing):
    org.account(None, None)
    org.sandbox.fault("salesforce", "error", status=503, times=100)
    with pytest.raises(VendorUnavailable):
        await systems.after("", nothing)
    org.sandbox.clear_faults()


async def test_rec_2_lists_that_cannot_be_read_are_named(org, systems, recurly_site):
    org.account(None, None)

    async def accounts():
        return RecurlyIndex(recurly_site.client().accounts())

    async def sequences():
        raise VendorRefused("Outreach", "the app may not read sequences")

    org.sandbox.fault("recurly", "error", status=503, times=100)
    sources = await sources_from(accounts(), sequences())
    org.sandbox.clear_faults()
    assert sorted(sources.unavailable) == [OUTREACH, RECURLY]
    page = await systems.after("", sources)
    assert (page.unavailable, page.states[0].systems) == (sources.unavailable, {LMS})
    org.sandbox.seed(recurly={"accounts": [{"code": "001A", "company": "Acme"}]})
    again = await sources_from(accounts(), sequences())
    assert (len(again.recurly), list(again.unavailable)) == (1, [OUTREACH])


async def test_rec_2_a_fault_of_our_own_is_not_a_system_that_is_down():
    async def accounts():
        return RecurlyIndex([])

    async def sequences():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await sources_from(accounts(), sequences())


def _removal(account):
    return Subrequest("DELETE", f"sobjects/Account/{account}", "gone")
