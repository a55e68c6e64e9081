"""REC-2: nights of the reconciliation in an org of its own: what is new is posted once, the rest is in the report."""

import pytest

from flows.reconciliation import reconciliation
from flows.reconciliation_repair import leave, repair
from tasks.core.artifacts import show_table
from tasks.reconciliation.kept import DECISIONS_KEY, LINES_KEY, read_lines, show_lines
from tests.support.asking import Worker, buttons, said
from tests.support.drifted import LEARNING, change_by_hand, make_drifted
from tests.support.outcome import messages
from tests.support.runs import latest_artifact, press_retry, run_of
from tests.tasks.outreach_org import run as in_a_run
from tests.tasks.reconciliation.reported import TODAY, reported

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("onboardings", "publication_runs", "forms")]

USERS = "users_equal_the_contracts"


@pytest.fixture
async def forms(prefect_api):
    """The deployments to which the report links; no report and no decision before: other orgs have the same ids."""
    assert prefect_api
    for flow, name in ((repair, "repair"), (leave, "leave")):
        await Worker(flow, name).deploy()
    for key in (LINES_KEY, DECISIONS_KEY):
        await in_a_run(show_table, [], key=key, description="Nothing yet.")


def make_client(sellers, users):
    """A client in service whose company has so many users instead of 40."""
    whose = make_drifted(sellers, userCount=users)
    sellers.edit("Account", whose.account, CS_Status__c="Active")
    return whose


async def night(**parameters):
    """A full reconciliation."""
    run = run_of(await reconciliation(**parameters, return_state=True), reconciliation)
    assert run.state.is_completed(), run.message
    return run


def posted(org):
    """The messages about drift, oldest first."""
    return [one for one in messages(org) if "New drift between the systems" in one["text"]]


async def users_lines():
    """The offenders of the latest report by their clients, without other sentences."""
    return {
        one.drift.account: one.drift.offender.found for one in await in_a_run(read_lines) if one.drift.sentence == USERS
    }


async def test_rec_2_what_is_new_is_posted_once_and_a_night_without_news_is_silent(sellers, empty_org):
    whose = make_client(sellers, 30)
    first = await night()
    (message,) = posted(empty_org)
    assert message["channel"] == "cs-operations"
    assert {"Preview the repair", "Repair"} <= set(buttons(message))
    assert await users_lines() == {whose.name: "30"}
    assert f"User Count of Company {whose.company} is *30*" in await latest_artifact("drift")

    await press_retry(first)
    assert len(posted(empty_org)) == 1
    await night()
    assert len(posted(empty_org)) == 1

    change_by_hand(empty_org, whose.company, LEARNING, userCount=31)
    await night()
    assert len(posted(empty_org)) == 1
    assert await users_lines() == {whose.name: "31"}


@pytest.mark.long
async def test_rec_2_the_next_night_lists_what_was_left_apart_and_another_client_as_new(sellers, empty_org):
    whose = make_client(sellers, 30)
    await night()
    chosen = {"sentence": USERS, "account_ids": [whose.account], "name": "Dana", "reason": "agreed"}
    assert run_of(await leave(**chosen, return_state=True), leave).ended == "Completed"
    other = make_client(sellers, 20)
    await night()
    page = await latest_artifact("drift")
    assert f"Left as it is: {whose.name}, Company {whose.company}, User Count 30. Dana decided so on" in page
    assert f"User Count of Company {whose.company}" not in page
    assert f"User Count of Company {other.company} is *20*" in page
    assert len(posted(empty_org)) == 2
    assert f"{other.name}: Company {other.company}, User Count 20" in said(posted(empty_org)[1])
    assert whose.name not in said(posted(empty_org)[1])

    change_by_hand(empty_org, whose.company, LEARNING, userCount=31)
    await night()
    assert f"User Count of Company {whose.company} is *31*" in await latest_artifact("drift")


async def test_rec_2_a_message_whose_answer_was_lost_is_not_posted_again(sellers, empty_org):
    make_client(sellers, 30)
    empty_org.fault("slack", "drop_after", path="/chat.postMessage")
    await night()
    assert empty_org.faults() == []
    assert len(posted(empty_org)) == 1


@pytest.mark.long
async def test_rec_2_as_many_lines_as_are_listed_fit_into_one_table():
    await in_a_run(show_lines, reported("Harbor_Clinic | x", 1000, 12), TODAY)
    assert len(await in_a_run(read_lines)) == 12_000


async def test_rec_2_a_preview_posts_and_keeps_nothing(sellers, empty_org):
    whose = make_client(sellers, 30)
    since = empty_org.last()
    run = await night(preview=True)
    assert run.ended == "Previewed"
    assert empty_org.effects(since=since) == []
    assert await users_lines() == {}
    assert f"User Count of Company {whose.company} is *30*" in await latest_artifact("drift-preview")
