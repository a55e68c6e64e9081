"""Ops re-run a failed step from the dashboard, and nothing that was done is done again (CARD-5)."""

import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.screens import Screens
from tests.support.closing import EFFECTS, close, effects
from tests.support.scale import EVERY_CASE
from tests.support.stack import StackProcess

FILLING_IN = {
    "system": "salesforce",
    "kind": "error",
    "path": "composite$",
    "status": 503,
    "code": "SERVER_UNAVAILABLE",
    "skip": 2,
    "times": 99,
}
"""The last call of an onboarding; team and books are read, and the CSM is written, by calls of the same path."""


def failed_at_the_onboarding_record(stack: StackProcess, company: str) -> tuple[str, str, int]:
    """A closed sale whose onboarding has failed at its last step; its opportunity, its run, the journal's place."""
    sale = stack.open_sale(company)
    since = stack.sandbox.journal()[-1]["n"]
    stack.sandbox.fault(**FILLING_IN)
    close(stack.sandbox, sale.opportunity)
    run = stack.ended(sale.opportunity)
    assert run["state_name"] == "Unavailable"
    assert "press Retry" in run["state"]["message"]
    stack.sandbox.clear_faults()
    return sale.opportunity, run["id"], since


def test_retry_does_only_what_was_not_done(screens: Screens, stack: StackProcess):
    opportunity, run_id, since = failed_at_the_onboarding_record(stack, "Retry Clinic")
    mended = stack.sandbox.journal()[-1]["n"]

    screens.retry(run_id)

    expect(screens.page.get_by_text("Completed", exact=True).first).to_be_visible(timeout=120_000)
    assert stack.ended(opportunity, tries=2)["state_name"] == "Completed"
    assert effects(stack.sandbox, since) == EFFECTS
    assert effects(stack.sandbox, mended) == {("salesforce", "POST", "/composite"): 1}


if EVERY_CASE:  # tests/flows/test_repeats.py asks the same without a browser

    def test_retry_after_a_comment_was_edited_in_a_finished_step_repeats_nothing(screens: Screens, stack: StackProcess):
        opportunity, run_id, since = failed_at_the_onboarding_record(stack, "Comment Clinic")
        source = stack.project / "tasks" / "lms.py"
        text = source.read_text()
        edited = text.replace("async def sign_up(", "async def sign_up(  # a hot-fix leaves its trace\n    ")
        assert edited != text
        source.write_text(edited)

        screens.retry(run_id)

        assert stack.ended(opportunity, tries=2)["state_name"] == "Completed"
        assert effects(stack.sandbox, since) == EFFECTS

    def test_retry_after_the_kept_results_were_lost_repeats_nothing(screens: Screens, stack: StackProcess):
        opportunity, run_id, since = failed_at_the_onboarding_record(stack, "Storage Clinic")
        shutil.rmtree(stack.home / "prefect" / "storage")

        screens.retry(run_id)

        assert stack.ended(opportunity, tries=2)["state_name"] == "Completed"
        assert effects(stack.sandbox, since) == EFFECTS


@pytest.fixture(autouse=True)
def no_faults_left(stack: StackProcess):
    yield
    stack.sandbox.clear_faults()
