"""Ops skip a failed step from the dashboard's form, and have it done after all by the other form (CARD-5)."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screens import Screens
from tests.support.closing import close
from tests.support.stack import StackProcess

REASON = "The LMS refuses these modules until Monday."


@pytest.fixture(autouse=True)
def no_faults_left(stack: StackProcess):
    yield
    stack.sandbox.clear_faults()


def decide(screens: Screens, stack: StackProcess, deployment: str, values: dict[str, str]) -> None:
    """Fill in the form of a deployment in the default dashboard, start it, and wait for its good end."""
    found = stack.prefect.get(f"/deployments/name/steps/{deployment}").raise_for_status().json()
    page = screens.page
    page.goto(f"{screens.dashboard}/v2/deployments/deployment/{found['id']}/run")
    for title, value in values.items():
        page.get_by_label(title, exact=True).fill(value, timeout=20_000)
    screens.picture(deployment)
    with page.expect_response(re.compile("/create_flow_run$")) as started:
        page.get_by_role("button", name="Submit").click()
    ended = stack.ended_run(started.value.json()["id"])
    assert ended["state_name"] == "Completed", ended["state"]["message"]


def test_a_failed_step_is_skipped_and_later_redone_from_the_dashboards_forms(screens: Screens, stack: StackProcess):
    sale = stack.open_sale("Skipped Clinic")
    stack.sandbox.fault("lms", "error", path="/permissions", status=422, code="unknown_module", times=99)
    close(stack.sandbox, sale.opportunity)
    run = stack.ended(sale.opportunity)
    assert run["state_name"] == "Refused"
    stack.sandbox.clear_faults()
    (company,) = [one for one in stack.sandbox.state("lms")["companies"] if one["name"] == "Skipped Clinic"]
    step = {
        "Run": f"{screens.dashboard}/v2/runs/flow-run/{run['id']}",
        "Step": f"Set the modules of LMS company {company['id']}",
    }
    person = {"Your name": "Dana Wu", "Reason": REASON}

    decide(screens, stack, "skip-step", step | person)
    ended = stack.ended(sale.opportunity, tries=2)
    assert ended["state_name"] == "Completed"
    assert f"skipped by Dana Wu: {REASON}" in ended["state"]["message"]
    screens.page.goto(step["Run"])
    expect(screens.page.get_by_text(re.compile("^LMS company .* signed up for Skipped Clinic")).first).to_be_visible()
    screens.picture("skipped")

    decide(screens, stack, "redo-step", step | person)
    ended = stack.ended(sale.opportunity, tries=3)
    assert "skipped" not in ended["state"]["message"]
    (company,) = [one for one in stack.sandbox.state("lms")["companies"] if one["name"] == "Skipped Clinic"]
    assert company["modules"]
