"""Where Prefect asks for a login and CSRF tokens, people log in once, and every button and form works as before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import Screens
from tests.support.closing import EFFECTS, close, effects, hire, outside_slack
from tests.support.guarded import AUTH, GUARDED
from tests.support.stack import StackProcess, running_stack

pytestmark = [pytest.mark.xdist_group("guarded dashboard"), pytest.mark.timeout(900)]

UNAVAILABLE = {"system": "lms", "kind": "error", "status": 503, "times": 99}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    with running_stack(tmp_path_factory.mktemp("guarded"), LIFECYCLE_CONCURRENCY="4", **GUARDED) as stack:
        hire(stack.sandbox, 2)
        yield stack


@pytest.fixture
def screens(page: Page, guarded: StackProcess, tmp_path: Path) -> Screens:
    return Screens(page, guarded, tmp_path)


def log_in(screens: Screens) -> None:
    """Answer the login. It is one for both of Prefect's interfaces, and for every page of them."""
    page = screens.page
    page.goto(f"{screens.dashboard}/v2/")
    password = page.get_by_placeholder("admin:pass")
    expect(password).to_be_visible()
    screens.picture("login")
    password.fill(AUTH)
    page.get_by_role("button", name="Login").click()
    expect(password).to_have_count(0)


def failed(stack: StackProcess, company: str) -> tuple[str, str, int]:
    """A sale whose onboarding failed at the LMS, which is there again; opportunity, run, the journal's place."""
    sale, since = stack.open_sale(company), stack.sandbox.last()
    stack.sandbox.fault(**UNAVAILABLE)
    close(stack.sandbox, sale.opportunity)
    run = stack.ended(sale.opportunity)
    stack.sandbox.clear_faults()
    assert run["state_name"] == "Unavailable"
    return sale.opportunity, run["id"], since


def test_a_form_and_a_retry_of_the_dashboard_work_after_the_login(screens: Screens, guarded: StackProcess) -> None:
    opportunity, run, since = failed(guarded, "Login Clinic")
    log_in(screens)

    screens.retry(run)
    assert guarded.ended(opportunity, tries=2)["state_name"] == "Completed"
    assert outside_slack(effects(guarded.sandbox, since)) == outside_slack(EFFECTS)

    page = screens.page
    check = guarded.prefect.get("/deployments/name/check/check").raise_for_status().json()["id"]
    page.goto(f"{screens.dashboard}/v2/deployments/deployment/{check}/run")
    with page.expect_response(lambda answer: answer.url.endswith("/create_flow_run")) as started:
        page.get_by_role("button", name="Submit").click()
    assert guarded.ended_run(started.value.json()["id"])["state_name"] == "Completed"


def test_a_button_in_slack_retries_a_run(screens: Screens, guarded: StackProcess) -> None:
    opportunity, _, since = failed(guarded, "Button Clinic")
    screens.page.goto(screens.slack)
    screens.page.get_by_role("link", name="# cs-operations").click()
    screens.page.get_by_label("You are").select_option(index=1)

    screens.message("Button Clinic").get_by_role("button", name="Retry", exact=True).first.click()

    assert guarded.ended(opportunity, tries=2)["state_name"] == "Completed"
    assert outside_slack(effects(guarded.sandbox, since)) == outside_slack(EFFECTS)
