"""A renewal takes effect at once: with the onboarding of its sale, and with the word of its contract (PUB-5)."""

from datetime import date, timedelta

import httpx
import pytest

from flows.deactivation import deactivate_account
from flows.publications import publications
from rules.contracts.service_term import DAY
from tests.support.asking import state_of
from tests.support.calendar import org_today
from tests.support.clients import YEAR, make_client
from tests.support.runs import onboard, run_of
from tests.support.sweeps import Nights

pytestmark = pytest.mark.flows

TODAY = date(2026, 11, 22)
LAST_DAY = TODAY + timedelta(days=5)
TERMS = {"Service_Level__c": "standard", "User_Count__c": 40, "Products__c": "Learning"}

WON = {"Name": "Won", "StageName": "Closed Won", "CloseDate": "2026-11-01"}


@pytest.fixture(autouse=True)
def calm(sandbox, monkeypatch):
    """A day that stands still, for us and for the stand-ins."""
    monkeypatch.setenv("LIFECYCLE_TODAY", TODAY.isoformat())
    sandbox.clock(TODAY.isoformat())
    yield
    sandbox.clock(org_today().isoformat())


async def test_pub_5_the_onboarding_of_a_renewal_withdraws_the_end_that_was_set(people, sandbox):
    terms = {"Status": "Activated", "StartDate": (LAST_DAY - YEAR).isoformat(), "EndDate": LAST_DAY.isoformat()}
    sale = people.make_sale(contract=terms)
    assert (await onboard(sale.opportunity)).ended == "Completed"
    await deactivate_account(account_id=sale.account, return_state=True)
    assert _company(sandbox, sale.account)["status"] == "scheduled"
    renewal = people.make_expansion(sale, products="Learning", level="standard")
    people.edit("Opportunity", renewal.opportunity, Type="Renewal")
    following = {"StartDate": (LAST_DAY + DAY).isoformat(), "EndDate": (LAST_DAY + YEAR).isoformat()}
    people.edit("Contract", renewal.contract, **following)
    run = await onboard(renewal.opportunity)
    assert run.ended == "Completed", run.message
    assert (_company(sandbox, sale.account)["status"], _company(sandbox, sale.account)["deactivateOn"]) == (
        "active",
        None,
    )


async def test_pub_5_the_word_of_a_contract_withdraws_the_end_that_was_set(people):
    client = make_client(people, LAST_DAY, publications=("Ward News",), contract=TERMS)
    await deactivate_account(account_id=client.account, return_state=True)
    assert [one["status"] for one in (client.in_lms(), *client.issues())] == ["scheduled"] * 2
    later = client.renew(LAST_DAY + DAY, LAST_DAY + YEAR, Publications__c="Ward News", **TERMS)
    run = run_of(await publications(contract_id=later, return_state=True), publications)
    assert run.ended == "Completed", run.message
    assert [one["status"] for one in (client.in_lms(), *client.issues())] == ["active"] * 2
    assert sorted(client.told()[-2:]) == ["stays:sales", "stays:the CSM"]


async def test_pub_4_the_word_of_a_contract_that_ends_leaves_the_end_as_it_was_set(people):
    client = make_client(people, LAST_DAY, publications=("Ward News",), contract=TERMS)
    await deactivate_account(account_id=client.account, return_state=True)
    run = run_of(await publications(contract_id=client.contract, return_state=True), publications)
    assert run.ended == "Completed", run.message
    found = [(one["status"], one["deactivateOn"]) for one in (client.in_lms(), *client.issues())]
    assert found == [("scheduled", LAST_DAY.isoformat())] * 2


async def test_pub_2_what_a_contract_lists_is_set_up_on_its_first_day_once(people, sandbox, monkeypatch):
    # No other client's contract ends near this day.
    today = date(2038, 3, 10)
    monkeypatch.setenv("LIFECYCLE_TODAY", today.isoformat())
    sandbox.clock(today.isoformat())
    client = make_client(people, today + timedelta(days=5), contract=TERMS)
    begun = client.renew(today, today + YEAR, Publications__c="Ward News", Plan_Amount__c=480, **TERMS)
    client.amend(Plan_Amount__c=480, **TERMS)
    people.create("Opportunity", AccountId=client.account, ContractId=begun, Type="Renewal", **WON)
    client.renew(today + DAY, today + YEAR, Publications__c="Later News", **TERMS)
    nights = Nights()
    for _ in range(2):
        assert state_of(await nights.night_of([client.account])) == "Completed"
    (run,) = [one for one in await nights.publications.runs() if begun in one.parameters.values()]
    assert state_of(await nights.publications.work(run.id)) == "Completed"
    assert [one["publicationName"] for one in client.issues()] == ["Ward News"]


async def test_pub_5_a_sale_to_a_client_whom_people_deactivated_is_asked_about(people, sandbox):
    dates = {"StartDate": (TODAY - DAY).isoformat(), "EndDate": (TODAY + YEAR).isoformat()}
    sale = people.make_sale(contract=dates)
    assert (await onboard(sale.opportunity)).ended == "Completed"
    company = _company(sandbox, sale.account)
    _end_by_hand(sandbox, company["id"])
    more = people.make_expansion(sale, products="Compliance", level="standard")
    people.edit("Contract", more.contract, **dates)
    run = await onboard(more.opportunity)
    assert (run.ended, "Never paid" in run.message) == ("Needs sales", True), run.message
    assert _company(sandbox, sale.account)["status"] == "inactive"


def _end_by_hand(sandbox, company_id):
    headers = {"X-API-Key": sandbox.credentials.lms_api_key}
    off = {"status": "inactive", "deactivationReason": "Never paid"}
    url = f"{sandbox.url}/lms/api/companies/{company_id}"
    httpx.patch(url, json=off, headers=headers, trust_env=False).raise_for_status()


async def test_onb_6_an_expansion_sold_ahead_is_added_on_its_first_day(people, sandbox, monkeypatch):
    today = date(2038, 5, 10)
    monkeypatch.setenv("LIFECYCLE_TODAY", today.isoformat())
    sandbox.clock(today.isoformat())
    terms = {"Status": "Activated", "StartDate": (today - YEAR).isoformat(), "EndDate": (today + YEAR).isoformat()}
    closed = {"CloseDate": today.isoformat()}
    sale = people.make_sale(contract=terms, opportunity=closed)
    assert (await onboard(sale.opportunity)).ended == "Completed"
    more = people.make_expansion(sale, products="Compliance", level="standard")
    people.edit("Opportunity", more.opportunity, **closed)
    ahead = {"StartDate": (today + DAY).isoformat(), "User_Count__c": 10, "Plan_Amount__c": 100}
    people.edit("Contract", more.contract, Status="Activated", EndDate=terms["EndDate"], **ahead)
    run = await onboard(more.opportunity)
    assert run.ended == "Completed", run.message
    assert _figures(sandbox, sale.account) == (40, "480.50", False)
    monkeypatch.setenv("LIFECYCLE_TODAY", (today + DAY).isoformat())
    sandbox.clock((today + DAY).isoformat())
    run = run_of(await publications(contract_id=more.contract, return_state=True), publications)
    assert run.ended == "Completed", run.message
    assert "User Count 50" in run.message
    assert _figures(sandbox, sale.account) == (50, "580.50", True)
    since = sandbox.last()
    run = run_of(await publications(contract_id=more.contract, return_state=True), publications)
    assert (run.ended, sandbox.effects("lms", since)) == ("Completed", [])


def _figures(sandbox, account):
    company = _company(sandbox, account)
    return company["userCount"], company["planAmount"], "compliance" in company["modules"]


def _company(sandbox, account):
    (company,) = [one for one in sandbox.state("lms")["companies"] if one["accountId"] == account]
    return company
