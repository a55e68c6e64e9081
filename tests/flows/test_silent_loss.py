"""No path ends with nobody told: messages, channels, owners and records that are gone (ONB-2, PUB-7, REC-3)."""

from datetime import UTC, datetime

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Cancelled
from slack_sdk import WebClient

from rules.questions.questions import OUT_OF_SCOPE, WAITING
from tests.support.asking import Worker, buttons, later, note_press, questions, read_run, said, state_of
from tests.support.outcome import announcements, assert_onboarded, effects, messages
from tests.support.runs import audit_page, latest_artifact

pytestmark = pytest.mark.flows

NO_PHONE = {"contact": {"Phone": None}}
PHONE = "+1 212 555 0142"
CRED_SERV = "Credentialing Service"


@pytest.fixture
def slack(sandbox):
    """Slack as somebody uses it who may delete what the app posted, and archive channels."""
    return WebClient(sandbox.credentials.slack_token, base_url=f"{sandbox.url}/slack/api/")


def channel_id(sandbox, name):
    return next(one["id"] for one in sandbox.state("slack")["channels"] if one["name"] == name)


def user(people, name, **fields):
    email = f"{name.lower()}.{datetime.now(UTC).timestamp()}@sales.example"
    return people.create("User", FirstName=name, LastName="Seller", Email=email, Username=email, **fields)


def mentioned(sandbox, message):
    names = {one["id"]: one["real_name"] for one in sandbox.state("slack")["members"]}
    return [name for member, name in names.items() if f"<@{member}>" in said(message)]


async def ended(worker, run):
    """The run as the next sweep leaves it."""
    assert (await later(return_state=True)).is_completed()
    return await worker.work(run.id)


# --- out of scope


async def test_onb_2_a_sale_out_of_scope_is_told_in_the_sales_channel_once_and_tagged_with_its_records(sandbox, people):
    sale = people.make_sale(opportunity={"Services_Included__c": CRED_SERV}, contract={"Products__c": CRED_SERV})
    worker = Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Out of scope"
    again = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(again) == "Out of scope"
    (notice,) = [one for one in messages(sandbox) if f"out-of-scope:{sale.opportunity}" in str(one["metadata"])]
    assert notice["channel"] == "sales"
    assert "correct Services Included on the opportunity" in notice["text"]
    records = ("opportunity", "account", "contract", "contact")
    tags = {OUT_OF_SCOPE, *(f"{kind}:{getattr(sale, kind)}" for kind in records)}
    assert tags <= set((await read_run(run.id)).tags)
    assert dict(effects(sandbox, sale.since)) == {"POST /chat.postMessage": 1}
    assert [line["after"] for line in await audit_page(sale.account)] == [f"Out of scope: {sale.company} 2027"]


async def test_onb_2_a_sale_that_was_corrected_is_onboarded_also_by_a_retry_of_the_same_run(people):
    sale = people.make_sale(opportunity={"Services_Included__c": CRED_SERV})
    worker = Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    people.edit("Opportunity", sale.opportunity, Services_Included__c="Learning;Credentialing Software")
    run = await worker.retry(run.id)
    assert state_of(run) == "Completed", run.state
    assert OUT_OF_SCOPE not in (await read_run(run.id)).tags
    assert_onboarded(people, sale)


async def test_onb_2_a_preview_of_a_sale_out_of_scope_posts_nothing_and_tags_nothing(sandbox, people):
    sale = people.make_sale(opportunity={"Services_Included__c": CRED_SERV})
    run = await Worker().start(opportunity_id=sale.opportunity, preview=True)
    assert state_of(run) == "Out of scope"
    assert effects(sandbox, sale.since) == {}
    assert OUT_OF_SCOPE not in run.tags


# --- a sale that was called off and is closed again


async def test_pub_7_a_sale_that_was_cancelled_and_is_closed_again_is_asked_about_anew(sandbox, people):
    sale, worker = people.make_sale(**NO_PHONE), Worker()
    first = await worker.start(opportunity_id=sale.opportunity)
    await note_press(first.id, decision="Cancel")
    assert state_of(await worker.resume(first.id)) == "Cancelled"
    second = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(second) == "Suspended"
    (question,) = questions(sandbox, second)
    assert "Check again" in buttons(question)
    assert question["thread_ts"] == announcements(sandbox, sale.opportunity)[0]["ts"]
    people.edit("Contact", sale.contact, Phone=PHONE)
    assert state_of(await worker.resume(second.id)) == "Completed"
    assert_onboarded(people, sale)


async def test_rec_3_the_question_of_a_run_that_was_cancelled_in_the_dashboard_is_closed_by_the_sweep(sandbox, people):
    sale, worker = people.make_sale(**NO_PHONE), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    async with get_client() as client:
        await client.set_flow_run_state(run.id, Cancelled(), force=True)
    since = sandbox.last()
    for _ in range(2):
        run = await ended(worker, run)
    (question,) = questions(sandbox, run)
    assert buttons(question) == {}
    assert "The run was cancelled in the dashboard" in said(question)
    revised = [one for one in sandbox.journal("slack", since) if "chat.update" in one["path"]]
    assert len([one for one in revised if str(run.id) in str(one["body"])]) == 1
    assert WAITING not in run.tags


# --- messages and channels that are gone


@pytest.mark.long
async def test_pub_7_where_the_notice_was_deleted_the_question_is_a_message_of_its_own_that_mentions_the_seller(
    sandbox, people, slack
):
    sale = people.make_sale(opportunity={"OwnerId": user(people, "Pia")}, contract={"User_Count__c": 0})
    worker = Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    (notice,) = announcements(sandbox, sale.opportunity)
    slack.chat_delete(channel=channel_id(sandbox, "sales"), ts=notice["ts"])
    people.edit("Contract", sale.contract, User_Count__c=40, Service_Level__c=None)
    run = await worker.resume(run.id)
    assert state_of(run) == "Suspended"
    question = questions(sandbox, run)[-1]
    assert (question["channel"], question["thread_ts"]) == ("sales", None)
    assert "Service Level" in said(question)
    assert mentioned(sandbox, question) == ["Pia Seller"]


@pytest.mark.long
async def test_pub_7_a_question_that_was_deleted_is_put_again_when_it_is_time_to_remind(
    sandbox, people, slack, override
):
    sale, worker = people.make_sale(**NO_PHONE), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    (question,) = questions(sandbox, run)
    slack.chat_delete(channel=channel_id(sandbox, "sales"), ts=question["ts"])
    week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    hours = {"business_opens": "00:00", "business_closes": "23:59", "working_days": week}
    await override("lifecycle-policy", **hours, remind_after_hours=1e-6, escalate_after_hours=1000)
    run = await ended(worker, run)
    assert state_of(run) == "Suspended"
    (again,) = questions(sandbox, run)
    assert "Check again" in buttons(again)


@pytest.mark.parametrize("fault", [{"is_archived": True}, {"is_member": False}])
async def test_pub_7_where_the_channel_is_gone_notice_and_question_go_to_cs_operations(
    sandbox, people, override, fault
):
    name = f"gone-{min(fault).replace('_', '-')}"
    sandbox.seed(slack={"channels": [{"name": name, **fault}]})
    await override("lifecycle-policy", sales_channel=f"#{name}")
    sale = people.make_sale(**NO_PHONE)
    run = await Worker().start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Suspended"
    (notice,), (question,) = announcements(sandbox, sale.opportunity), questions(sandbox, run)
    assert (notice["channel"], question["channel"]) == ("cs-operations", "cs-operations")
    assert f"This message belongs in the channel #{name}" in said(notice)
    assert "Phone" in said(question)


@pytest.mark.long
async def test_pub_7_where_slack_takes_a_question_nowhere_the_run_says_so_and_the_sweep_asks_when_it_does_again(
    sandbox, people
):
    sale, worker = people.make_sale(**NO_PHONE), Worker()
    sandbox.fault("slack", "error", path="chat.postMessage", status=200, code="channel_not_found", times=3)
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Question not posted"
    assert run.state is not None
    assert "Phone is empty" in (run.state.message or "")
    sandbox.clear_faults()
    run = await ended(worker, run)
    assert state_of(run) == "Suspended"
    assert len(questions(sandbox, run)) == 1


# --- owners who cannot answer


async def test_pub_7_where_the_owner_is_inactive_the_manager_is_asked_in_the_thread_of_the_notice(sandbox, people):
    manager = user(people, "Mona")
    owner = user(people, "Otto", ManagerId=manager)
    people.edit("User", owner, IsActive=False)
    sale = people.make_sale(opportunity={"OwnerId": owner}, **NO_PHONE)
    run = await Worker().start(opportunity_id=sale.opportunity)
    (notice,), (question,) = announcements(sandbox, sale.opportunity), questions(sandbox, run)
    assert (question["channel"], question["thread_ts"]) == ("sales", notice["ts"])
    assert mentioned(sandbox, question) == ["Mona Seller"]
    assert "Otto Seller, whose user in Salesforce is inactive, could not be asked" in said(question)


async def test_pub_7_where_owner_and_manager_are_inactive_cs_operations_are_asked(sandbox, people):
    manager = user(people, "Max")
    owner = user(people, "Olga", ManagerId=manager)
    for one in (owner, manager):
        people.edit("User", one, IsActive=False)
    sale = people.make_sale(opportunity={"OwnerId": owner}, **NO_PHONE)
    run = await Worker().start(opportunity_id=sale.opportunity)
    (question,) = questions(sandbox, run)
    assert question["channel"] == "cs-operations"
    assert "Olga Seller, whose user in Salesforce is inactive, could not be asked" in said(question)


# --- records that are gone, or lost


async def test_onb_1_a_sale_that_is_lost_while_it_is_asked_about_closes_its_question_and_says_why(sandbox, people):
    sale, worker = people.make_sale(**NO_PHONE), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    people.edit("Opportunity", sale.opportunity, StageName="Closed Lost")
    run = await worker.resume(run.id, decided_by=f"Salesforce (Opportunity {sale.opportunity})")
    assert state_of(run) == "Needs sales"
    (question,) = questions(sandbox, run)
    assert buttons(question) == {}
    assert "no answer is needed any more. Opportunity: Stage is Closed Lost now." in said(question)


@pytest.mark.long
async def test_onb_1_the_sweep_notices_a_lost_sale_of_which_no_message_came(sandbox, people):
    sale, worker = people.make_sale(**NO_PHONE), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    people.edit("Opportunity", sale.opportunity, StageName="Closed Lost")
    run = await ended(worker, run)
    assert state_of(run) == "Needs sales"
    (question,) = questions(sandbox, run)
    assert buttons(question) == {}


@pytest.mark.parametrize("woken_by", ["the sweep", "a button", "a message"])
async def test_rec_3_a_deleted_sale_closes_its_question_and_ends_its_run(sandbox, people, woken_by):
    sale, worker = people.make_sale(**NO_PHONE), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    people.delete("Opportunity", sale.opportunity)
    if woken_by == "the sweep":
        run = await ended(worker, run)
    elif woken_by == "a button":
        run = await worker.resume(run.id, decided_by=await note_press(run.id))
    else:
        run = await worker.resume(run.id, decided_by=f"Salesforce (Contact {sale.contact})")
    assert state_of(run) == "Record deleted"
    (question,) = questions(sandbox, run)
    assert buttons(question) == {}
    assert f"there is no opportunity {sale.opportunity}" in said(question)
    page = await latest_artifact(f"onboarding-{sale.opportunity.lower()}")
    assert "No longer waiting for people" in page
    assert f"there is no opportunity {sale.opportunity}" in page


async def test_rec_3_a_deleted_contract_is_asked_about_anew_and_wakes_the_run_once(sandbox, people):
    sale, worker = people.make_sale(**NO_PHONE), Worker()
    run = await worker.start(opportunity_id=sale.opportunity)
    people.delete("Contract", sale.contract)
    run = await ended(worker, run)
    assert state_of(run) == "Suspended"
    assert "Contract* is empty" in said(questions(sandbox, run)[-1])
    count = run.run_count
    assert (await ended(worker, run)).run_count == count


# --- what belongs to somebody else


async def assert_asked_about_a_record_of_another_account(sandbox, people, record):
    """The sale's Contact or Contract belongs to another account: sales are asked, and a repair goes on."""
    other = people.create("Account", Name="Lake Clinic")
    sale, worker = people.make_sale(), Worker()
    record_id = {"Contact": sale.contact, "Contract": sale.contract}[record]
    people.edit(record, record_id, AccountId=other)
    since = sandbox.last()
    run = await worker.start(opportunity_id=sale.opportunity)
    assert state_of(run) == "Suspended"
    (question,) = questions(sandbox, run)
    assert f"Lake Clinic ({other})" in said(question)
    assert {one["system"] for one in sandbox.effects(since=since)} == {"slack"}
    people.edit(record, record_id, AccountId=sale.account)
    assert state_of(await worker.resume(run.id)) == "Completed"
    assert_onboarded(people, sale)


async def test_onb_3_a_contact_of_another_account_never_becomes_super_admin(sandbox, people):
    await assert_asked_about_a_record_of_another_account(sandbox, people, "Contact")


async def test_onb_3_a_contract_of_another_account_gives_no_terms(sandbox, people):
    await assert_asked_about_a_record_of_another_account(sandbox, people, "Contract")
