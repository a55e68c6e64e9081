"""`lifecycle check` prints the worst first, within the width of the terminal, and cuts nothing."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from blocks.policy.block import Policy
from deployments.provisioning.check import show
from rules.health.findings import Finding, Severity
from tasks.core.runbook import set_up_page
from tasks.health.connection_checks import CONNECTIONS, decider_check

ROOT = Path(__file__).parents[3]
LONG = "Customer_Onboarding__c.Send_Onboarding_Email__c"
FINDINGS = [
    Finding("Prefect", "deployment onboarding", Severity.FINE, "deployed"),
    Finding("Salesforce", "Account.MRR__c", Severity.FINE, "readable"),
    Finding("Salesforce", "Account.Health__c", Severity.FINE, "readable"),
    Finding(
        "Salesforce", LONG, Severity.ERROR, "Not writable. Give the integration user edit access to the field " * 3
    ),
    Finding("Policy", "CS Operations", Severity.WARNING, "The list is empty"),
]


def printed(*, every=False, width=80):
    out = Console(file=io.StringIO(), width=width)
    show(FINDINGS, out, every=every)
    return out.file.getvalue()


def test_the_worst_comes_first_and_the_last_line_counts():
    text = printed()
    places = [text.index(word) for word in ("Errors", LONG, "Warnings", "CS Operations", "Fine", "2 Account fields")]
    assert places == sorted(places)
    assert text.splitlines()[-1] == "1 error, 1 warning, 3 fine"


@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("width", [50, 80])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_cut(every, width):
    text = printed(every=every, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    whole = "".join(text.split())
    for finding in FINDINGS:
        if every or finding.severity is not Severity.FINE:
            assert "".join(finding.name.split()) in whole
            assert "".join(finding.message.split()) in whole


def test_the_details_of_what_is_fine_are_shown_on_request():
    assert "deployed" not in printed()
    assert "deployed" in printed(every=True)


def test_an_empty_list_of_who_may_decide_is_a_warning_and_a_filled_one_is_fine():
    empty = decider_check(Policy())
    assert (empty.ok, empty.only_warns) == (False, True)
    assert "#cs-operations" in empty.message
    assert decider_check(Policy(cs_operations=["pat@seller.example"])).ok


def test_an_error_names_the_page_that_sets_its_system_up_and_a_warning_does_not():
    lines = [line.strip() for line in printed(width=400).splitlines()]
    assert lines.count("Set-up: docs/going-live/salesforce.md") == 1
    assert lines.index("Set-up: docs/going-live/salesforce.md") < lines.index("Warnings")


@pytest.mark.parametrize("area", [*CONNECTIONS, "Prefect", "Security", "Receiver"])
def test_each_system_has_a_page_of_its_set_up(area):
    assert (ROOT / set_up_page(area).removeprefix("Set-up: ")).is_file()
    assert set_up_page("Policy") == ""


def test_the_page_is_linked_where_the_docs_are_a_site(monkeypatch):
    monkeypatch.setenv("LIFECYCLE_DOCS_URL", "https://docs.example.com/")
    assert set_up_page("Slack") == "Set-up: https://docs.example.com/going-live/slack.html"
