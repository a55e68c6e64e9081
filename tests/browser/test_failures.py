"""A vendor is down: the failures reach Slack and the dashboard, and are retried from the message (REC-3)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.screens import Screens
from tests.support.closing import close
from tests.support.stack import StackProcess

COMPANIES = ("Outage Clinic", "Outage Hospice", "Outage Labs")


@pytest.fixture(autouse=True)
def no_faults_left(stack: StackProcess) -> Iterator[None]:
    yield
    stack.sandbox.clear_faults()


def test_rec_3_an_outage_reaches_slack_in_one_message_and_its_runs_are_retried_from_there(
    screens: Screens, stack: StackProcess
) -> None:
    page, sales = screens.page, [stack.open_sale(company).opportunity for company in COMPANIES]
    stack.sandbox.fault(system="lms", kind="error", status=503, times=999)
    for sale in sales:
        close(stack.sandbox, sale)
    runs = [stack.ended(sale) for sale in sales]
    assert {run["state_name"] for run in runs} == {"Unavailable"}

    # One message comes by itself, with a button for each run and one for all.
    page.goto(screens.slack)
    page.get_by_role("link", name="# cs-operations").click()
    page.get_by_label("You are").select_option(index=1)
    message = screens.message("3 runs failed", patient=90_000)
    expect(message).to_contain_text("Unavailable · LMS: 3 runs")
    screens.picture("failures-in-slack")

    # The dashboard's list of runs finds them by their tag, and a page lists them.
    page.goto(f"{screens.dashboard}/v2/runs?tags=unavailable")
    expect(page.get_by_text("3 Flow runs")).to_be_visible()
    screens.picture("failures-by-tag")
    page.goto(f"{screens.dashboard}/v2/artifacts/artifact/{stack.newest_artifact('what-failed')['id']}")
    for run in runs:
        expect(page.get_by_role("link", name=run["name"])).to_be_visible()
    screens.picture("what-failed")

    # One run is retried; a second press of its button, in a window that still shows the old message, does nothing.
    stack.sandbox.clear_faults()
    page.goto(f"{screens.slack}")
    page.get_by_role("link", name="# cs-operations").click()
    page.get_by_label("You are").select_option(index=1)
    message = screens.message("3 runs failed")
    message.get_by_role("button", name="Retry", exact=True).first.click()
    expect(page.get_by_text(re.compile("^Retrying: "))).to_be_visible()
    expect(message).to_contain_text(re.compile(r"Retried by @\S.* on .* at \d\d:\d\d"))
    expect(message.get_by_role("button", name="Retry", exact=True)).to_have_count(2)
    retried = min(runs, key=lambda run: run["state"]["timestamp"])
    assert stack.until(_sale_of(retried), lambda run: run["state_name"] == "Completed")["run_count"] == 2
    screens.picture("retried-in-slack")

    # The others are retried together.
    message.get_by_role("button", name="Retry all").click()
    page.get_by_role("dialog").get_by_role("button", name="Retry all").click()
    expect(page.get_by_text(re.compile("^The retry of all these runs has started"))).to_be_visible()
    expect(message).to_contain_text(re.compile("All retried by .* in Slack on"))
    expect(message.get_by_role("button")).to_have_count(0)
    screens.picture("all-retried-in-slack")
    assert {stack.ended(sale, tries=2)["state_name"] for sale in sales} == {"Completed"}
    assert not {"failed", "unavailable"} & {tag for sale in sales for tag in stack.ended(sale, tries=2)["tags"]}


def _sale_of(run: dict[str, object]) -> str:
    tags = run["tags"]
    assert isinstance(tags, list)
    return str(next(tag for tag in tags if tag.startswith("opportunity:")).partition(":")[2])
