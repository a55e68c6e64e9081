"""Publications of a client, from its contracts to the LMS: as listed, and once, whatever happens (PUB-1 to PUB-5)."""

import pytest
from pydantic import ValidationError

from flows.publications import PublicationRequest
from tests.support.outcome import assert_onboarded, calls, effects, outcome
from tests.support.publications import (
    CREATE,
    NORTH,
    PATCH,
    SOUTH,
    TODAY,
    YEAR,
    bring,
    details,
    in_lms,
    make_client,
    make_contract,
    number_of,
    request,
    states,
)
from tests.support.runs import audit_page, flow_run, latest_artifact, onboard, press_retry

pytestmark = pytest.mark.flows


def page_of(whose):
    return latest_artifact(f"publications-{whose.account.lower()}")


# --- one kind of change each


async def test_pub_2_what_the_contract_lists_is_set_up_with_organization_name_and_details(people, sandbox):
    whose = make_client(people, "North", "South")
    run = await bring(whose.account[:15])
    assert (run.ended, run.message) == ("Completed", f"{whose.name}: 2 set up.")
    found = in_lms(people, whose.company)
    assert set(found) == {"North", "South"}
    for one in found.values():
        assert (one["organizationName"], one["status"]) == (whose.name, "active")
        assert one["details"] == details(number_of(people, whose.contract))
    assert effects(sandbox, whose.since) == {CREATE: 2}
    assert {"publications", f"account:{whose.account}"} <= set((await flow_run(run)).tags)
    assert (await flow_run(run)).name == f"Publications of {whose.name}"
    page = await page_of(whose)
    assert "| North | not there | **active** | listed, and not in the LMS |" in page
    lines = [(line["field"], line["after"]) for line in await audit_page(whose.account)]
    assert ("Publication Name", "North") in lines
    assert len(lines) == 6
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert effects(sandbox, whose.since) == {CREATE: 2}
    assert len(await audit_page(whose.account)) == 6


async def test_pub_5_what_is_in_line_costs_no_change_and_says_so(people, sandbox):
    whose = make_client(people, "North", there=(NORTH,))
    run = await bring(whose.account)
    assert run.message == f"{whose.name}: all publications are in line."
    assert effects(sandbox, whose.since) == {}
    assert calls(sandbox, whose.since) == {"salesforce": 1, "lms": 2}


async def test_pub_5_changed_details_are_updated_and_what_others_keep_there_stays(people, sandbox):
    kept = {"colour": "blue", "weight": 1.5, "tags": [0.25]}
    whose = make_client(people, "North", there=(NORTH | {"details": kept | {"userCount": 7}},))
    run = await bring(whose.account)
    assert run.message == f"{whose.name}: 1 updated."
    assert in_lms(people, whose.company)["North"]["details"] == kept | details(number_of(people, whose.contract))
    assert effects(sandbox, whose.since) == {PATCH: 1}


async def test_pub_5_what_the_contract_lists_no_more_ends_today_and_begins_again_when_it_is_listed_again(people):
    whose = make_client(people, "North", "South", there=(NORTH, SOUTH))
    people.edit("Contract", whose.contract, Publications__c="North")
    run = await bring(whose.account)
    assert run.message == f"{whose.name}: 1 deactivated."
    assert states(people, whose.company) == {"North": "active", "South": f"scheduled until {TODAY}"}
    reason = in_lms(people, whose.company)["South"]["deactivationReason"]
    assert reason == f"Not in the contract any more ({number_of(people, whose.contract)})"
    people.edit("Contract", whose.contract, Publications__c="North\nSouth")
    run = await bring(whose.account)
    assert run.message == f"{whose.name}: 1 reactivated."
    assert states(people, whose.company) == {"North": "active", "South": "active"}


async def test_pub_1_an_expansion_adds_what_it_lists_and_keeps_the_rest(people):
    whose = make_client(people, "North")
    await bring(whose.account)
    more = make_contract(people, whose.account, "South", "north", User_Count__c=60, EndDate=f"{TODAY + 2 * YEAR}")
    run = await bring(whose.account)
    assert run.message == f"{whose.name}: 1 set up, 1 updated."
    first, second = number_of(people, whose.contract), number_of(people, more)
    found = in_lms(people, whose.company)
    assert found["North"]["details"] == details(first, second, users=60)
    assert found["South"]["details"] == details(second, users=60)


async def test_pub_2_a_name_that_was_given_up_may_be_used_anew(people):
    whose = make_client(people, "North")
    await bring(whose.account)
    people.edit("Contract", whose.contract, Publications__c="East")
    run = await bring(whose.account, request=request("rename", "North", "East", by=""))
    assert run.message == f"{whose.name}: 1 renamed."
    people.edit("Contract", whose.contract, Publications__c="East\nNorth")
    run = await bring(whose.account)
    assert run.message == f"{whose.name}: 1 set up."
    found = in_lms(people, whose.company)
    assert set(found) == {"East", "North"}


async def test_pub_2_a_preview_of_a_thousand_lines_shows_every_change_and_writes_nothing(people, sandbox):
    whose = make_client(people, *(f"Clinic {number}" for number in range(1000)))
    run = await bring("", contract_id=whose.contract[:15], preview=True)
    expected = f"{whose.name}: 1000 set up to be done. Nothing was written."
    assert (run.ended, run.message) == ("Previewed", expected)
    assert effects(sandbox, whose.since) == {}
    assert "| Clinic 999 | not there | **active** |" in await page_of(whose)


# --- sales


@pytest.mark.usefixtures("every_link_leads")
async def test_pub_1_a_new_client_gets_its_publications_with_its_onboarding_and_an_expansion_adds_one(people, sandbox):
    sale = people.make_sale(contract={"Publications__c": "North\nSouth"})
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)
    (company,) = outcome(people, sale).companies
    found = in_lms(people, company["id"])
    assert {name: (one["organizationName"], one["details"]["userCount"]) for name, one in found.items()} == {
        "North": (sale.company, 40),
        "South": (sale.company, 40),
    }
    assert "Publications: 2 set up." in await latest_artifact(f"onboarding-{sale.opportunity.lower()}")
    more = people.make_expansion(sale, products="Compliance", level="standard")
    people.edit("Contract", more.contract, Publications__c="East")
    since = sandbox.last()
    run = await onboard(more.opportunity)
    assert run.ended == "Completed", run.message
    assert set(states(people, company["id"])) == {"North", "South", "East"}
    assert (effects(sandbox, since)[CREATE], effects(sandbox, since)[PATCH]) == (1, 0)


async def test_pub_3_a_name_that_cannot_be_is_asked_before_a_sale_sets_anything_up(people, sandbox):
    sale = people.make_sale(contract={"Publications__c": "x" * 256})
    run = await onboard(sale.opportunity)
    assert run.ended == "Needs sales"
    assert "Shorten the name to 255 characters" in run.message
    assert effects(sandbox, sale.since) == {}


# --- bad input


async def test_pub_1_a_request_that_is_not_filled_in_is_refused_before_anything_is_asked(sandbox):
    since = sandbox.last()
    run = await bring("001000000000001AAA", request={"action": "rename", "publication": "North"})
    assert run.state.is_failed()
    assert "Enter the new name" in run.message
    assert sandbox.journal(since=since) == []


@pytest.mark.parametrize(
    "wrong", [{"action": "delete"}, {"publication": " "}, {"publication": "x" * 256}, {"new_name": "x"}, {"more": "x"}]
)
def test_pub_1_the_dashboards_form_takes_only_what_a_request_may_say(wrong):
    with pytest.raises(ValidationError):
        PublicationRequest.model_validate({"action": "set up", "publication": "North"} | wrong)


async def test_neither_account_nor_contract_is_bad_input(sandbox):
    since = sandbox.last()
    run = await bring("")
    assert run.ended == "Bad input"
    assert sandbox.journal(since=since) == []


async def test_pub_3_a_company_that_the_lms_does_not_know_is_asked_of_cs_operations(people):
    whose = make_client(people, "North")
    people.edit("Account", whose.account, LMS_Company_Id__c="99")
    run = await bring(whose.account)
    assert run.ended == "Needs CS Operations"
    assert "LMS Company Id" in run.message
    assert states(people, whose.company) == {}


async def test_pub_1_a_client_that_is_not_set_up_yet_is_left_to_its_onboarding(people, sandbox):
    account = people.create("Account", Name="Not Yet")
    make_contract(people, account, "North")
    since = sandbox.last()
    run = await bring(account)
    assert (run.ended, run.state.is_completed()) == ("Not set up yet", True)
    assert effects(sandbox, since) == {}


async def test_pub_2_names_that_cannot_be_are_asked_of_sales_and_blank_lines_are_none(people):
    whose = make_client(people, "North", " ", "x" * 256, "")
    run = await bring(whose.account)
    assert run.ended == "Needs sales"
    assert "Shorten the name to 255 characters" in run.message
    people.edit("Contract", whose.contract, Publications__c="North\r\n\r\n \t \nnorth\n")
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    assert states(people, whose.company) == {"North": "active"}


async def test_pub_4_without_a_contract_in_force_nothing_is_done_and_it_is_said(people, sandbox):
    whose = make_client(people, "North", there=(SOUTH,))
    since = people.edit("Contract", whose.contract, EndDate=f"{TODAY - YEAR}")
    run = await bring(whose.account)
    assert run.ended == "Completed"
    assert "No signed contract is in force" in run.message
    assert effects(sandbox, since) == {}


async def test_pub_4_the_publications_of_an_inactive_company_are_left_alone(people, sandbox):
    whose = make_client(people, "North", there=(SOUTH,))
    ended = {"status": "inactive", "accountId": whose.account, "name": whose.name}
    more = {"userCount": 1, "locationCount": 1, "planAmount": "1"}
    (company,) = sandbox.seed(lms={"companies": [ended | more]})["lms"]["companies"]
    since = people.edit("Account", whose.account, LMS_Company_Id__c=company)
    run = await bring(whose.account)
    assert run.ended == "Completed"
    assert "is inactive in the LMS: nothing is done" in run.message
    assert effects(sandbox, since) == {}
