"""TRN-3 to TRN-7: the demo world's book that moves, read of all systems, stands as each account is there to show."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from blocks.common.field_map import FieldMap
from blocks.lms.block import Lms
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from rules.transition.account_facts import AccountFacts
from rules.transition.checklist import checklist
from rules.transition.health import health
from rules.transition.pending_items import TEMPLATE, PendingKind, pending_items
from sandbox.scenarios.drifting import DRIFTS
from sandbox.scenarios.moving_accounts import BOOK
from tasks.salesforce.account_facts import ReadSettings, salesforce_facts
from tasks.transition.account_facts import billed_of, usage_of
from tasks.transition.policy import sequences_of, thresholds_of
from tests.rules.builders.account_facts import THRESHOLDS
from tests.support.sandbox import SandboxProcess, start_sandbox

HANA = "hana.berg@sandbox.example"
DRIFTED = {drifting.company for drifting in DRIFTS}
ZONE = ZoneInfo("America/New_York")
TODAY = datetime.now(ZONE).date()


@pytest.fixture(scope="module")
def demo():
    with start_sandbox("demo") as process:
        yield process


@pytest.fixture(scope="module")
def records(demo: SandboxProcess):
    return demo.state("salesforce")["records"]


@pytest.fixture(scope="module")
async def book(demo: SandboxProcess, records) -> dict[str, AccountFacts]:
    """Hana's accounts by name, as all systems know them."""
    own, url = demo.credentials, demo.url
    org = SalesforceOrg(
        my_domain="acme.my",
        organization_id=own.organization_id,
        consumer_key=own.salesforce_consumer_key,
        consumer_secret=own.salesforce_consumer_secret,
        onboarding_report_id="00O000000000001AAA",
        base_url=f"{url}/salesforce",
    )
    lms = Lms(base_url=f"{url}/lms", api_key=own.lms_api_key, default_password="Default-Swordfish-1").client()
    recurly = RecurlySite(subdomain="acme", api_key=own.recurly_api_key, base_url=f"{url}/recurly").client()
    (hana,) = [user["Id"] for user in records["User"] if user["Email"] == HANA]
    mine = [one["Id"] for one in records["Account"] if one.get("Customer_Success_Manager__c") == hana]
    how = ReadSettings(FieldMap(), since=TODAY - timedelta(days=365), zone=ZONE)
    found = {}
    for facts in salesforce_facts(org.client(), how, mine):
        usage = await usage_of(lms, facts.lms_company_id)
        billed = billed_of(recurly, facts.recurly_account_id, ZONE)
        found[facts.name] = replace(facts, usage=usage, billed=billed)
    return found


def test_trn_3_trn_4_trn_5_every_account_is_of_the_category_that_it_shows(book):
    found = {name: health(facts, TODAY, THRESHOLDS) for name, facts in book.items()}
    assert {name: str(one.category) for name, one in found.items()} == {one.company: one.category for one in BOOK}
    assert Counter(one.category for one in found.values()) == {
        "healthy": 14,
        "open business": 10,
        "at risk": 7,
        "escalated": 5,
    }


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Magnolia Kidney Care", "so its use is not known"),
        ("Marlowe Behavioral Health", "and no renewal is won"),
        ("Meadowbrook Allergy", "and no renewal is won"),
        ("Montclair Spine", "its main contact Dana Montclair last replied on"),
        ("Newbury Physicians", "its main contact Dana Newbury has never replied"),
        ("Oakhurst Community Clinic", "11 users are active of 60 that are paid for"),
        ("Palmetto Gastro", "a special mention is entered: 'New owner since spring. Compares vendors.'"),
        ("Pembroke Pain Center", "its Health is Watch"),
        ("Redwood Fertility", "'Completions were lost'"),
        ("Saltmarsh Podiatry", "its Health is Escalated"),
    ],
)
def test_trn_5_the_sign_that_an_account_is_there_to_show_is_told(book, name, told):
    assert told in str([one.text for one in health(book[name], TODAY, THRESHOLDS).reasons])


def test_trn_6_trn_7_every_checklist_can_be_filled_in_and_the_book_has_every_shape(book):
    answers = {(line.question, line.answer.split(",")[0].split(":")[0]) for facts in book.values()
               for line in checklist(facts, TODAY, THRESHOLDS)}  # fmt: skip
    given = {question[:30]: {answer for asked, answer in answers if asked == question} for question, _ in answers}
    assert given["Is the main contact replying?"] == {"Yes", "No"}
    assert {"No", "Yes", "Not known"} <= given["Are there any discrepancies wi"]
    assert {"Not contracted", "18 active", "9 active"} <= given["If they have CRED SOFT, how ma"]
    assert {"Yes", "No"} <= given["Are there any course cases ope"]
    assert {"Yes", "No"} <= given["If there are historical escala"]
    assert len({facts.usage for facts in book.values()}) > 10


def test_trn_11_there_are_pending_items_of_every_kind_and_tickets_with_a_past(book):
    items = [item for facts in book.values() for item in pending_items(facts)]
    assert {item.kind for item in items} == set(PendingKind)
    (ticket,) = [item for item in items if item.title.endswith("Reminders are not sent")]
    assert ticket.context.count("Earlier: Support") == 2


def test_trn_10_there_are_open_and_recently_won_sales_all_with_the_three_new_fields(book):
    sales = [sale for facts in book.values() for sale in facts.opportunities]
    assert all(sale.csm_id and sale.manager_id and sale.leader_id for sale in sales)
    recent = TODAY - timedelta(days=90)
    assert sum(not sale.is_closed for sale in sales) == 5
    assert sum(sale.is_won and sale.close >= recent for sale in sales) == 2


def test_trn_1_hana_goes_on_leave_in_ten_days_and_is_given_no_new_accounts(records, book):
    (hana,) = [user for user in records["User"] if user["Email"] == HANA]
    (leave,) = [event for event in records["Event"] if event["OwnerId"] == hana["Id"]]
    assert leave["ShowAs"] == "OutOfOffice"
    assert leave["StartDateTime"][:10] == (TODAY + timedelta(days=10)).isoformat()
    assert not hana.get("CS_Segments__c")
    assert {facts.lead.name for facts in book.values()} == {"Tara Lindqvist"}


def test_pub_4_no_contract_of_the_book_ends_before_a_sweep_looks_ahead(book):
    ends = [facts.last_contract(TODAY).end for facts in book.values()]
    assert min(ends) > TODAY + timedelta(days=Policy().end_look_ahead_days)
    assert sum(end <= TODAY + timedelta(days=60) for end in ends) == 3


def planted(outreach):
    """What was planted for account transitions: without the account that shows drift, and what belongs to it."""
    drifted = {one["id"] for one in outreach["accounts"] if one["attributes"]["name"] in DRIFTED}
    prospects = [one for one in outreach["prospects"] if one["relationships"]["account"]["data"]["id"] not in drifted]
    return outreach | {
        "accounts": [one for one in outreach["accounts"] if one["id"] not in drifted],
        "prospects": prospects,
    }


def test_trn_3_trn_4_outreach_has_the_team_the_customers_and_what_the_policy_names(demo, records, book):
    outreach = planted(demo.state("outreach"))
    users = {one["id"]: one["attributes"]["email"] for one in outreach["users"]}
    csms = {one["Email"] for one in records["User"] if one.get("CS_Role__c") == "CSM" and one["IsActive"]}
    assert csms <= set(users.values())
    assert {one["attributes"]["userId"] for one in outreach["mailboxes"]} == set(users)
    assert {one["attributes"]["customId"] for one in outreach["accounts"]} == {facts.id for facts in book.values()}
    assert {users[one["relationships"]["owner"]["data"]["id"]] for one in outreach["accounts"]} == {HANA}
    prospects = {one["attributes"]["externalId"]: one["attributes"]["emails"] for one in outreach["prospects"]}
    assert prospects == {one.id: [one.email] for facts in book.values() for one in facts.contacts}
    names = sequences_of(Policy())
    assert [one["attributes"]["name"] for one in outreach["sequences"]] == [names.automated, names.semi_automated]
    assert TEMPLATE in [one["attributes"]["name"] for one in outreach["templates"]]
    kinds = [one["attributes"]["stepType"] for one in outreach["sequenceSteps"]]
    assert kinds == ["auto_email"] * 2 + ["manual_email"] * 2


def test_the_worlds_thresholds_are_the_policys():
    assert thresholds_of(Policy()) == THRESHOLDS
