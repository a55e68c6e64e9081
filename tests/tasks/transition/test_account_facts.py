"""TRN-6, TRN-7: all that is known of accounts that move, read of the three systems in few calls."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from prefect import flow

from blocks.common.field_map import FieldMap
from blocks.lms.block import Lms
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from rules.transition.account_facts import ModuleUse
from rules.transition.health import Category, health
from tasks.salesforce.account_facts import Reading, salesforce_facts
from tasks.transition import account_facts as transition_facts
from tasks.transition.account_facts import billed_of, read_facts, usage_of
from tests.rules.builders.account_facts import THRESHOLDS, TODAY, on
from tests.support.moving import MovingAccounts, day

NEW_YORK = ZoneInfo("America/New_York")
MOST_CALLS = 40
HOW = Reading(FieldMap(), since=on(-365), zone=NEW_YORK)


@pytest.fixture
def moving(stand_in_process):
    return MovingAccounts(stand_in_process)


@pytest.fixture
def client(moving):
    own = moving.sandbox.credentials
    return SalesforceOrg(
        my_domain="acme.my",
        organization_id=own.organization_id,
        consumer_key=own.salesforce_consumer_key,
        consumer_secret=own.salesforce_consumer_secret,
        onboarding_report_id=moving.sandbox.state("salesforce")["onboarding_report_id"],
        base_url=f"{moving.sandbox.url}/salesforce",
    ).client()


@pytest.fixture
async def lms(moving):
    own = moving.sandbox.credentials
    block = Lms(base_url=f"{moving.sandbox.url}/lms", api_key=own.lms_api_key, default_password="Default-Swordfish-1")
    return block.client()


@pytest.fixture
def recurly(moving):
    own = moving.sandbox.credentials
    block = RecurlySite(subdomain="acme", api_key=own.recurly_api_key, base_url=f"{moving.sandbox.url}/recurly")
    return block.client()


@pytest.fixture
def read(client):
    return lambda *accounts: salesforce_facts(client, HOW, accounts)


def main_of(facts):
    return facts.main_contact and facts.main_contact.name


# --- the account and its people


def test_trn_6_the_account_comes_as_salesforce_has_it(moving, read):
    own = {"Health__c": "Watch", "Special_Mentions__c": "VIP", "MRR__c": 480.5, "CS_Segmentation__c": "SMB"}
    codes = {"LMS_Company_Id__c": "48213", "Recurly_Account_Id__c": "r1"}
    (facts,) = read(moving.account(Name="O'Hara Clinic", **own, **codes))
    assert (facts.name, facts.csm.id, facts.lead) == ("O'Hara Clinic", moving.csm, None)
    assert (facts.health, facts.special_mentions, facts.mrr, facts.segmentation) == (
        "Watch",
        "VIP",
        Decimal("480.5"),
        "SMB",
    )
    assert (facts.cs_status, facts.lms_company_id, facts.recurly_account_id) == ("Active", "48213", "r1")
    assert (facts.contacts, facts.cases, facts.opportunities, facts.tasks, facts.contracts) == ((),) * 5


def test_the_accounts_come_in_the_order_of_their_ids_each_once_and_one_that_is_gone_is_left_out(moving, read):
    first, second = moving.account(Name="A"), moving.account(Name="B")
    assert [one.name for one in read(second, "001000000000999AAA", first, second)] == ["B", "A"]


def test_trn_6_the_main_contact_is_the_primary_one_of_the_sale_won_last(moving, read):
    account = moving.account()
    first, second, third = (moving.contact(account, name) for name in ("Ames", "Bell", "Cole"))
    moving.sale(account, -400, third)
    moving.sale(account, -30, second)
    moving.sale(account, -5, first, StageName="Closed Lost")
    moving.sale(account, 5, first, StageName="Qualification")
    (facts,) = read(account)
    assert main_of(facts) == "Bell"
    assert [one.name for one in facts.contacts] == ["Ames", "Bell", "Cole"]


def test_trn_6_without_a_won_sale_the_main_contact_is_the_first_that_was_entered(moving, read):
    account, other = moving.account(), moving.account()
    newer, older = (moving.contact(account, name) for name in ("Ames", "Bell"))
    moving.plant("Contact", {"Id": older, "CreatedDate": "2026-01-01T00:00:00.000+0000"})
    moving.sale(account, -30, moving.contact(other, "Zorn"))
    moving.sale(account, -20)
    assert newer
    assert [main_of(one) for one in read(account, other)] == ["Bell", "Zorn"]


def test_trn_6_a_reply_is_the_last_completed_e_mail_or_call_with_the_contact_however_long_ago(moving, read):
    account = moving.account()
    talkative, silent = moving.contact(account, "Ames"), moving.contact(account, "Bell")
    done = {"Status": "Completed"}
    moving.task(account, -700, WhoId=talkative, TaskSubtype="Email", **done)
    moving.task(None, -500, WhoId=talkative, TaskSubtype="Call", **done)
    moving.task(account, -3, WhoId=talkative, TaskSubtype="Task", **done)
    moving.task(account, -2, WhoId=talkative, TaskSubtype="Call")
    moving.task(account, -1, WhoId=silent, TaskSubtype="Task", **done)
    (facts,) = read(account)
    assert [(one.name, one.last_reply) for one in facts.contacts] == [("Ames", on(-500)), ("Bell", None)]


# --- cases, sales, tasks, contracts


def test_trn_6_cases_that_are_open_come_whatever_their_age_and_closed_ones_of_the_last_year(moving, read):
    account = moving.account()
    old, recent, gone = (moving.case(account, "Escalation", Description=name) for name in ("old", "recent", "gone"))
    at = "2020-01-02T03:00:00.000+0000"
    moving.plant("Case", {"Id": old, "CreatedDate": at})
    moving.plant(
        "Case", {"Id": recent, "CreatedDate": at, "Status": "Closed", "ClosedDate": f"{day(-1)}T02:00:00.000+0000"}
    )
    moving.plant(
        "Case", {"Id": gone, "CreatedDate": at, "Status": "Closed", "ClosedDate": f"{day(-367)}T12:00:00.000+0000"}
    )
    (facts,) = read(account)
    (still,), (closed,) = facts.open_cases("Escalation"), facts.past_cases()
    assert (still.description, still.type, still.closed) == ("old", "Escalation", None)
    # Three o'clock in Greenwich is still the day before in New York.
    assert (still.opened.isoformat(), closed.closed) == ("2020-01-01", on(-2))
    assert still.number
    assert still.owner_id


def test_trn_10_opportunities_are_those_that_are_open_or_were_closed_within_the_year(moving, read):
    account = moving.account()
    team = {"Customer_Success_Manager_NEW__c": moving.csm, "Amount": 1200.5, "Type": "Expansion"}
    moving.sale(account, -800, StageName="Qualification", Name="Slow", **team)
    moving.sale(account, -365, Name="Won")
    moving.sale(account, -366, Name="Long ago")
    (facts,) = read(account)
    assert [one.name for one in facts.opportunities] == ["Slow", "Won"]
    (slow,) = facts.open_opportunities
    assert (slow.csm_id, slow.manager_id, slow.leader_id, slow.amount) == (moving.csm, None, None, Decimal("1200.5"))
    assert (slow.type, slow.stage, slow.close, slow.is_won) == ("Expansion", "Qualification", on(-800), False)


def test_trn_4_tasks_are_those_about_the_account_its_sales_its_cases_and_its_people(moving, read):
    account, other = moving.account(), moving.account()
    person = moving.contact(account)
    moving.task(account, 1, Subject="account")
    moving.task(moving.sale(account, 9), 2, Subject="sale", WhoId=person)
    moving.task(moving.case(account), 3, Subject="case")
    moving.task(None, 4, Subject="person", WhoId=person)
    moving.task(account, -10, Subject="done", Status="Completed")
    moving.task(account, -400, Subject="done long ago", Status="Completed")
    moving.task(other, 1, Subject="other")
    (facts,) = read(account)
    assert [one.subject for one in facts.open_tasks] == ["account", "sale", "case", "person"]
    assert [one.subject for one in facts.tasks if one.is_closed] == ["done"]
    assert [one.contact_id for one in facts.open_tasks] == [None, person, None, person]


def test_trn_7_contracts_are_the_signed_ones_with_their_providers(moving, read):
    account = moving.account()
    terms = {"User_Count__c": 40, "Provider_Count__c": 12, "Products__c": "Learning;Credentialing Software"}
    moving.contract(account, -100, 265, **terms)
    moving.contract(account, 0, 365, Status="Draft")
    (facts,) = read(account)
    (signed,) = facts.contracts
    assert (signed.agreement.users, signed.providers) == (Decimal(40), Decimal(12))
    assert facts.products(TODAY) == {"Learning", "Credentialing Software"}


# --- the calls


def test_design_12_two_hundred_accounts_are_read_in_few_calls(moving, read):
    numbers = range(200)
    accounts = moving.plant("Account", *({"Name": f"Clinic {n}"} for n in numbers))
    people = moving.plant("Contact", *({"AccountId": one, "LastName": f"P{k}"} for one in accounts for k in range(3)))
    moving.plant("Case", *({"AccountId": one, "Type": "Support"} for one in accounts for _ in range(5)))
    history = {"Status": "Completed", "TaskSubtype": "Call", "ActivityDate": day(-2)}
    moving.plant("Task", *(history | {"WhoId": one} for one in people for _ in range(15)))
    since = moving.sandbox.last()
    found = read(*accounts)
    calls = [entry["path"] for entry in moving.sandbox.journal("salesforce", since)]
    assert [one.name for one in found] == [f"Clinic {n}" for n in numbers]
    assert {(len(one.contacts), len(one.cases), len(one.tasks)) for one in found} == {(3, 5, 45)}
    assert all(one.last_reply == on(-2) for facts in found for one in facts.contacts)
    assert sum(path.endswith("/composite") for path in calls) == 8
    # 2,250 tasks of fifty accounts are a page more.
    assert len(calls) <= 8 + 4 + 1 <= MOST_CALLS


# --- the LMS and Recurly


async def test_trn_7_the_use_of_the_lms_is_told_and_an_unknown_company_is_a_fact(moving, lms):
    used = {"users": {"active": 40, "inactive": 5, "terminated": 2}, "providers": {"active": 12},
            "modules": {"learning": {"monthlyActiveUsers": 30}, "compliance": {"monthlyActiveUsers": 0}}}  # fmt: skip
    company = {"accountId": moving.account(), "name": "Harbor Clinic", "usage": used}
    (company_id,) = moving.sandbox.seed(lms={"companies": [company]})["lms"]["companies"]
    usage = await usage_of(lms, company_id)
    assert (usage.active, usage.inactive, usage.terminated, usage.providers) == (40, 5, 2, 12)
    assert usage.modules == (ModuleUse("compliance", 0), ModuleUse("learning", 30))
    assert usage.as_of.tzinfo == UTC
    assert usage.as_of.date() in (on(0), on(1))
    assert await usage_of(lms, "77") is None


def test_trn_7_subscriptions_come_with_what_is_billed_and_an_unknown_account_has_none(moving, recurly):
    account = moving.account()
    ends = "2026-12-02T03:00:00Z"
    seat = {"account_code": account, "plan_name": "Seats", "quantity": 40, "current_period_ends_at": ends}
    moving.sandbox.seed(recurly={"accounts": [{"code": account}], "subscriptions": [seat]})
    (billed,) = billed_of(recurly, f"code-{account}", NEW_YORK)
    assert (billed.subscription.plan, billed.subscription.state, billed.quantity) == ("Seats", "active", 40)
    assert billed.subscription.until == TODAY
    assert billed_of(recurly, "code-nobody", NEW_YORK) == ()


# --- the steps, on a real Prefect server


@pytest.mark.flows
async def test_trn_6_trn_7_the_steps_bring_the_three_systems_together(people, sandbox):
    name = "Moving Clinic"
    account = people.create("Account", Name=name, CS_Status__c="Active", Health__c="Healthy")
    used = {"users": {"active": 9, "inactive": 0, "terminated": 0}}
    made = sandbox.seed(
        lms={"companies": [{"accountId": account, "name": name, "usage": used}]},
        recurly={"accounts": [{"code": account}]},
    )
    sandbox.seed(recurly={"subscriptions": [{"account_code": account, "quantity": 30}]})
    people.edit("Account", account, LMS_Company_Id__c=made["lms"]["companies"][0])
    lost = people.create("Account", Name="Lost Clinic", LMS_Company_Id__c="nowhere")
    since = sandbox.last()
    found = await flow(read_facts)([account, lost])
    assert [(one.name, one.usage and one.usage.active) for one in found] == [(name, 9), ("Lost Clinic", None)]
    assert [one.quantity for one in found[0].billed] == [30]
    assert health(found[0], datetime.now(NEW_YORK).date(), THRESHOLDS).category is Category.AT_RISK
    calls = [entry["system"] for entry in sandbox.journal(since=since)]
    assert (calls.count("lms"), calls.count("recurly")) == (2, 2)
    assert calls.count("salesforce") <= 3
    assert sandbox.effects(since=since) == []


@pytest.mark.flows
async def test_a_salesforce_that_is_down_for_a_moment_is_asked_again(people, sandbox):
    account = people.create("Account", Name="Patient Clinic")
    sandbox.fault("salesforce", "error", path=".*/composite", status=503, code="SERVER_UNAVAILABLE", times=1)
    (found,) = await flow(read_facts)([account])
    assert found.name == "Patient Clinic"


async def test_no_more_than_a_few_are_asked_at_the_same_time():
    under_way: list[int] = []
    most = 0

    async def ask(number):
        nonlocal most
        under_way.append(number)
        most = max(most, len(under_way))
        await asyncio.sleep(0)
        under_way.remove(number)
        return number

    found = await transition_facts._few_at_once(range(20), ask)
    assert found == {number: number for number in range(20)}
    assert most == transition_facts.AT_ONCE
