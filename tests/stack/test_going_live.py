"""The way of docs/going-live on a whole stack: an org without anything of ours, until `lifecycle check` is green."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import NamedTuple

import httpx
import pytest

from tests.support.closing import close
from tests.support.commands import beside, lifecycle
from tests.support.metadata import GO_LIVE, SOURCE, admin, assign, deploy, found, package
from tests.support.stack import ROOT, running_stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

USER = "integration@sandbox.example"
AUTHORIZE = [sys.executable, "-m", "deployments.cli", "authorize", "outreach", "--paste"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("bare"), world="bare") as stack:
        yield stack


def blocks(stack, slug):
    which = {"block_types": {"slug": {"any_": [slug]}}, "include_secrets": True}
    return stack.prefect.post("/block_documents/filter", json=which).raise_for_status().json()


def edit(stack, slug, **fields):
    """Edit a block, as its form in the dashboard does."""
    (block,) = blocks(stack, slug)
    change = {"data": fields, "merge_existing_data": True}
    stack.prefect.patch(f"/block_documents/{block['id']}", json=change).raise_for_status()


def seed(stack, *records):
    return stack.sandbox.seed(salesforce={"records": list(records)})["salesforce"]["ids"]


def errors(words):
    """What is wrong, by area, and the pages that mend it."""
    part = words.partition("Errors\n")[2].partition("\n\n")[0]
    areas = {line.strip().partition(":")[0] for line in part.splitlines() if line[:3].strip()}
    return areas, set(re.findall(r"Set-up: (\S+)", part)), part


def test_from_a_bare_org_to_shadow_mode_one_live_account_and_all(stack):
    # Shadow mode comes first: the schedules run before anything is connected.
    going_live(stack, mode="shadow")
    assert start_page_mode(stack) == "Shadow mode: every run only previews."
    (slack,) = blocks(stack, "slack-workspace")
    stack.prefect.delete(f"/block_documents/{slack['id']}").raise_for_status()
    edit(stack, "outreach-app", refresh_token="none yet")

    code, words = lifecycle(stack, "check")
    assert code == 1, words
    areas, pages, part = errors(words)
    assert {"Salesforce", "Slack", "Outreach"} <= areas <= {"Salesforce", "Slack", "Outreach", "Receiver"}
    assert {f"docs/going-live/{area.lower()}.md" for area in ("Salesforce", "Slack", "Outreach")} <= pages
    assert all((ROOT / page).is_file() for page in pages)
    for name in ("Account", "Opportunity", "Contract", "Customer_Onboarding__c", "User.CS_Role__c"):
        assert f"Salesforce: {name}" in part
    assert "Onboarding Report" in part

    with admin(stack.sandbox) as org:
        assert deploy(org, package(SOURCE))["status"] == "Succeeded"
        code, words = lifecycle(stack, "check")
        assert code == 1
        assert "Salesforce: Account" in words, "the fields are there, but the user may not see them"
        assign(org, USER)
        (report,) = found(org, "SELECT Id FROM Report")
        assert deploy(org, package(GO_LIVE))["status"] == "Succeeded"
    edit(stack, "salesforce-org", onboarding_report_id=report["Id"])
    new = {name: slack[name] for name in ("block_type_id", "block_schema_id", "name", "data")}
    stack.prefect.post("/block_documents/", json=new).raise_for_status()
    authorize(stack)
    team(stack)

    code, words = lifecycle(stack, "check")
    assert code == 0, words
    assert words.splitlines()[-1].startswith("0 errors, ")

    # The messages are on: a sale that is closed in Salesforce has a run. Then one account is live, then all.
    first, second = sale(stack, "First"), sale(stack, "Second")
    for sold in (first, second):
        close(stack.sandbox, sold.opportunity)
        assert stack.ended(sold.opportunity)["state_name"] == "Previewed"
    assert companies(stack) == set()

    going_live(stack, mode="shadow", live_accounts=[first.account])
    assert [onboarded(stack, sold) for sold in (first, second)] == ["Completed", "Previewed"]
    assert companies(stack) == {first.account}

    going_live(stack, mode="live")
    assert onboarded(stack, second) == "Completed"
    assert companies(stack) == {first.account, second.account}

    # What was planned in shadow mode is what was done; then everything is stopped, and goes on.
    this_week = datetime.now(UTC).date().isoformat()
    report = stack.run_to_end("shadow-report/shadow-report", week=this_week)
    assert "people did 100 % the same" in report["state"]["message"], report["state"]
    third = sale(stack, "Third")
    assert lifecycle(stack, "stop", "--reason", "wrong prices")[0] == 0
    close(stack.sandbox, third.opportunity)
    assert stack.ended(third.opportunity)["state_name"] == "Stopped"
    assert start_page_mode(stack).startswith("Stopped: no run does anything. Reason: wrong prices.")
    assert lifecycle(stack, "start")[0] == 0
    assert lifecycle(stack, "retry", "--class", "stopped")[0] == 0
    assert stack.ended(third.opportunity, tries=2)["state_name"] == "Completed"


class Sale(NamedTuple):
    """The ids of a sale's records."""

    account: str
    opportunity: str


def going_live(stack, **settings):
    """Edit the section *Going live* of the policy."""
    edit(stack, "lifecycle-policy", going_live=settings)


def onboarded(stack, sold):
    """The final state of an onboarding of a sale; a preview says that it is one of shadow mode."""
    run = stack.run_to_end("onboarding/onboarding", opportunity_id=sold.opportunity)
    assert (run["state_name"] == "Previewed") is run["name"].startswith("Shadow: "), run["state"]
    return run["state_name"]


def start_page_mode(stack):
    """The first line of the start page, once it is updated."""
    stack.run_to_end("waiting/reminders")
    return stack.newest_artifact("lifecycle-home")["data"].split("\n\n")[1]


def companies(stack):
    """The accounts that the LMS has companies of."""
    return {company["accountId"] for company in stack.sandbox.state("lms")["companies"]}


def authorize(stack):
    """Open the address that the command prints, and paste the one to which the browser is sent."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(AUTHORIZE, cwd=stack.project, env=beside(stack), **pipes) as command:
        while not (address := command.stdout.readline().strip()).startswith("http"):
            assert command.poll() is None
        sent = httpx.get(address, trust_env=False).headers["location"]
        words, _ = command.communicate(f"{sent}\n")
    assert command.returncode == 0, words
    assert "The tokens are stored" in words


def team(stack):
    """A team lead and a CSM, whom an admin gave role and segments."""
    names = {"FirstName": "Lena", "LastName": "Team", "Email": "lena@team.example", "Username": "lena@team.example"}
    (lead,) = seed(stack, {"type": "User", **names, "CS_Role__c": "Team Lead"})
    names = {"FirstName": "Cleo", "LastName": "Team", "Email": "cleo@team.example", "Username": "cleo@team.example"}
    seed(stack, {"type": "User", **names, "CS_Role__c": "CSM", "CS_Segments__c": "SMB", "ManagerId": lead})


def sale(stack, name):
    """A sale in negotiation, with everything in order."""
    (account,) = seed(stack, {"type": "Account", "Name": f"{name} Clinic", "MRR__c": 100.0})
    address = f"jane@{name.lower()}.example"
    person = {"FirstName": "Jane", "LastName": "Doe", "Email": address, "Phone": "+1 555 0100"}
    terms = {"User_Count__c": 26, "Plan_Amount__c": 850, "Service_Level__c": "premium"}
    days = {"StartDate": "2026-11-01", "Billing_Start_Date__c": "2026-12-01"}
    contact, contract = seed(
        stack,
        {"type": "Contact", "AccountId": account, **person},
        {"type": "Contract", "AccountId": account, **terms, **days, "Products__c": "Learning;Compliance"},
    )
    today = datetime.now(UTC).date().isoformat()
    opened = {"StageName": "Negotiation/Review", "CloseDate": today, "Type": "New Business"}
    sold = {"Services_Included__c": "Learning;Compliance", "Service_Level__c": "basic"}
    named = {"Name": f"{name} Clinic: new business", "AccountId": account, "ContractId": contract}
    (opportunity,) = seed(stack, {"type": "Opportunity", **named, **opened, **sold})
    seed(
        stack,
        {"type": "OpportunityContactRole", "OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True},
    )
    return Sale(account, opportunity)
