"""PUB-6: clients to whose users no automatic welcome mail ever goes, from the sign-up to the onboarding record."""

import asyncio

import pytest

from tests.support.no_welcome import (
    NO_WELCOME_AUDIT,
    NO_WELCOME_EFFECTS,
    SENTENCE,
    assert_not_welcomed,
    assert_silently_onboarded,
    mails_to,
    make_upmc_sale,
    placeholder_of,
    users_of,
)
from tests.support.outcome import SIGN_UP, WRITE, assert_onboarded, assert_untouched, calls, effects, outcome
from tests.support.runs import assign, audit_page, latest_artifact, onboard, press_retry

pytestmark = pytest.mark.flows

USERNAME = "Email Address / Username"


def said_of(sale):
    return latest_artifact(f"onboarding-{sale.opportunity.lower()}")


def rows_about_the_username(page):
    """The cells of the lines about a username: system, record, before, after, rule."""
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    rows = [row[1:] if row[0].isdigit() else row for row in rows]
    return [(row[1], row[3], row[4], row[5]) for row in rows if row[2:3] == [USERNAME]]


def signed_up_as(sandbox, sale):
    entries = sandbox.journal("lms", sale.since)
    return [entry["body"]["email"] for entry in entries if entry["path"] == "/signup/preSign"]


def seed_user(sandbox, email, kind="customer", **more):
    return sandbox.seed(
        lms={"users": [{"email": email, "firstName": "Jo", "lastName": "Holder", "kind": kind, **more}]}
    )


# --- the sign-up and the welcome


async def test_pub_6_nobody_is_mailed_and_the_super_admin_has_the_true_address_in_the_end(people, sandbox):
    sale = make_upmc_sale(people)
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_silently_onboarded(people, sale)
    assert signed_up_as(sandbox, sale) == [placeholder_of(sale)]
    assert effects(sandbox, sale.since) == NO_WELCOME_EFFECTS
    assert SENTENCE in run.message


async def test_pub_6_every_other_client_is_mailed_exactly_once_and_never_has_a_placeholder(people, sandbox):
    sale = people.make_sale(account={"Name": "UPMCX Labs"}, opportunity={"Name": "UPMCX Labs 2027"})
    run = await onboard(sale.opportunity)
    assert_onboarded(people, sale)
    assert len(mails_to(sandbox, sale.email)) == 1
    assert signed_up_as(sandbox, sale) == [sale.email]
    assert calls(sandbox, sale.since)["lms"] == 4
    assert SENTENCE not in run.message


async def test_pub_6_a_placeholder_costs_three_calls_more(people, sandbox):
    sale = make_upmc_sale(people)
    await onboard(sale.opportunity)
    made = calls(sandbox, sale.since)
    assert (made["lms"], made["slack"]) == (7, 2)
    assert made["salesforce"] <= 8


async def test_pub_6_sign_up_and_true_address_are_steps_and_lines_of_their_own(people, task_runs):
    sale = make_upmc_sale(people)
    run = await onboard(sale.opportunity)
    names = await task_runs(run, at_least=19)
    wanted = {f"Sign up {sale.company} in the LMS", f"Give Jane Roe the true address in the LMS: {sale.email}"}
    assert wanted <= names
    (user,) = outcome(people, sale).users
    (company,) = outcome(people, sale).companies
    page = await said_of(sale)
    lines = [
        (f"Company {company['id']}", "", placeholder_of(sale), "PUB-6"),
        (f"User {user['id']}", placeholder_of(sale), sale.email, "PUB-6"),
    ]
    assert rows_about_the_username(page) == [(one, before or "\N{EN DASH}", *rest) for one, before, *rest in lines]
    assert page.count(SENTENCE) == 1
    audited = await audit_page(sale.account)
    assert sorted((line["system"], line["field"]) for line in audited) == NO_WELCOME_AUDIT
    addresses = [one for one in audited if one["field"] == USERNAME]
    assert [(one["record"], one["before"], one["after"], one["rule"]) for one in addresses] == lines


async def test_pub_6_a_client_is_listed_by_its_id_as_well(people, sandbox, override):
    sale = people.make_sale()
    await override("lifecycle-policy", no_welcome_clients=[sale.account[:15]])
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_silently_onboarded(people, sale)
    assert effects(sandbox, sale.since) == NO_WELCOME_EFFECTS


async def test_pub_6_a_preview_shows_both_addresses_and_that_nobody_is_mailed_and_writes_nothing(people):
    sale = make_upmc_sale(people)
    run = await onboard(sale.opportunity, preview=True)
    assert run.ended == "Previewed", run.message
    assert_untouched(people, sale)
    page = await said_of(sale)
    assert rows_about_the_username(page) == [
        ("Company (new)", "\N{EN DASH}", placeholder_of(sale), "PUB-6"),
        ("User (new)", placeholder_of(sale), sale.email, "PUB-6"),
    ]
    assert "Customer Onboarding Name" in page
    assert [field for field in ("Onboarding Email Sent Date", "Send Onboarding Email") if field in page] == []
    assert page.count(SENTENCE) == 1


async def test_pub_6_a_further_sale_to_such_a_client_needs_no_placeholder_and_mails_nobody(people, sandbox):
    first = make_upmc_sale(people)
    await onboard(first.opportunity)
    more = people.make_expansion(first, products="Compliance", level="basic")
    run = await onboard(more.opportunity)
    assert run.ended == "Completed", run.message
    assert SENTENCE in run.message
    assert mails_to(sandbox, first.email) == []
    assert users_of(sandbox, first) == [first.email]
    # The placeholder is looked up and is nobody's; users and modules are added; then the company is read back.
    assert calls(sandbox, more.since)["lms"] == 5
    assert (effects(sandbox, more.since)[SIGN_UP], effects(sandbox, more.since)[WRITE]) == (0, 2)


async def test_pub_6_two_sales_of_such_a_client_at_once_make_one_user_and_no_mail(people, sandbox):
    first = make_upmc_sale(people)
    more = people.make_expansion(first, products="Compliance", level="basic")
    runs = await asyncio.gather(onboard(first.opportunity), onboard(more.opportunity))
    for run in runs:
        again = run if run.state.is_completed() else await press_retry(run)
        assert again.ended == "Completed", again.message
    assert users_of(sandbox, first) == [first.email]
    assert mails_to(sandbox, first.email) == []


# --- the true address is somebody else's (ONB-9)


async def test_pub_6_onb_9_a_demo_user_gives_the_true_address_up(people, sandbox):
    sale = make_upmc_sale(people)
    seed_user(sandbox, sale.email, kind="demo")
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_silently_onboarded(people, sale)
    local, domain = sale.email.split("@")
    assert f"{local}DONOTUSE@{domain}" in [user["email"] for user in sandbox.state("lms")["users"]]


async def test_pub_6_onb_9_beside_a_valid_user_the_super_admin_gets_plus_one(people, sandbox):
    sale = make_upmc_sale(people)
    seed_user(sandbox, sale.email)
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    local, domain = sale.email.split("@")
    assert users_of(sandbox, sale) == [f"{local}+1@{domain}"]
    assert_not_welcomed(people, sale)
    again = await onboard(sale.opportunity)
    assert again.ended == "Completed", again.message
    assert users_of(sandbox, sale) == [f"{local}+1@{domain}"]


# --- the onboarding record alone


async def test_pub_6_csm_6_an_assignment_that_begins_the_onboarding_sends_nothing(people, sandbox):
    sale = make_upmc_sale(people)
    people.edit("Account", sale.account, LMS_Company_Id__c=f"LMS {sale.account}")
    previewed = await assign(sale.account, preview=True)
    page = await latest_artifact(f"csm-assignment-{sale.account.lower()}")
    assert previewed.ended == "Previewed"
    assert page.count(SENTENCE) == 1
    assert "Send Onboarding Email" not in page
    run = await assign(sale.account)
    assert run.ended == "Completed", run.message
    assert SENTENCE in run.message
    assert_not_welcomed(people, sale)
    since = sandbox.last()
    again = await assign(sale.account)
    assert again.ended == "Completed", again.message
    assert effects(sandbox, since) == {}


async def test_pub_6_csm_6_a_tick_that_a_person_set_is_left_and_told(people, sandbox, override):
    await override("lifecycle-policy", onboarding_record_wait_seconds=0.5)
    sandbox.behaviour(onboarding_record="never")
    sale = make_upmc_sale(people)
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs CS Operations", run.message
    record = people.create("Customer_Onboarding__c", Opportunity__c=sale.opportunity, Account__c=sale.account)
    people.edit("Customer_Onboarding__c", record, Send_Onboarding_Email__c=True)
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    (found,) = outcome(people, sale).onboardings
    assert (found["Send_Onboarding_Email__c"], found["Onboarding_Email_Sent_Date__c"]) == (True, None)
    # That one is the person's own.
    assert len(mails_to(sandbox, sale.email)) == 1
    assert f"By record {record} one was sent before." in run.message
