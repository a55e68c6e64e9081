"""A sale with three faults, as its seller lives it: asked in Slack, repaired in Salesforce, and it goes on (PUB-3)."""

import re
from collections import Counter

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.sandbox.clients import connect
from tests.support.closing import EFFECTS, SaleIds, close, effects
from tests.support.stack import StackProcess

PATIENT = 120_000


def a_sale_with_three_faults(stack: StackProcess, company: str) -> tuple[SaleIds, int]:
    sale = stack.open_sale(company)
    salesforce = connect(stack.sandbox)
    with stack.untold():
        salesforce.Contact.update(sale.contact, {"Phone": None})
        salesforce.Contract.update(sale.contract, {"User_Count__c": 0, "Service_Level__c": None})
    return sale, stack.sandbox.last()


def question(page: Page, company: str) -> Locator:
    """The message that asks about the company and has buttons."""
    asks = page.get_by_role("button", name="Check again")
    return page.get_by_role("article").filter(has_text=company).filter(has=asks).last


def closed_and_asked_about(page: Page, stack: StackProcess, company: str) -> tuple[SaleIds, int, Locator]:
    """A sale with three faults that was closed, and the question about it in the sandbox's Slack."""
    sale, since = a_sale_with_three_faults(stack, company)
    close(stack.sandbox, sale.opportunity)
    page.goto(f"{stack.urls['sandbox']}/slack")
    asked = question(page, company)
    expect(asked).to_be_visible(timeout=PATIENT)
    return sale, since, asked


def save(page: Page, link: str | None, field: str, value: str) -> None:
    """Follow a message's link to the record and change one of its fields, as a seller does."""
    assert link
    slack = page.url
    page.goto(link)
    entry = page.get_by_label(field, exact=True)
    entry.select_option(value) if entry.evaluate("e => e.tagName") == "SELECT" else entry.fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_label(field, exact=True)).to_have_value(re.compile(re.escape(value)))
    page.goto(slack)


def link_to(asked: Locator, record: str) -> str | None:
    return asked.get_by_role("link", name=record, exact=True).first.get_attribute("href")


def repair_all(stack: StackProcess, sale: SaleIds) -> None:
    salesforce = connect(stack.sandbox)
    salesforce.Contact.update(sale.contact, {"Phone": "+1 555 0100"})
    salesforce.Contract.update(sale.contract, {"User_Count__c": 26, "Service_Level__c": "premium"})


def done(stack: StackProcess, since: int) -> Counter[tuple[str, str, str]]:
    """What the onboarding did, its questions in Slack aside."""
    found = effects(stack.sandbox, since)
    posted = ("slack", "POST", "/api/chat.postMessage")
    asked = [one for one in stack.sandbox.effects("slack", since) if "question:" in str(one["body"])]
    found[posted] -= sum(one["path"].endswith("chat.postMessage") for one in asked)
    return found


def test_pub_3_repairs_in_salesforce_are_all_it_takes(page: Page, stack: StackProcess):
    sale, since, asked = closed_and_asked_about(page, stack, "Repair Clinic")
    for fault in ("Service Level is empty", "User Count is 0", "Phone is empty"):
        expect(asked).to_contain_text(fault)
    contract, contact = link_to(asked, "Contract"), link_to(asked, "Contact")
    assert stack.sandbox.effects("lms", since) == []

    save(page, contact, "Phone", "+1 555 0100")
    save(page, contract, "User_Count__c", "26")

    expect(question(page, "Repair Clinic")).to_contain_text("User Count is fixed", timeout=PATIENT)
    expect(question(page, "Repair Clinic")).to_contain_text("Service Level is empty", timeout=PATIENT)
    expect(question(page, "Repair Clinic")).not_to_contain_text("Phone is empty")
    assert stack.sandbox.effects("lms", since) == []

    save(page, contract, "Service_Level__c", "premium")

    expect(page.get_by_text("Repair Clinic: new business: all fixed")).to_be_visible(timeout=PATIENT)
    assert stack.ended(sale.opportunity)["state_name"] == "Completed"
    assert done(stack, since) == EFFECTS
    expect(page.get_by_role("button", name="Check again")).to_have_count(0)


def test_pub_3_the_button_in_slack_is_an_answer_of_those_who_may(page: Page, stack: StackProcess):
    sale, since, asked = closed_and_asked_about(page, stack, "Button Clinic")
    stack.at_rest(sale.opportunity)
    stack.sandbox.behaviour(outbound_messages="off")
    repair_all(stack, sale)

    page.get_by_label("You are").select_option(label="Csm1 Team")
    asked.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Only visible to you").first).to_be_visible(timeout=PATIENT)
    assert stack.run_of(sale.opportunity)["state_name"] == "Suspended"

    page.get_by_label("You are").select_option(label="Integration User")
    question(page, "Button Clinic").get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Button Clinic: new business: all fixed")).to_be_visible(timeout=PATIENT)
    assert stack.ended(sale.opportunity)["state_name"] == "Completed"
    assert done(stack, since) == EFFECTS


def test_pub_3_resume_in_the_dashboard_is_an_answer_with_a_name(page: Page, stack: StackProcess):
    sale, since = a_sale_with_three_faults(stack, "Resume Clinic")
    close(stack.sandbox, sale.opportunity)
    run = stack.at_rest(sale.opportunity)
    stack.sandbox.behaviour(outbound_messages="off")
    repair_all(stack, sale)

    page.goto(f"{stack.urls['prefect']}/runs/flow-run/{run['id']}")
    page.get_by_role("button", name="Resume").click()
    form = page.get_by_role("dialog")
    expect(form).to_contain_text("User Count is 0")
    choose_check_again(page, form)
    form.locator(".schema-form-property", has_text="Your name").last.get_by_role("textbox").fill("Dana Ops")
    form.get_by_role("button", name="Submit").click()

    assert stack.ended(sale.opportunity)["state_name"] == "Completed"
    assert done(stack, since) == EFFECTS


def choose_check_again(page: Page, form: Locator) -> None:
    """Prefect's own list: neither a select nor labelled."""
    chooser = form.locator(".schema-form-property", has_text="What now?").last
    chooser.locator(".p-select-button__icon").click(force=True)
    page.locator(".p-select-option", has_text="Check again").click()


@pytest.fixture(autouse=True)
def messages_again(stack: StackProcess):
    yield
    stack.sandbox.behaviour(outbound_messages="on")
