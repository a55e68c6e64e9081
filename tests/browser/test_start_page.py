"""The sandbox's start page: from the first visit to a closed sale with its run, by clicking only."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.stack import StackProcess

pytestmark = pytest.mark.xdist_group("browser")

PATIENT = 120_000


def card(page: Page, company: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=company, exact=True))


def close(page: Page, company: str) -> Locator:
    page.get_by_role("link", name="Sandbox", exact=True).click()
    card(page, company).get_by_role("button", name="Close this sale").click()
    expect(card(page, company)).to_contain_text("Closed Won")
    return card(page, company)


def test_a_newcomer_closes_a_sale_and_follows_its_run_and_makes_a_vendor_fail(page: Page, demo: StackProcess):
    page.goto(demo.urls["sandbox"])
    page.get_by_role("button", name="Make a fresh world").click()  # other tests close sales, too
    closed = close(page, "Northwind Pediatrics")
    expect(closed).to_contain_text("Completed", timeout=PATIENT)
    closed.get_by_role("link", name="Account").click()
    page.get_by_role("link", name="LMS company").click()
    expect(page.get_by_role("heading", name="Northwind Pediatrics")).to_be_visible()
    expect(page.get_by_text("compliance-audits")).to_be_visible()

    page.get_by_role("link", name="Sandbox", exact=True).click()
    page.get_by_role("button", name="Make it fail").click()
    expect(page.get_by_text("LMS is unavailable, for 10 more calls")).to_be_visible()
    failed = close(page, "Quarry Road Clinic")
    expect(failed).to_contain_text("Unavailable", timeout=PATIENT)
    page.get_by_role("button", name="Switch all faults off").click()
    expect(page.get_by_role("status")).to_contain_text("No vendor has a fault now")

    card(page, "Quarry Road Clinic").get_by_role("link", name="Its run").click()
    expect(page).to_have_url(re.compile("/v2/runs/flow-run/"))
    expect(page.get_by_text("Onboard Quarry Road Clinic").first).to_be_visible()
    demo.retry(page.url.partition("/flow-run/")[2][:36])
    page.go_back()
    expect(card(page, "Quarry Road Clinic")).to_contain_text("Completed", timeout=PATIENT)


def test_a_sale_without_primary_contact_is_no_dead_end(page: Page, demo: StackProcess):
    page.goto(demo.urls["sandbox"])
    asked = close(page, "Elmhurst Oncology")
    expect(asked).to_contain_text("Suspended", timeout=PATIENT)
    asked.get_by_role("link", name="Opportunity").click()
    owner = page.get_by_label("Owner", exact=True)
    seller = owner.evaluate("choice => choice.selectedOptions[0].text").partition(" ·")[0]
    page.get_by_role("link", name="New Contact Role").click()
    page.get_by_label("Contact", exact=True).select_option(index=1)
    page.get_by_label("Primary", exact=True).select_option(label="Yes")
    page.get_by_role("button", name="Create Contact Role").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: new Contact Role.")

    page.get_by_role("link", name="Slack", exact=True).click()
    page.get_by_label("You are").select_option(label=seller)
    question = page.get_by_role("article").filter(has_text="Elmhurst").filter(
        has=page.get_by_role("button", name="Check again")
    ).last  # fmt: skip
    question.get_by_role("button", name="Check again").click()
    page.get_by_role("link", name="All systems").click()
    expect(card(page, "Elmhurst Oncology")).to_contain_text("Completed", timeout=PATIENT)
