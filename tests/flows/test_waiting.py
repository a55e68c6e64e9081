"""What waits for people is not forgotten: reminders, escalation, the digest, and what was left behind (D-4)."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from flows.reminders import waiting
from tests.support.asking import Worker, later, note_press, questions, read_run, reminders, said, state_of
from tests.support.outcome import MESSAGE, assert_onboarded, effects, messages
from tests.support.runs import artifacts, latest_artifact

pytestmark = pytest.mark.flows

ALL_DAY = {"business_opens": time(0, 0), "business_closes": time(23, 59)}
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
AT_ONCE = 1e-5
"""Hours: reminders are due before the next line of the test."""


@pytest.fixture
async def impatient(override):
    """Sets after how many hours of a week without nights people are reminded, and others are told."""

    async def set_hours(remind, escalate):
        hours = {"remind_after_hours": remind, "escalate_after_hours": escalate}
        # Where no minute of this test is the one that is closed, and the day is New York's.
        zone = "America/Chicago" if datetime.now(ZoneInfo("America/New_York")).hour == 23 else "America/New_York"
        await override("lifecycle-policy", **ALL_DAY, working_days=WEEK, time_zone=zone, **hours)

    return set_hours


async def sweep(**parameters):
    state = await waiting(**parameters, return_state=True)
    assert state.is_completed(), state
    return state


async def asked(people, **records):
    """A sale that waits for its seller, whose manager is known."""
    manager = people.create("User", **_named("Vera"))
    owner = people.create("User", **_named("Pat"), ManagerId=manager)
    broken = {"contact": {"Phone": None}, "opportunity": {"OwnerId": owner}} | records
    sale, worker = people.make_sale(**broken), Worker()
    return sale, worker, await worker.start(opportunity_id=sale.opportunity)


def _named(name):
    email = f"{name.lower()}.{datetime.now(UTC).timestamp()}@sales.example"
    return {"FirstName": name, "LastName": "Seller", "Email": email, "Username": email}


def mentioned(sandbox, message):
    names = {one["id"]: one["real_name"] for one in sandbox.state("slack")["members"]}
    return [name for member, name in names.items() if f"<@{member}>" in said(message)]


async def test_nobody_is_reminded_before_their_time(sandbox, people):
    sale, worker, run = await asked(people)
    await sweep()
    assert state_of(await worker.work(run.id)) == "Suspended"
    assert reminders(sandbox, run) == []
    assert effects(sandbox, sale.since)[MESSAGE] == 2


async def test_a_reminder_comes_once_in_the_thread_and_then_somebody_above_is_told_once(sandbox, people, impatient):
    sale, worker, run = await asked(people)
    await impatient(AT_ONCE, 1000)
    for _ in range(2):
        await sweep()
        await worker.work(run.id)
    (reminder,) = reminders(sandbox, run)
    (question,) = questions(sandbox, run)
    assert (reminder["channel"], reminder["thread_ts"]) == ("sales", question["thread_ts"])
    assert mentioned(sandbox, reminder) == ["Pat Seller"]
    assert "Contact Phone" in reminder["text"]
    assert "480.50 MRR" in reminder["text"]
    await impatient(AT_ONCE / 2, AT_ONCE)
    for _ in range(2):
        await sweep()
        await worker.work(run.id)
    _, escalated = reminders(sandbox, run)
    assert mentioned(sandbox, escalated) == ["Vera Seller"]
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    assert state_of(await worker.resume(run.id)) == "Completed"
    await sweep()
    assert len(reminders(sandbox, run)) == 2


@pytest.mark.long
async def test_a_word_of_salesforce_that_was_lost_is_made_up_for_when_a_reminder_is_due(people, impatient):
    sale, worker, run = await asked(people)
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    await impatient(AT_ONCE, 1000)
    await sweep()
    assert state_of(await worker.work(run.id)) == "Completed"
    assert_onboarded(people, sale)


@pytest.mark.long
async def test_with_slack_down_the_run_waits_all_the_same_and_the_question_comes_later_once(sandbox, people):
    sandbox.fault("slack", "error", status=503, times=200)
    sale, worker, run = await asked(people)
    assert state_of(run) == "Suspended"
    await sweep()
    assert state_of(await worker.work(run.id)) == "Suspended"
    assert questions(sandbox, run) == []
    sandbox.clear_faults()
    for _ in range(2):
        await sweep()
        await worker.work(run.id)
    (question,) = questions(sandbox, run)
    assert question["channel"] == "sales"
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    assert state_of(await worker.resume(run.id)) == "Completed"


@pytest.mark.long
async def test_a_run_that_broke_off_while_it_asked_is_taken_up_again(sandbox, people):
    sale, worker, run = await asked(people)
    async with get_client() as client:
        await client.set_flow_run_state(run.id, State(type=StateType.CRASHED, name="Crashed"), force=True)
    await sweep()
    assert state_of(await read_run(run.id)) == "Crashed"
    await later()
    assert state_of(await worker.work(run.id)) == "Suspended"
    assert len(questions(sandbox, run)) == 1
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    assert state_of(await worker.resume(run.id)) == "Completed"


async def test_a_run_whose_form_was_never_saved_is_taken_up_again(sandbox, people):
    _, worker, run = await asked(people)
    keyset = run.state.state_details.run_input_keyset
    async with get_client() as client:
        await client.request("DELETE", f"/flow_runs/{run.id}/input/{keyset['schema']}")
    await later()
    run = await worker.work(run.id)
    assert state_of(run) == "Suspended"
    assert run.state.state_details.run_input_keyset != keyset
    assert len(questions(sandbox, run)) == 1


async def test_an_answer_whose_receiver_died_before_it_resumed_the_run_is_heard(people):
    sale, worker, run = await asked(people)
    people.edit("Contact", sale.contact, Phone="+1 212 555 0142")
    await note_press(run.id)
    await later()
    assert state_of(await worker.work(run.id)) == "Completed"


async def test_a_preview_wakes_nobody_and_posts_nothing(sandbox, people, impatient):
    sale, _, run = await asked(people)
    await impatient(AT_ONCE, 1000)
    await sweep(preview=True, digest=True)
    assert state_of(await read_run(run.id)) == "Suspended"
    assert effects(sandbox, sale.since)[MESSAGE] == 2


@pytest.mark.usefixtures("every_link_leads")
async def test_the_table_and_the_digest_name_all_that_waits_with_its_mrr_once_a_day(sandbox, people, override):
    await override("lifecycle-policy", working_days=WEEK)
    sale, _, run = await asked(people, contract={"Plan_Amount__c": 1234.5})
    for _ in range(2):
        await sweep(digest=True)
    today = datetime.now(ZoneInfo("America/New_York")).date()
    (digest,) = [one for one in messages(sandbox) if f"digest:{today}" in str(one["metadata"])]
    assert digest["channel"] == "cs-operations"
    assert [
        part for part in (f"{sale.company} 2027", "1,234.50 MRR", "sales", str(run.id)) if part not in digest["text"]
    ] == []
    table = await latest_artifact("waiting-for-people")
    assert [part for part in (f"{sale.company} 2027", "1,234.50", "Contact Phone") if part not in table] == []
    # The digest links to the page of failed runs, also before the first report about failures has made it.
    assert await artifacts("what-failed")


async def test_on_a_day_off_there_is_no_digest(sandbox, people, override):
    today = datetime.now(ZoneInfo("America/New_York")).date()
    await asked(people)
    since = sandbox.last()
    await override("lifecycle-policy", working_days=WEEK, holidays=[today])
    swept = await sweep(digest=True)
    assert swept.message.startswith(f"Not posted: {today} is a holiday. Open questions: ")
    assert MESSAGE not in effects(sandbox, since)  # the login to Outreach may be due, once
    since = sandbox.last()
    await sweep(digest=True)
    assert effects(sandbox, since) == {}
