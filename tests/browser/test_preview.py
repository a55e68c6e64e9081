"""A seller looks before the sale is closed: the form takes the address, and the page shows the whole plan (ONB-1)."""

import re

from playwright.sync_api import Page, expect

from tests.sandbox.clients import connect
from tests.support.stack import StackProcess


def test_onb_1_an_open_sale_is_previewed_by_the_address_of_its_page(page: Page, stack: StackProcess):
    sale = stack.open_sale("Preview Clinic")
    with stack.untold():
        connect(stack.sandbox).Contact.update(sale.contact, {"Phone": None})
    since = stack.sandbox.last()
    dashboard = stack.urls["prefect"]
    form = stack.prefect.get("/deployments/name/onboarding/onboarding").raise_for_status().json()["id"]

    # What a fresh browser shows: Prefect's second UI.
    page.goto(f"{dashboard}/v2/deployments/deployment/{form}/run")
    address = f"{stack.urls['sandbox']}/lightning/r/Opportunity/{sale.opportunity}/view"
    page.get_by_label("Opportunity id").fill(address)
    page.get_by_role("switch", name=re.compile("^Preview")).click()
    with page.expect_response(re.compile("/create_flow_run$")) as started:
        page.get_by_role("button", name="Submit").click()
    run = stack.ended_run(started.value.json()["id"])
    assert (run["state_name"], run["state_type"]) == ("Previewed", "COMPLETED"), run["state"]["message"]
    assert run["name"].startswith("Preview: Onboard Preview Clinic")

    plan = stack.newest_artifact(f"onboarding-{sale.opportunity.lower()}")
    page.goto(f"{dashboard}/v2/artifacts/artifact/{plan['id']}")
    shown = page.get_by_test_id("markdown-display")
    expect(shown.get_by_role("heading", name="Preview: onboarding of Preview Clinic")).to_be_visible()
    expect(shown.get_by_text("Stage is Negotiation/Review: onboarding starts when")).to_be_visible()
    open_problems = shown.get_by_role("table").first
    expect(open_problems.get_by_role("row").filter(has_text="Phone").filter(has_text="empty")).to_be_visible()
    expect(shown.get_by_role("row").filter(has_text="Phone Number").filter(has_text="to be settled")).to_be_visible()
    expect(shown.get_by_role("row").filter(has_text="Customer Success Manager (NEW)").first).to_be_visible()
    expect(shown.get_by_role("heading", name=re.compile("^Why "))).to_be_visible()
    assert stack.sandbox.effects(since=since) == []
