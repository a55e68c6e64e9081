"""What has drifted in the demo world is shown, previewed, repaired, and gone in the next report (REC-1, REC-2)."""

import json
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.scenarios.drifting import DRIFTS
from tests.browser.screens import Screens
from tests.support.closing import close
from tests.support.page_rows import rows_of
from tests.support.scale import cases
from tests.support.stack import StackProcess

pytestmark = pytest.mark.xdist_group("browser")  # one stack for both tests

SENTENCE_OF = {drifting.company: drifting.sentence for drifting in DRIFTS}
BY_HAND, IN_SLACK = "Fir Hospice", "Elder Clinic"
OTHERS = cases(sorted(SENTENCE_OF.keys() - {BY_HAND, IN_SLACK}), "Iris Labs", "UPMC Hawthorne")
"""Repaired as well; every one of them by `make test-long`."""


@pytest.fixture
def screens(page: Page, demo: StackProcess, tmp_path: Path) -> Screens:
    return Screens(page, demo, tmp_path)


def offenders(stack: StackProcess) -> dict[str, set[str]]:
    """The sentences that the latest report names for each drifted client of the demo world."""
    named: dict[str, set[str]] = {}
    for row in json.loads(stack.newest_artifact("drift-offenders")["data"]):
        if row["Client"] in SENTENCE_OF:
            named.setdefault(row["Client"], set()).add(row["Sentence"].replace("\\", ""))
    return named


def account_of(stack: StackProcess, company: str) -> str:
    endings = stack.sandbox.state("salesforce")["endings"]
    return str(next(one["account_id"] for one in endings if one["name"] == company))


def repaired_by(stack: StackProcess) -> list[dict[str, Any]]:
    """The runs that the latest table of repairs links to, at their end."""
    rows = rows_of(stack.newest_artifact("drift-repairs")["data"])
    ids = [match[1] for row in rows if (match := re.search(r"flow-run/([0-9a-f-]{36})", row["Run"]))]
    return [stack.ended_run(run_id) for run_id in ids]


def started_by(stack: StackProcess, repairs: list[str]) -> list[str]:
    """The names of the final states of the runs that these repairs have started."""
    runs = stack.prefect.post("/flow_runs/filter", json={}).raise_for_status().json()
    own = [one for one in runs if (one["idempotency_key"] or "").split(":")[:2] in [["repair", run] for run in repairs]]
    return [stack.ended_run(one["id"])["state_name"] for one in own]


def company_in_lms(stack: StackProcess, company: str) -> dict[str, Any]:
    return next(one for one in stack.sandbox.state("lms")["companies"] if one["name"] == company)


def pressed(screens: Screens, stack: StackProcess, message: Locator, button: str) -> dict[str, Any]:
    """Press a button below the sentence about modules; the company once all is done that it starts."""
    known = {one["id"] for one in repairs(stack)}
    below = "xpath=.//*[contains(text(), 'permission matrix')]/following::button[normalize-space()='{}'][1]"
    message.locator(below.format(button)).click()
    if button == "Repair":
        screens.page.get_by_role("dialog").get_by_role("button", name="Start").click()
    reply = "The repair has started" if button == "Repair" else "The preview of the repair has started"
    expect(screens.page.get_by_text(re.compile(reply)).last).to_be_visible()
    (started,) = [one for one in repairs(stack) if one["id"] not in known]
    assert stack.ended_run(started["id"])["state_type"] == "COMPLETED"
    assert all(one["state_type"] == "COMPLETED" for one in repaired_by(stack))
    return company_in_lms(stack, IN_SLACK)


def repairs(stack: StackProcess) -> list[dict[str, Any]]:
    """Every run of the repair's deployment."""
    there = stack.prefect.get("/deployments/name/reconciliation/repair").raise_for_status().json()
    which = {"deployments": {"id": {"any_": [there["id"]]}}}
    return list(stack.prefect.post("/flow_runs/filter", json=which).raise_for_status().json())


@pytest.mark.long
@pytest.mark.timeout(900)
def test_rec_2_each_drift_is_shown_previewed_repaired_and_gone(screens: Screens, demo: StackProcess) -> None:
    report = demo.run_to_end("reconciliation/reconciliation", full=True)
    assert report["state_name"] == "Completed", report["state"]["message"]
    assert offenders(demo) == {company: {sentence} for company, sentence in SENTENCE_OF.items()}

    # The page: a picture, a section for each sentence, links into Salesforce.
    page = screens.page
    page.goto(f"{screens.dashboard}/artifacts/artifact/{demo.newest_artifact('drift')['id']}")
    expect(page.get_by_role("heading", name=re.compile("users, locations and amount"))).to_be_visible()
    picture = page.get_by_role("img", name="Open offenders of the last 30 days")
    assert picture.evaluate("image => image.naturalWidth") > 0
    line = page.get_by_role("listitem").filter(has_text=BY_HAND)
    assert account_of(demo, BY_HAND) in str(line.get_by_role("link", name=BY_HAND).get_attribute("href"))
    screens.picture("drift")

    # One offender is repaired from its line: the form is filled in.
    page.goto(str(line.get_by_role("link", name="Repair").get_attribute("href")))
    expect(page.get_by_text("users_equal_the_contracts").first).to_be_visible()
    screens.picture("repair-form")
    with page.expect_response(re.compile("/create_flow_run$")) as started:
        page.get_by_role("button", name="Submit").click()
    assert demo.ended_run(started.value.json()["id"])["state_name"] == "Completed"
    assert [one["state_name"] for one in repaired_by(demo)] == ["Completed"]
    assert company_in_lms(demo, BY_HAND)["userCount"] == 40

    # Another one is previewed and repaired from the message in Slack.
    screens.channel("Tara Lindqvist")
    message = screens.message("New drift between the systems")
    screens.picture("drift-in-slack")
    assert len(pressed(screens, demo, message, "Preview the repair")["modules"]) == 2
    assert len(pressed(screens, demo, message, "Repair")["modules"]) == 3

    # The others are repaired from the command line's deployment; the next report names none of them.
    asked = [
        demo.start_run(
            "reconciliation/repair", sentence=SENTENCE_OF[one], account_ids=[account_of(demo, one)], preview=False
        )
        for one in OTHERS
    ]
    assert {demo.ended_run(run_id)["state_name"] for run_id in asked} == {"Completed"}
    assert Counter(started_by(demo, asked)) == {"Completed": len(OTHERS)}
    assert demo.run_to_end("reconciliation/reconciliation", full=True)["state_name"] == "Completed"
    repaired = {BY_HAND, IN_SLACK, *OTHERS}
    assert offenders(demo) == {one: {of} for one, of in SENTENCE_OF.items() if one not in repaired}


@pytest.mark.timeout(600)
def test_rec_1_a_sale_whose_message_was_never_delivered_is_onboarded_within_its_hour(demo: StackProcess) -> None:
    sale = next(one for one in demo.sandbox.state("salesforce")["demo"] if "all in order" in one["name"])
    # A message may take ten minutes: the sale is won on another day, as a trial may move the stand-ins' date.
    today = datetime.now(ZoneInfo("America/New_York")).date()
    demo.sandbox.clock((today + timedelta(days=1)).isoformat())
    with demo.untold():
        close(demo.sandbox, sale["opportunity_id"])
    demo.sandbox.clock(today.isoformat())
    assert demo.run_of(sale["opportunity_id"]) is None
    assert demo.run_to_end("reconciliation/reconciliation", full=False)["state_name"] == "Completed"
    assert demo.ended(sale["opportunity_id"])["state_name"] == "Completed"
