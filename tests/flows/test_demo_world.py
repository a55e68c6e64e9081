"""Every opportunity of the demo world, closed: each ends as the rule that it shows says."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from sandbox.scenarios.sales import SALES
from tasks.onboarding.reports import onboarding_key
from tasks.templates import read_back
from tests.support.demo import Shown
from tests.support.outcome import MESSAGE, WRITE, announcements, effects
from tests.support.runs import artifacts, latest_artifact
from tests.support.scale import cases

pytestmark = pytest.mark.flows


@pytest.fixture
def shown(people, sandbox):
    """An opportunity of the demo world, by what it shows."""

    def find(shows: str) -> Shown:
        assert shows in {sale.shows for sale in SALES}
        (one,) = [one for one in sandbox.state("salesforce")["demo"] if one["name"].endswith(f" {shows}")]
        return Shown(people, people.read("Opportunity", one["opportunity_id"]))

    return find


# --- sales that go through


@pytest.mark.parametrize(
    ("shows", "modules"),
    [
        (
            "all in order",
            (
                "learning learning-custom-courses learning-reports learning-api sso compliance compliance-incidents "
                "compliance-documents compliance-audits compliance-reports credentialing credentialing-primary-source "
                "credentialing-monitoring credentialing-reports"
            ),
        ),
        ("Learning only", "learning"),
        (
            "Credentialing Service beside others",
            "learning learning-custom-courses learning-reports credentialing credentialing-primary-source",
        ),
    ],
)
async def test_onb_13_a_sale_in_order_gets_the_modules_of_its_products_and_level(shown, shows, modules):
    sale = await shown(shows).close()
    assert sorted(sale.company()["modules"]) == sorted(modules.split())


async def test_onb_2_credentialing_service_alone_touches_nothing_and_says_why(shown, sandbox):
    sale = await shown("Credentialing Service alone is out of scope").close()
    assert sale.ended == "Out of scope"
    assert "Credentialing Service alone" in sale.message
    # The sales channel is informed; no record is touched.
    assert effects(sandbox, sale.since) == {MESSAGE: 1}
    assert {entry["system"] for entry in sandbox.journal(since=sale.since)} == {"salesforce", "slack"}
    assert "Nothing was changed" in (await artifacts(f"onboarding-{sale.record['Id'].lower()}"))[-1]


async def test_onb_4_the_opportunity_is_corrected_to_the_contracts_level(shown, people):
    sale = await shown("service level differs from the contract").close()
    assert sale.company()["modules"]
    assert people.read("Opportunity", sale.record["Id"])["Service_Level__c"] == "premium"


@pytest.mark.parametrize(
    ("shows", "days"),
    [("later billing date set by the RSM", 75), ("earlier billing date set by the RSM is ignored", 25)],
)
async def test_onb_7_the_rsms_date_counts_only_if_it_is_later(shown, people, shows, days):
    sale = shown(shows)
    signed = people.read("Contract", sale.contract)["Billing_Start_Date__c"]
    company = (await sale.close()).company()
    # The contract's billing starts ten days from the day on which the world was made.
    assert company["billingStartDate"] == _later(signed, days - 10)


@pytest.mark.parametrize(("shows", "locations"), [("25 users are one location", 1), ("26 users are two locations", 2)])
async def test_onb_8_locations_are_one_per_25_users_begun(shown, shows, locations):
    assert (await shown(shows).close()).company()["locationCount"] == locations


@pytest.mark.parametrize(
    ("shows", "domain"),
    [("e-mail held by a demo user", "stonebridge.example"), ("e-mail held by a trial user", "tidewater.example")],
)
async def test_onb_9_a_demo_or_trial_holder_is_renamed_and_the_real_address_used(shown, shows, domain):
    sale = shown(shows).look()
    (holder,) = [user["id"] for user in sale.users if user["email"] == f"dana@{domain}"]
    await sale.close()
    assert sale.admin() == f"dana@{domain}"
    assert [user["email"] for user in sale.users if user["id"] == holder] == [f"danaDONOTUSE@{domain}"]


@pytest.mark.parametrize(
    ("shows", "domain", "number"),
    [("e-mail held by a customer's user", "upland.example", 1), ("e-mail held, and its +1 too", "valley.example", 2)],
)
async def test_onb_9_a_valid_holder_keeps_the_address_and_the_new_user_gets_a_number(shown, shows, domain, number):
    sale = shown(shows).look()
    before = [user for user in sale.users if user["email"].endswith(domain)]
    await sale.close()
    assert sale.admin() == f"dana+{number}@{domain}"
    assert [user for user in sale.users if user["email"].endswith(domain)][: len(before)] == before


async def test_onb_1_a_customer_who_is_in_place_already_is_announced_to_sales_and_csm_and_nothing_else(shown, sandbox):
    sale = await shown("everything is in place already").close()
    assert sale.ended == "Completed", sale.message
    assert effects(sandbox, sale.since) == {MESSAGE: 2}


async def test_onb_6_an_add_on_adds_its_users_and_amount_to_the_contract_in_force(shown):
    sale = await shown("an add-on beside the contract in force").close()
    company = sale.company()
    assert (company["userCount"], float(company["planAmount"])) == (50, 980.0)
    assert "learning" in company["modules"]


async def test_onb_12_a_closed_billing_account_is_taken_and_said_so(shown):
    sale = await shown("closed Recurly account").close()
    assert sale.codes()[2] == f"https://sandbox.recurly.com/accounts/{sale.account}"
    report = (await artifacts(f"onboarding-{sale.record['Id'].lower()}"))[-1]
    assert "closed" in report
    assert "Recurly" in report


# --- waiting for Recurly


async def test_onb_12_an_account_found_by_its_companys_name_is_taken(shown, sandbox):
    sale = await shown("Recurly account found by name").close()
    assert sale.ended == "Completed", sale.message
    (billed,) = [one for one in sandbox.state("recurly")["accounts"] if one["company"] == "Yarrow Wellness"]
    assert sale.codes() == (
        sale.company()["id"],
        billed["id"],
        f"https://sandbox.recurly.com/accounts/{billed['code']}",
    )


async def test_onb_12_an_account_that_comes_late_is_found_by_retry(shown, sandbox):
    sale = await shown("Recurly account comes late").close()
    assert sale.ended == "Needs CS Operations"
    assert "Westfield Urgent Care" in sale.message
    assert sale.codes() == (None, None, None)
    code = sale.account
    sandbox.until("recurly", lambda state: any(one["code"] == code for one in state["accounts"]), seconds=20)
    await sale.retry()
    assert sale.codes()[0] == sale.company()["id"]
    assert effects(sandbox, sale.since) == {WRITE: 2, MESSAGE: 1}


async def test_onb_12_an_account_that_never_comes_is_asked_of_cs_ops_who_may_enter_its_codes(shown, people):
    sale = await shown("Recurly account never comes").close()
    assert sale.ended == "Needs CS Operations"
    assert [
        word for word in ("Zephyr Home Care", "none named", sale.account, "ONB-12") if word not in sale.message
    ] == []
    entered = {"Recurly_Account_Id__c": "by-hand", "Recurly_Billing_URL__c": "https://sandbox.recurly.com/accounts/x"}
    people.edit("Account", sale.account, **entered)
    await sale.retry()
    assert sale.codes() == (sale.company()["id"], *entered.values())


async def test_onb_12_of_two_accounts_of_the_name_none_is_guessed(shown, sandbox):
    sale = await shown("two Recurly accounts of this name").close()
    assert sale.ended == "Needs CS Operations"
    assert 'Recurly has 2 accounts named "Alder Orthopedics". Which one is right?' in sale.message
    both = [one for one in sandbox.state("recurly")["accounts"] if one["company"] == "Alder Orthopedics"]
    assert len(both) == 2
    page = read_back(await latest_artifact(onboarding_key(sale.record["Id"])))
    for one in both:
        assert f"{one['email']}, created {one['created_at'][:4]}" in page
        assert f"code {one['code']}, no subscription](https://sandbox.recurly.com/accounts/{one['code']})" in page
    assert sale.codes() == (None, None, None)
    sandbox.seed(recurly={"accounts": [{"code": sale.account, "company": "Alder Orthopedics", "email": ""}]})
    await sale.retry()
    assert sale.codes()[2] == f"https://sandbox.recurly.com/accounts/{sale.account}"


# --- sales that people must put right first


def _contract(**fields):
    return lambda people, sale: people.edit("Contract", sale.contract, **fields)


def _contact(**fields):
    return lambda people, sale: people.edit("Contact", sale.contacts[0]["ContactId"], **fields)


def _give_contract(people, sale):
    contract = people.create(
        "Contract",
        AccountId=sale.account,
        Billing_Start_Date__c="2027-03-01",
        User_Count__c=40,
        Plan_Amount__c=480,
        Service_Level__c="standard",
        Products__c="Learning",
    )
    people.edit("Opportunity", sale.record["Id"], ContractId=contract)


def _list_in_report(people, sale):
    omitted = people.sandbox.behaviour()["report_omits"]
    people.sandbox.behaviour(report_omits=[one for one in omitted if one != sale.record["Id"]])


def _one_primary(people, sale):
    people.edit("OpportunityContactRole", sale.contacts[-1]["Id"], IsPrimary=len(sale.contacts) == 1)


def _own_contact(people, sale):
    people.edit("Contact", sale.contacts[0]["ContactId"], AccountId=sale.account)


NEEDED = [
    ("no contract", "Needs sales", ("Contract", "empty", "ONB-3"), _give_contract),
    ("contract without service level", "Needs sales", ("Service Level", "ONB-4"), _contract(Service_Level__c="basic")),
    (
        "contract with an unknown service level",
        "Needs sales",
        ("Service Level", "gold", "basic, standard or premium", "ONB-4"),
        _contract(Service_Level__c="premium"),
    ),
    ("missing from the Onboarding Report", "Needs sales", ("Onboarding Report", "ONB-5"), _list_in_report),
    ("two primary contacts", "Needs sales", ("Primary Contact", "Dana", "Noor", "ONB-6"), _one_primary),
    ("no primary contact", "Needs sales", ("Primary Contact", "empty", "ONB-6"), _one_primary),
    (
        "invalid e-mail",
        "Needs sales",
        ("Contact", "Email", "dana.fernhill.example", "ONB-6"),
        _contact(Email="dana@fernhill.example"),
    ),
    ("missing phone", "Needs sales", ("Contact", "Phone", "ONB-6"), _contact(Phone="+1 212 555 0143")),
    (
        "invisible character in the e-mail",
        "Needs sales",
        ("Email", "U+200B", "ONB-6"),
        _contact(Email="dana@nettle.example"),
    ),
    ("contact of another account", "Needs sales", ("Dana Consulting", "ONB-3"), _own_contact),
    ("owner left, so the manager is asked", "Needs sales", ("Phone", "ONB-6"), _contact(Phone="+1 212 555 0143")),
    ("negative user count", "Needs sales", ("User Count", "-5", "ONB-6"), _contract(User_Count__c=5)),
    (
        "missing billing start",
        "Needs sales",
        ("Billing Start Date", "ONB-7"),
        _contract(Billing_Start_Date__c="2027-03-01"),
    ),
    (
        "unknown product in the contract",
        "Needs CS Operations",
        ("Products", "Telehealth", "ONB-13"),
        _contract(Products__c="Learning"),
    ),
]


@pytest.mark.parametrize("case", cases(NEEDED, *NEEDED[::3]), ids=lambda case: case[0])
async def test_onb_3_people_are_asked_nothing_is_created_and_retry_completes_once_it_is_put_right(shown, people, case):
    shows, state, words, put_right = case
    sale = await shown(shows).close()
    sale.assert_asked(state, *words)
    listed = (await artifacts(f"onboarding-{sale.record['Id'].lower()}"))[-1]
    assert [word for word in words if word not in listed] == []
    put_right(people, sale)
    await sale.retry()
    company = sale.company()
    assert sale.codes()[0] == company["id"]
    assert len(announcements(people.sandbox, sale.record["Id"])) == 1


async def test_onb_6_sales_are_asked_whether_a_second_contract_adds_or_replaces_and_nothing_is_taken_away(
    shown, people
):
    sale = await shown("a second contract that adds or replaces").close()
    assert sale.ended == "Needs sales"
    (company,) = sale.companies
    assert (company["userCount"], float(company["planAmount"])) == (40, 500.0)
    people.edit("Opportunity", sale.record["Id"], Type="Expansion")
    company = (await sale.retry()).company()
    assert (company["userCount"], float(company["planAmount"])) == (50, 980.0)


async def test_pub_6_a_client_without_a_welcome_mail_gets_none(shown, sandbox):
    sale = await shown("a client without a welcome mail").close()
    assert sale.admin() == "dana@upmc.example"
    assert [mail for mail in sandbox.state("mail")["mails"] if "upmc.example" in mail["to"]] == []


def test_every_sale_of_the_demo_world_is_shown_here():
    source = Path(__file__).read_text(encoding="utf-8")
    assert [sale.shows for sale in SALES if f'"{sale.shows}"' not in source] == []


def _later(day, days):
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
