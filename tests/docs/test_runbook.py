"""Every error that a person can meet has its card in the runbook, and its message names the card (D-3)."""

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from prefect.flows import load_flow_from_entrypoint
from prefect.states import Completed, Failed
from rich.console import Console

from deployments.provisioning.check import show
from rules.health.findings import Finding, HealthChange, Severity
from rules.questions.failure_classes import CLASSES, FailureClass
from rules.questions.failures import grouped
from tasks.core.runbook import (
    CHECKS,
    COMMAND_CARD,
    DOCS_URL,
    STATES,
    finding_card,
    state_card,
    with_card,
    without_card,
)
from tasks.health.declared import declared
from tasks.health.reports import health_message, health_page
from tasks.questions.failure_hook import note_failure
from tasks.questions.failure_messages import failure_message
from tasks.questions.failure_reports import failures_page
from tests.docs.cards import cards, kinds, states
from tests.rules.builders.failures import failures

SITE = "https://docs.example/lifecycle"
REPOSITORY = "https://git.example/team/lifecycle/blob/main/docs"
ZONE = ZoneInfo("America/New_York")


@pytest.fixture(params=["", SITE])
def docs(request, monkeypatch):
    """Without and with an address of the docs."""
    monkeypatch.setenv(DOCS_URL, request.param)
    return request.param


def in_slack(card):
    return f"<{card.url}|{card.label}>" if card.url else card.label


@pytest.mark.parametrize("state", states())
def test_every_final_state_has_a_card(state):
    assert "- **Symptom**" in cards(STATES)[state]


@pytest.mark.parametrize("failure", CLASSES, ids=lambda failure: failure.slug)
def test_the_card_of_a_failure_says_what_its_class_says(failure: FailureClass):
    card = cards(STATES)[failure.state]
    assert f"- **Who acts**: {failure.who}.\n" in card
    assert "- **What to do**" in card.replace("**Cause** and **what to do**", "**What to do**")
    assert ("**Retry**" in card.partition("- **Button**")[2]) is failure.retryable


def test_the_error_of_a_command_has_a_card():
    assert "- **Symptom**" in cards(COMMAND_CARD.page)[COMMAND_CARD.title]


@pytest.mark.parametrize("kind", kinds())
def test_every_finding_of_the_check_has_a_card(kind):
    card = cards(CHECKS)[finding_card(Finding("Area", "x", Severity.ERROR, "", kind)).title]
    assert [part for part in ("- **Symptom**", "- **Who acts**", "- **What to do**") if part not in card] == []


def test_no_card_of_the_check_is_left_without_a_finding():
    titles = {finding_card(Finding("Area", "x", Severity.ERROR, "", kind)).title for kind in kinds()}
    assert set(cards(CHECKS)) == titles


@pytest.mark.usefixtures("docs")
@pytest.mark.parametrize("failure", CLASSES, ids=lambda failure: failure.slug)
def test_the_message_in_slack_and_the_page_of_failures_link_to_the_card(failure: FailureClass):
    runs, card = failures(2, state=failure.state), state_card(failure.state)
    text, blocks = failure_message(grouped(runs), (), ZONE, "https://p.example")
    assert in_slack(card) in text
    assert in_slack(card) in blocks[1]["text"]["text"]
    page = failures_page(runs, ZONE)
    assert (f"[Runbook: {failure.state}]({card.url})" if card.url else f"Runbook: {failure.state} (docs/") in page


@pytest.mark.parametrize("state", states())
def test_the_message_of_a_failed_run_ends_with_its_card_and_pages_can_leave_it_out(state, docs):
    failed = with_card(Failed(name=state, message="Runbook: of a vendor."))
    assert failed.message.startswith("Runbook: of a vendor. Runbook: ")
    assert failed.message.endswith(f"{SITE}/runbook.html#{state.lower().replace(' ', '-')}" if docs else "runbook.md)")
    assert without_card(failed.message) == "Runbook: of a vendor."


@pytest.mark.parametrize("entry", declared(), ids=lambda entry: entry["name"])
def test_every_deployment_is_a_procedure_whose_failures_have_a_card(entry):
    assert note_failure in load_flow_from_entrypoint(entry["entrypoint"]).on_failure_hooks


@pytest.mark.usefixtures("docs")
@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.WARNING])
def test_each_error_and_warning_of_the_check_links_to_its_card_wherever_people_read_it(severity):
    finding = Finding("Slack", "scope chat:write", severity, "Add it", "scope")
    card, out = finding_card(finding), Console(file=io.StringIO(), width=200)
    show([finding], out, every=False)
    assert str(card) in out.file.getvalue()
    assert in_slack(card) in health_message(HealthChange(broken=(finding,)), [finding], "https://p.example/page")
    page = health_page([finding], datetime(2027, 3, 1, 12, tzinfo=ZONE))
    assert (f"[Runbook: Scope]({card.url})" if card.url else "Runbook: Scope (docs/runbook-check.md)") in page


def test_a_run_that_did_not_fail_has_its_own_message_alone():
    assert with_card(Completed(name="Out of scope", message="Done.")).message == "Done."
    assert without_card("Done.") == "Done."
    assert without_card(None) == ""


def test_in_a_web_view_of_the_repository_the_link_leads_to_the_file(monkeypatch):
    monkeypatch.setenv(DOCS_URL, f"{REPOSITORY}/")
    assert state_card("Out of sync").url == f"{REPOSITORY}/runbook.md#out-of-sync"
