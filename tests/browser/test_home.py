"""The start page in the interface that opens by default: a command finds it, and everything is one click away."""

import re

from playwright.sync_api import Page, expect

from tests.browser.screens import Screens
from tests.sandbox.clients import connect
from tests.support.closing import close
from tests.support.commands import lifecycle
from tests.support.stack import StackProcess

V2 = re.compile("/v2/")


def test_the_start_page_shows_what_waits_and_everything_is_one_click_away(
    page: Page, screens: Screens, stack: StackProcess
):
    done, waits = stack.open_sale("Homely Clinic"), stack.open_sale("Waiting Room")
    connect(stack.sandbox).Contract.update(waits.contract, {"Service_Level__c": None})
    for sale in (done, waits):
        close(stack.sandbox, sale.opportunity)
    assert stack.ended(done.opportunity)["state_name"] == "Completed"
    stack.at_rest(waits.opportunity)

    # The page has one address: the one that the bootstrap made is the one that a command finds after each update.
    code, before = lifecycle(stack, "open", "--print")
    stack.run_to_end("waiting/reminders")
    assert (code, before) == lifecycle(stack, "open", "--print")
    page.goto(stack.urls["sandbox"])
    page.get_by_role("link", name="Operations What waits").click()
    expect(page).to_have_url(re.compile(re.escape(before.strip())))
    expect(page.get_by_role("heading", name=re.compile("Waits for people: [1-9]"))).to_be_visible()
    screens.picture("start-page")
    page.get_by_role("link", name="update it now").click()
    expect(page.get_by_role("button", name="Submit")).to_be_visible()

    # An open question leads to its run, and an account to its page, both in the same interface.
    page.goto(before.strip())
    page.get_by_role("link", name="Waiting Room: new business").click()
    expect(page).to_have_url(V2)
    expect(page.get_by_text("Suspended").first).to_be_visible()
    screens.picture("waiting-run")
    page.goto(before.strip())
    page.get_by_role("link", name="Homely Clinic", exact=True).click()
    expect(page.get_by_role("heading", name="Homely Clinic")).to_be_visible()
    expect(page.get_by_role("cell", name="LMS Company Id")).to_be_visible()
    screens.picture("account")
    page.get_by_role("link", name="Onboard Homely Clinic: new business").click()
    expect(page).to_have_url(V2)
    expect(page.get_by_text("Completed").first).to_be_visible()

    # The page of open questions shows links, not the raw text of links.
    page.goto(before.strip())
    page.get_by_role("link", name="All open questions").click()
    expect(page.get_by_role("cell", name="Waiting Room: new business")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("](http")
    screens.picture("open-questions")
