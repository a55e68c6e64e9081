"""A preview shows the plan, field by field, and writes nothing anywhere."""

import pytest

from tests.support.outcome import assert_onboarded, assert_untouched, effects, outcome
from tests.support.runs import flow_run, latest_artifact, onboard

pytestmark = pytest.mark.flows

NOTHING = "\N{EN DASH}"
"""How the plan shows that a field is empty now."""


async def plan_of(sale):
    page = await latest_artifact(f"onboarding-{sale.opportunity.lower()}")
    return page.replace("\N{NON-BREAKING HYPHEN}", "-").splitlines()


def row(lines, field):
    """The cells of the plan's one row about a field: now, then, rule."""
    (found,) = [line for line in lines if f"| {field} |" in line]
    return [cell.strip() for cell in found.strip("|").split("|")][4:]


@pytest.mark.usefixtures("every_link_leads")
async def test_a_preview_of_a_new_customer_writes_nothing_and_shows_every_change(people):
    sale = people.make_sale(opportunity={"Service_Level__c": "basic"})
    run = await onboard(sale.opportunity, preview=True)
    assert run.ended == "Previewed", run.message
    assert "Nothing was written" in run.message
    assert_untouched(people, sale)
    lines = await plan_of(sale)
    assert row(lines, "Company Name") == [NOTHING, f"**{sale.company}**", "ONB-6"]
    assert row(lines, "Email Address / Username") == [NOTHING, f"**{sale.email}**", "ONB-6"]
    assert row(lines, "Location Count") == [NOTHING, "**2**", "ONB-8"]
    assert row(lines, "Billing Start Date") == [NOTHING, "**2027-03-16**", "ONB-7"]
    assert row(lines, "Service Level") == ["basic", "**standard**", "ONB-4"]
    assert row(lines, "Modules")[2] == "ONB-13"
    assert row(lines, "LMS Company Id")[0] == NOTHING


async def test_a_preview_of_an_existing_customer_shows_only_what_differs_before_and_after(sandbox, people):
    sale = people.make_sale()
    await onboard(sale.opportunity)
    since = people.edit("Contract", sale.contract, User_Count__c=51, Service_Level__c="basic")
    before = outcome(people, sale)
    run = await onboard(sale.opportunity, preview=True)
    assert run.ended == "Previewed", run.message
    assert effects(sandbox, since) == {}
    assert outcome(people, sale) == before
    lines = await plan_of(sale)
    assert row(lines, "User Count") == ["40", "**51**", "ONB-6"]
    assert row(lines, "Location Count") == ["2", "**3**", "ONB-8"]
    # The lower level takes no module away: that needs a contract that ended, or a person.
    assert not [line for line in lines if "| Modules |" in line]
    assert "keeps learning-custom-courses" in "".join(lines) or "keeps credentialing-primary-source" in "".join(lines)
    assert row(lines, "Service Level") == ["standard", "**basic**", "ONB-4"]
    assert not [line for line in lines if "| Plan Amount |" in line]


async def test_a_preview_does_what_it_showed_when_it_is_run_without_preview(people):
    sale = people.make_sale()
    previewed = await onboard(sale.opportunity, preview=True)
    assert_untouched(people, sale)
    run = await onboard(sale.opportunity)
    assert run.ended == "Completed", run.message
    assert_onboarded(people, sale)
    assert (await flow_run(previewed)).name == f"Preview: Onboard {sale.company} 2027"


@pytest.mark.usefixtures("every_link_leads")
async def test_onb_1_a_preview_of_an_open_sale_notes_the_stage_and_shows_every_problem_and_the_whole_plan(people):
    sale = people.make_sale(
        opportunity={"StageName": "Negotiation/Review"}, contact={"Phone": None}, contract={"User_Count__c": None}
    )
    run = await onboard(f"https://acme.lightning.force.com/lightning/r/{sale.opportunity[:15]}/view", preview=True)
    assert run.ended == "Previewed", run.message
    told = ("Stage is Negotiation/Review: onboarding starts when", "Phone is empty", "User Count is empty", "[sales]")
    assert [part for part in told if part not in run.message] == []
    assert_untouched(people, sale)
    lines = await plan_of(sale)
    page = "\n".join(lines)
    assert "- Stage is Negotiation/Review: onboarding starts when the opportunity is Closed Won" in page
    problems = page.partition("## To settle first")[2].partition("## Notes")[0]
    assert [part for part in ("Phone", "User Count") if f"| {part} | empty |" not in problems] == []
    assert "Stage" not in problems
    assert "Onboarding Report" not in problems
    assert row(lines, "Phone Number") == [*row(lines, "Location Count")[:2], "ONB-6"]
    assert row(lines, "Phone Number")[1] == "**to be settled**"
    assert row(lines, "Company Name") == [NOTHING, f"**{sale.company}**", "ONB-6"]
    assert row(lines, "Customer Success Manager (NEW)")[0] == NOTHING
    assert "## Available" in page


async def test_a_preview_of_a_sale_without_a_contract_shows_its_csm_and_its_problems(people):
    sale = people.make_sale(opportunity={"ContractId": None})
    run = await onboard(sale.opportunity, preview=True)
    assert (run.ended, "Contract is empty" in run.message) == ("Previewed", True), run.message
    assert_untouched(people, sale)
    page = "\n".join(await plan_of(sale))
    assert "The changes in the LMS depend on what is to be settled" in page
    assert "| Customer Success Manager (NEW) |" in page
