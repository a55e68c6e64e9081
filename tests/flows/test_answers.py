"""Every way of answering ends in the same place: the run hears it once, acts on it, and the audit tells who (PUB-7)."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client

from flows.csm_assignment import csm_assignment
from rules.questions.questions import WAITING
from tests.support.asking import Worker, buttons, note_press, questions, read_run, resume, said, state_of
from tests.support.outcome import assert_onboarded, effects, outcome
from tests.support.runs import Run, audit_page, await_retry, latest_artifact, until
from tests.support.team import Team

pytestmark = pytest.mark.flows

CODES = ("LMS_Company_Id__c", "Recurly_Account_Id__c", "Recurly_Billing_URL__c")


async def test_onb_13_cs_operations_decide_by_a_button_which_modules_an_unknown_product_brings(sandbox, people):
    sale, worker = people.make_sale(contract={"Products__c": "Telehealth;Learning"}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    (question,) = questions(sandbox, run)
    assert {"Modules of Credentialing Software", "No modules for Telehealth"} <= set(buttons(question))
    key = await note_press(run.id, decision="Choose", topic="product telehealth", choice="Credentialing Software")
    run = await worker.resume(run.id, decided_by=key)
    assert state_of(run) == "Completed", run.state
    assert "credentialing-primary-source" in outcome(people, sale).companies[0]["modules"]
    report = await latest_artifact(f"onboarding-{sale.opportunity.lower()}")
    assert "Modules of Credentialing Software. Decided by pat.seller (Slack" in report
    (line,) = [line for line in await audit_page(sale.account) if line["field"] == "Answer"]
    assert line["after"] == "pat.seller: Choose product telehealth = Credentialing Software"
    assert line["system"] == "Slack"


async def test_onb_12_of_two_recurly_accounts_cs_operations_choose_one_in_the_dashboards_form(sandbox, people):
    sale, worker = people.make_sale(), Worker()
    sandbox.behaviour(recurly_account="twice")
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Suspended"
    first, second = [one for one in sandbox.state("recurly")["accounts"] if one["company"] == sale.company]
    (question,) = questions(sandbox, run)
    assert question["channel"] == "cs-operations"
    created = datetime.fromisoformat(second["created_at"]).astimezone(ZoneInfo("America/New_York")).date()
    label = f"{second['email']}, created {created}, code {second['code']}, no subscription"
    assert any(label.startswith(button.removesuffix("…")) for button in buttons(question))
    run = await worker.resume(run.id, decided_by="Dana Ops", choice_1=label)
    assert state_of(run) == "Completed", run.state
    assert people.read("Account", sale.account)["Recurly_Account_Id__c"] == second["id"] != first["id"]
    assert "Decided by Dana Ops (the dashboard, name not verified," in await latest_artifact(
        f"onboarding-{sale.opportunity.lower()}"
    )


async def test_a_choice_that_was_never_offered_decides_nothing(people):
    sale, worker = people.make_sale(contract={"Products__c": "Telehealth;Learning"}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    key = await note_press(run.id, decision="Choose", topic="product telehealth", choice="Everything")
    run = await worker.resume(run.id, decided_by=key)
    assert state_of(run) == "Suspended"


async def test_cancel_ends_the_run_with_nothing_written_and_retry_asks_anew(sandbox, people):
    sale, worker = people.make_sale(contact={"Phone": None}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    run = await worker.resume(run.id, decision="Cancel", decided_by="Dana Ops")
    assert state_of(run) == "Cancelled"
    assert "Dana Ops" in run.state.message
    assert WAITING not in run.tags
    (question,) = questions(sandbox, run)
    assert buttons(question) == {}
    assert "cancelled by Dana Ops" in said(question)
    assert outcome(people, sale).companies == []
    assert await resume(run.id) == "ABORT"
    await await_retry(Run(run.id, run.state))
    run = await worker.work(run.id)
    assert state_of(run) == "Suspended"
    assert len(questions(sandbox, run)) == 2
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert_onboarded(people, sale)


@pytest.mark.parametrize(
    "answer",
    [
        {"decision": None},
        {"decided_by": ""},
        {"decision": "Approve"},
        {"decided_by": 5},
        {"decided_by": "x" * 201},
        {"choice_1": "Everything"},
        {"more": "than asked"},
    ],
)
async def test_a_form_that_is_not_filled_in_as_asked_is_refused_and_the_run_waits_on(waiting_run, answer):
    assert await resume(waiting_run.id, **answer) == "REJECT"
    assert state_of(await read_run(waiting_run.id)) == "Suspended"


async def test_a_bare_resume_is_refused(waiting_run):
    async with get_client() as client:
        result = await client.resume_flow_run(waiting_run.id)
    assert result.status.value == "REJECT"


@pytest.fixture(scope="module")
async def waiting_run(people_of_the_org, blocks):  # noqa: ARG001 - runs find the stand-ins through the blocks
    """A run that waits, and that no test here wakes."""
    sale = people_of_the_org.make_sale(contract={"Products__c": "Telehealth;Learning"})
    return await Worker().start(opportunity_id=sale.opportunity)


@pytest.mark.long
async def test_two_answers_at_once_are_both_heard(people):
    sale, worker = people.make_sale(contract={"Products__c": "Telehealth;Radiology"}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    keys = [
        await note_press(run.id, decision="Choose", topic=f"product {name}", choice="Learning", who=who)
        for name, who in (("telehealth", "dana"), ("radiology", "omar"))
    ]
    outcomes = await asyncio.gather(*(resume(run.id, decided_by=key) for key in keys))
    assert sorted(outcomes) == ["ABORT", "ACCEPT"]
    run = await worker.work(run.id)
    assert state_of(run) == "Completed", run.state
    lines = [line["after"] for line in await audit_page(sale.account) if line["field"] == "Answer"]
    assert sorted(line.partition(":")[0] for line in lines) == ["dana", "omar"]


@pytest.mark.long
async def test_an_answer_that_comes_while_the_run_is_running_is_heard_before_it_rests(sandbox, people):
    sale, worker = people.make_sale(contract={"Products__c": "Telehealth;Learning"}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    sandbox.fault("slack", "slow", path="/api/chat.postMessage", seconds=0.6, times=2)
    since = sandbox.last()
    people.edit("Contact", sale.contact, Phone=None)
    working = asyncio.create_task(worker.resume(run.id, decided_by="Dana Ops"))
    await until(lambda: any("chat.postMessage" in one["path"] for one in sandbox.journal("slack", since)), working)
    await note_press(run.id, decision="Choose", topic="product telehealth", choice="-")
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    run = await working
    assert state_of(run) == "Completed", run.state


async def test_what_somebody_else_wrote_among_the_answers_is_left_aside(people):
    sale, worker = people.make_sale(contact={"Phone": None}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    async with get_client() as client:
        for number, value in enumerate(("not json", "[]", "{}", '{"who": 5, "decision": "Destroy"}')):
            body = {"key": f"answer-{number}", "value": value}
            await client.request("POST", f"/flow_runs/{run.id}/input", json=body)
    run = await worker.resume(run.id)
    assert state_of(run) == "Suspended", run.state


async def test_csm_2_the_team_lead_is_asked_and_a_csm_entered_on_the_account_is_the_answer(sandbox, people):
    team = Team(people)
    eva = team.named("Eva Rossi")
    enterprise = [one["Id"] for one in team.members("Enterprise") if one["IsActive"]]
    account, worker = team.account(Name="Nobody Clinic", MRR__c=9000), Worker(csm_assignment)
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    since = sandbox.last()
    with team.out_of_office(*enterprise, IsAllDayEvent=True, StartDateTime=f"{tomorrow}T00:00:00Z"):
        run = await worker.start(account_id=account)
        assert state_of(run) == "Suspended"
        (question,) = questions(sandbox, run)
        assert question["channel"] == "cs-operations"
        lead = people.read("User", eva["ManagerId"])
        (member,) = [one for one in sandbox.state("slack")["members"] if one["profile"]["email"] == lead["Email"]]
        assert f"<@{member['id']}>" in said(question)
        assert set(effects(sandbox, since)) <= {"POST /chat.postMessage", "POST /sobjects/*", "POST /sobjects/Event"}
        people.edit("Account", account, Customer_Success_Manager__c=eva["Id"])
        run = await worker.resume(run.id, decided_by=f"Salesforce (Account {account})")
    assert state_of(run) == "Completed", run.state
    assert people.read("Account", account)["Customer_Success_Manager_Leader__c"] == eva["ManagerId"]
