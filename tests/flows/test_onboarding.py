"""A good sale, from Closed Won to the customer who can be billed and signs in."""

import json

import pytest
from openpyxl import load_workbook

from deployments.stack.settings import PROJECT
from tests.support.outcome import ALL_EFFECTS, assert_audited, assert_onboarded, calls, effects, outcome
from tests.support.runs import audit_page, flow_run, latest_artifact, onboard

pytestmark = pytest.mark.flows


def modules_in_the_workbook(products, level):
    """The matrix read by hand: the cells of these products' rows in the level's column."""
    sheet = load_workbook(PROJECT / "deployments/Permissions.xlsx").active
    header, *rows = sheet.iter_rows(values_only=True)
    column = header.index(level)
    return {module.strip() for row in rows if row[0] in products for module in row[column].split(",")}


async def test_card_1_a_closed_sale_becomes_a_live_permissioned_billed_and_announced_customer(sandbox, people):
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS


async def test_onb_6_the_whole_form_reaches_the_lms_with_the_default_password_masked(sandbox, people):
    sale = people.make_sale()
    await onboard(sale.opportunity)
    (form,) = [entry["body"] for entry in sandbox.journal("lms", sale.since) if entry["path"] == "/signup/preSign"]
    assert form == {
        "accountId": sale.account,
        "companyName": sale.company,
        "firstName": "Jane",
        "lastName": "Roe",
        "phone": "+1 212 555 0142",
        "email": sale.email,
        "password": "***",
        "userCount": "40",
        "locationCount": "2",
        "planAmount": "480.50",
        "billingStartDate": "2027-03-16",
    }


async def test_design_a_usual_onboarding_costs_eight_four_one_and_two_calls_at_most(sandbox, people):
    sale = people.make_sale()
    await onboard(sale.opportunity)
    made = calls(sandbox, sale.since)
    # Recurly is asked again only while its account has not appeared yet.
    assert made.pop("recurly") <= 2
    assert made["salesforce"] <= 8
    assert made["lms"] <= 4
    assert made["slack"] == 2
    assert set(made) == {"salesforce", "lms", "slack"}


@pytest.mark.parametrize(
    ("products", "level"),
    [
        (("Learning", "Compliance", "Credentialing Software"), "premium"),
        (("Compliance",), "basic"),
        (("Compliance", "Credentialing Service"), "standard"),
    ],
)
async def test_onb_13_the_company_has_exactly_the_modules_of_the_matrix(people, products, level):
    sold = ";".join(products)
    sale = people.make_sale(
        contract={"Products__c": sold, "Service_Level__c": level},
        opportunity={"Services_Included__c": sold, "Service_Level__c": level},
    )
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    (company,) = outcome(people, sale).companies
    assert len(company["modules"]) == len(set(company["modules"]))
    assert set(company["modules"]) == modules_in_the_workbook(products, level)


async def test_onb_4_the_opportunity_is_corrected_to_the_contract_in_the_same_call_as_the_codes(sandbox, people):
    sale = people.make_sale(opportunity={"Service_Level__c": "basic"})
    await onboard(sale.opportunity)
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS


async def test_onb_6_a_15_character_id_is_the_same_sale(people):
    sale = people.make_sale()
    run = await onboard(sale.opportunity[:15])
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)


async def test_decision_16_a_run_is_named_for_its_sale_and_tagged_with_its_opportunity(people):
    sale = people.make_sale()
    on_server = await flow_run(await onboard(sale.opportunity[:15]))
    assert on_server.name == f"Onboard {sale.company} 2027"
    assert {"onboarding", f"opportunity:{sale.opportunity}"} <= set(on_server.tags)


async def test_onb_11_an_account_that_has_its_codes_and_company_is_left_as_it_is(sandbox, people):
    sale = people.make_sale()
    await onboard(sale.opportunity)
    before, since = outcome(people, sale), sandbox.last()
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert effects(sandbox, since) == {}
    assert outcome(people, sale) == before


@pytest.mark.usefixtures("every_link_leads")
async def test_the_report_tells_cs_what_was_set_up_and_links_to_it(people):
    sale = people.make_sale()
    await onboard(sale.opportunity)
    found = outcome(people, sale)
    text = await latest_artifact(f"onboarding-{sale.opportunity.lower()}")
    wanted = (
        f"# {sale.company} is set up",
        f"/{sale.opportunity}/view",
        f"/{sale.account}/view",
        found.companies[0]["id"],
        f"https://sandbox.recurly.com/accounts/{sale.account}",
        "credentialing-primary-source",
        "2027-03-16",
        sale.email,
    )
    assert [part for part in wanted if part not in text] == []


async def test_decision_11_every_effect_is_one_line_of_the_accounts_page_with_who_and_the_run(people):
    sale = people.make_sale(opportunity={"Service_Level__c": "basic"})
    run = await onboard(sale.opportunity)
    lines = await audit_page(sale.account)
    assert_audited(lines, more=(("Salesforce", "Service Level"),))
    (level,) = [line for line in lines if line["field"] == "Service Level"]
    assert (level["before"], level["after"], level["rule"]) == ("basic", "standard", "ONB-4")
    assert {line["by"] for line in lines} == {"the dashboard (name not verified)"}
    assert all(line["run"].endswith(f"/runs/flow-run/{run.id}") for line in lines)


async def test_card_4_every_step_is_a_task_run_whose_name_says_what_it_did_to_whom(people, task_runs):
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    found = outcome(people, sale)
    (company,) = found.companies
    csm = people.read("User", found.account["Customer_Success_Manager__c"])
    lead = people.read("User", csm["ManagerId"])
    assert await task_runs(run, at_least=18) == {
        f"Read sale {sale.opportunity}",
        f"Check the Onboarding Report for {sale.opportunity}",
        "Read the permission matrix",
        f"Read the contracts of {sale.account}",
        f"Claim opportunity:{sale.opportunity}",
        f"Look up {sale.email} in the LMS",
        f"Sign up {sale.company} in the LMS",
        f"Set the modules of LMS company {company['id']}",
        f"Announce {sale.company} 2027 in the sales channel",
        f"Find the Recurly account of {sale.company}",
        f"Read team, books and calendar for {sale.company}",
        f"Write the codes of {sale.company} back and assign {csm['Name']}",
        f"Show the CSM ranking for {sale.company}: {csm['Name']}",
        f"Notify {csm['Name']} and {lead['Name']} about {sale.company}",
        f"Wait for the Customer Onboarding record of {sale.company} 2027",
        f"Fill in the Customer Onboarding record of {sale.company} 2027",
        f"Verify {sale.company} 2027 in Salesforce and the LMS",
        f"Report on {sale.company} 2027",
    }


async def test_the_result_of_a_run_is_readable_json_without_a_secret(people, credentials):
    sale = people.make_sale()
    run = await onboard(sale.opportunity)
    shown = json.dumps(run.state.model_dump(mode="json"), default=str)
    assert credentials.lms_default_password not in shown
