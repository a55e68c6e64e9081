"""Asking people: one precise question, and nothing is created before it is settled (PUB-3, PUB-7, D-4)."""

import asyncio
from typing import Any

import pytest
from prefect import State
from prefect.flow_engine import run_flow

from flows.onboarding import onboarding
from rules.common.problems import HumanInputRequired, Problem, Responsible
from rules.common.records import Person
from rules.questions.questions import WAITING
from tasks.procedure import Run as Procedure
from tasks.procedure import procedure
from tasks.questions.subject import QuestionSubject
from tests.support.asking import Worker, buttons, questions, read_run, said, state_of
from tests.support.outcome import MESSAGE, announcements, assert_onboarded, calls, effects, outcome
from tests.support.runs import Run, audit_page, await_retry, latest_artifact, until

pytestmark = pytest.mark.flows

FAULTS = {"contact": {"Phone": None}, "contract": {"User_Count__c": 0, "Service_Level__c": None}}
WRITTEN = ("lms", "salesforce", "recurly")


def written(sandbox, sale):
    """What was changed for a sale since it was closed, people's own repairs and Slack aside."""
    entries = [one for one in sandbox.effects(since=sale.since) if one["system"] in WRITTEN]
    return [one for one in entries if "/sobjects/" not in one["path"]]


def repair(people, sale, *fields):
    """Put right what `FAULTS` broke."""
    good = {"Phone": "+1 212 555 0142", "User_Count__c": 40, "Service_Level__c": "standard"}
    for field in fields:
        sobject, record = ("Contact", sale.contact) if field == "Phone" else ("Contract", sale.contract)
        people.edit(sobject, record, **{field: good[field]})


async def test_pub_3_three_faults_are_one_question_then_what_is_left_and_nothing_is_written_before(sandbox, people):
    sale, worker = people.make_sale(**FAULTS), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Suspended"
    who, _, what = run.state.message.removesuffix(".").partition(": ")
    assert who == "Waits for Integration User (sales)"
    assert sorted(what.split(", ")) == ["Phone", "Service Level", "User Count"]
    assert WAITING in run.tags
    (first,) = questions(sandbox, run)
    told = ("Service Level", "User Count", "Phone", f"/{sale.contract}/view", f"/{sale.contact}/view", str(run.id))
    assert [part for part in told if part not in said(first)] == []
    assert set(buttons(first)) == {"Check again", "Cancel this onboarding"}
    repair(people, sale, "Phone", "User_Count__c")
    run = await worker.resume(run.id)
    assert state_of(run) == "Suspended"
    before, second = questions(sandbox, run)
    assert buttons(before) == {}
    assert "Contract: User Count is fixed" in said(second)
    assert "Contact: Phone is fixed" in said(second)
    assert "Service Level* is empty" in said(second)
    assert "Phone* is" not in said(second)
    assert written(sandbox, sale) == []
    repair(people, sale, "Service_Level__c")
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert_onboarded(people, sale)
    assert WAITING not in run.tags
    assert "all fixed" in said(questions(sandbox, run)[1])


async def test_onb_4_the_question_answers_to_the_announcement_and_mentions_the_owner(sandbox, people):
    sale = people.make_sale(contract={"Service_Level__c": None})
    run = await Worker().start(opportunity_id=sale.opportunity)
    (notice,), (question,) = announcements(sandbox, sale.opportunity), questions(sandbox, run)
    assert (question["channel"], question["thread_ts"]) == ("sales", notice["ts"])
    owner = people.read("User", people.read("Opportunity", sale.opportunity)["OwnerId"])
    (member,) = [one for one in sandbox.state("slack")["members"] if one["profile"]["email"] == owner["Email"]]
    assert f"<@{member['id']}>" in said(question)


async def test_pub_7_a_change_that_fixes_nothing_posts_nothing_but_shows_what_is_found_now(sandbox, people):
    sale, worker = people.make_sale(contract={"User_Count__c": -5}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    people.edit("Contract", sale.contract, User_Count__c=-7)
    run = await worker.resume(run.id, decided_by=f"Salesforce (Contract {sale.contract})")
    assert state_of(run) == "Suspended"
    (question,) = questions(sandbox, run)
    assert "User Count* is -7" in said(question)
    assert effects(sandbox, sale.since)[MESSAGE] == 2
    since = sandbox.last()
    await worker.resume(run.id, decided_by=f"Salesforce (Contract {sale.contract})")
    assert calls(sandbox, since)["slack"] <= 2
    assert effects(sandbox, since) == {}


async def test_pub_7_whoever_asks_to_check_again_sees_that_it_was_checked(sandbox, people):
    sale, worker = people.make_sale(contract={"User_Count__c": 0}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    run = await worker.resume(run.id, decided_by="Dana Ops")
    (question,) = questions(sandbox, run)
    assert "Checked again by Dana Ops, " in said(question)


async def test_a_run_that_is_run_again_or_twice_at_once_posts_its_question_once(sandbox, people):
    sale, worker = people.make_sale(contract={"User_Count__c": 0}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    assert run.state is not None
    await await_retry(Run(run.id, run.state))
    due = await read_run(run.id)
    twice = (run_flow(onboarding, flow_run=due, return_type="state") for _ in range(2))
    await asyncio.gather(*twice, return_exceptions=True)
    run = await worker.work(run.id)
    assert state_of(run) == "Suspended"
    assert len(questions(sandbox, run)) == len(announcements(sandbox, sale.opportunity)) == 1


@pytest.mark.long
async def test_a_record_that_is_repaired_while_the_question_is_put_is_not_overlooked(sandbox, people):
    sale, worker = people.make_sale(contract={"User_Count__c": 0}), Worker()
    sandbox.fault("slack", "slow", path="/api/chat.postMessage", seconds=0.6, times=2)
    working = asyncio.create_task(worker.start(opportunity_id=sale.opportunity))
    await until(lambda: any("chat.postMessage" in one["path"] for one in sandbox.journal("slack", sale.since)), working)
    repair(people, sale, "User_Count__c")
    run = await working
    assert state_of(run) == "Completed", run.state
    assert_onboarded(people, sale)


@pytest.mark.usefixtures("every_link_leads")
async def test_sales_and_cs_operations_are_asked_at_once_each_where_they_are(sandbox, people):
    sale = people.make_sale(contact={"Phone": None}, contract={"Products__c": "Learning;Telehealth"})
    run = await Worker().start(opportunity_id=sale.opportunity)
    asked = {one["channel"]: said(one) for one in questions(sandbox, run)}
    assert set(asked) == {"sales", "cs-operations"}
    assert "Phone" in asked["sales"]
    assert "Telehealth" in asked["cs-operations"]
    assert "Telehealth" not in asked["sales"]


@pytest.mark.long
async def test_what_one_settles_leaves_the_others_with_the_question_they_have(sandbox, people):
    sale = people.make_sale(contact={"Phone": None}, contract={"Products__c": "Learning;Telehealth"})
    worker = Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    people.edit("Contract", sale.contract, Products__c="Learning;Credentialing Software")
    run = await worker.resume(run.id, decided_by=f"Salesforce (Contract {sale.contract})")
    of_sales, of_ops = sorted(questions(sandbox, run), key=lambda one: one["channel"] != "sales")
    assert "Phone* is empty" in said(of_sales)
    assert "Check again" in buttons(of_sales)
    assert "all fixed here. It still waits for sales" in said(of_ops)
    assert buttons(of_ops) == {}
    repair(people, sale, "Phone")
    run = await worker.resume(run.id)
    assert state_of(run) == "Completed", run.state
    assert "all fixed. The run continues" in said(questions(sandbox, run)[0])


async def test_where_the_owner_has_left_slack_cs_operations_are_asked_instead(sandbox, people):
    email = "rae.gone@sales.example"
    owner = people.create("User", FirstName="Rae", LastName="Gone", Username=email, Email=email)
    sandbox.seed(slack={"members": [{"email": email, "name": "Rae Gone", "deleted": True}]})
    sale = people.make_sale(opportunity={"OwnerId": owner}, contact={"Phone": None})
    run = await Worker().start(opportunity_id=sale.opportunity)
    assert_asked_of_cs_operations(sandbox, run, "Rae Gone")


def assert_asked_of_cs_operations(sandbox, run, seller):
    assert state_of(run) == "Suspended"
    (question,) = questions(sandbox, run)
    assert (question["channel"], question["thread_ts"]) == ("cs-operations", None)
    assert f"{seller} could not be asked here" in said(question)


@procedure("asking", run_name="Ask about a sale of {seller}")
async def ask_about(run: Procedure, seller: str, email: str | None) -> State[Any]:
    """A procedure with a problem, whose owner Salesforce may not show whole."""
    owner = Person("005000000000001AAA", seller, email)

    async def subject() -> QuestionSubject:
        return QuestionSubject(
            *("A sale", "asking", "006000000000001AAA", None, owner, None, None, ()),
            page="asking",
            announced=None,
            unchanged=lambda: asyncio.sleep(0, result=True),
        )

    await run.begin("opportunity:006000000000001AAA")
    await run.open(about=subject)
    raise HumanInputRequired([Problem(Responsible.SALES, "Contact", "", "Phone", "nothing", "Enter it.", "ONB-6")])


async def test_where_salesforce_shows_no_address_of_the_owner_cs_operations_are_asked_instead(sandbox):
    run = await Worker(ask_about).start(seller="Nora Nomail", email=None)
    assert_asked_of_cs_operations(sandbox, run, "Nora Nomail")


async def test_a_sale_that_is_no_longer_closed_stops_asking_and_goes_on_when_it_closes(people):
    sale, worker = people.make_sale(contact={"Phone": None}), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    people.edit("Opportunity", sale.opportunity, StageName="Negotiation/Review")
    run = await worker.resume(run.id)
    assert state_of(run) == "Needs sales"
    repair(people, sale, "Phone")
    people.edit("Opportunity", sale.opportunity, StageName="Closed Won")
    assert run.state is not None
    await await_retry(Run(run.id, run.state))
    run = await worker.work(run.id)
    assert state_of(run) == "Completed", run.state
    assert_onboarded(people, sale)


async def test_a_preview_shows_the_problems_and_asks_nobody(sandbox, people):
    sale = people.make_sale(contact={"Phone": None})
    run = await Worker().start(opportunity_id=sale.opportunity, preview=True)
    assert state_of(run) == "Previewed"
    assert "Phone is empty" in run.state.message
    assert effects(sandbox, sale.since) == {}


@pytest.mark.usefixtures("every_link_leads")
async def test_the_dashboard_shows_what_is_open_what_was_asked_and_what_was_answered(people):
    sale, worker = people.make_sale(**FAULTS), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    repair(people, sale, "Phone")
    await worker.resume(run.id, decided_by="Dana Ops")
    page = await latest_artifact(f"onboarding-{sale.opportunity.lower()}")
    told = ("The run continues when", "User Count", "## Asked", "| 2 |", "## Answered", "Dana Ops", "Check again")
    assert [part for part in told if part not in page] == []
    lines = [line for line in await audit_page(sale.account) if line["field"] == "Answer"]
    assert [(line["after"], line["system"]) for line in lines] == [("Dana Ops: Check again", "Prefect")]
    asked = [line for line in await audit_page(sale.account) if line["field"].startswith("Question")]
    assert [line["field"] for line in asked] == ["Question 1", "Question 2"]


async def test_an_untroubled_sale_asks_nobody_and_its_page_has_no_question(sandbox, people):
    sale = people.make_sale()
    run = await Worker().start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Completed"
    assert questions(sandbox, run) == []
    assert len(outcome(people, sale).announcements) == 1
