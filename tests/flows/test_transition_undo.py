"""An undo ends all that the move made, leaves what a person changed since, and says what it could not take back."""

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import State, StateType

from flows.account_transition_undo import undo
from tasks.runs.audit import audit_key
from tests.support.asking import Worker, questions, state_of
from tests.support.outcome import messages
from tests.support.runs import audit_page, latest_artifact
from tests.support.transitions import workbook

pytestmark = pytest.mark.flows
CLINIC = "Thornbury Health Network"
"""Escalated: a task to introduce oneself, and pending items."""


@pytest.fixture
def undoing():
    return Worker(undo, "undo")


async def test_trn_10_an_undo_ends_tasks_call_and_checklist_names_what_stays_and_is_done_once(
    transitions, undoing, book, sandbox, tmp_path
):
    people = book.people
    before, account = book.owners(CLINIC), book.account(CLINIC)["Id"]
    run = await transitions.move(tmp_path, CLINIC)
    assert state_of(run) == "Completed", run.state
    move = await transitions.move_of(run)
    key = move.parameters["order"]["key"]
    tasks = book.tasks_of_move(key)
    assert len(tasks) >= 2
    (ada,) = people.query("SELECT Id FROM User WHERE Name = 'Ada Novak'")
    later = people.create("Task", WhatId=account, OwnerId=ada["Id"], Subject="Ada's own")

    since = sandbox.last()
    previewed = await undoing.start(account_id=account, preview=True)
    assert state_of(previewed) == "Previewed", previewed.state
    goes_back = ("is marked as withdrawn", "of the move in Outreach", "in Outreach returns to", "The call on")
    page = await latest_artifact(f"account-undo-{account.lower()}")
    assert [part for part in goes_back if part not in page] == []
    assert [one for one in sandbox.effects(since=since) if one["path"] != "/oauth/token"] == []
    of_workbook = await undoing.start(workbook_run=f"http://127.0.0.1:4200/runs/flow-run/{run.id}", preview=True)
    assert f"1 account would be given back: {CLINIC}." in of_workbook.state.message

    ended = await undoing.start(account_id=account)
    assert state_of(ended) == "Completed", ended.state
    assert "is with Hana Berg" in ended.state.message
    (told,) = [one for one in messages(sandbox) if f"undone:{move.id}" in str(one["metadata"])]
    assert f"*{CLINIC}*: its transfer was undone." in told["text"]
    (plan,) = questions(sandbox, run)
    assert (told["channel"], told["thread_ts"]) == (plan["channel"], plan["ts"])
    assert f"Task {later} was not given by the move and stays" in ended.state.message
    people.delete("Task", later)
    assert book.owners(CLINIC) == before
    assert {one["state"] for one in book.tasks_of_move(key)} == {"complete"}
    assert all("was undone" in one["note"] for one in book.tasks_of_move(key))
    assert book.in_outreach(CLINIC)[2] == []
    (title,) = book.files(CLINIC)
    assert title.startswith("Withdrawn: Account Analysis Checklist")
    assert sorted(one[1:] for one in book.invitations(CLINIC)) == [(0, "REQUEST"), (1, "CANCEL")]
    done = {(line["system"], line["field"], line["after"]) for line in await audit_page(account)}
    assert ("Outreach", "State", "complete") in done

    since = sandbox.last()
    again = await undoing.start(account_id=account)
    assert state_of(again) == "Nothing to undo", again.state
    assert f"{CLINIC} was already restored on 20" in again.state.message
    assert "by the dashboard" in again.state.message
    assert str(ended.id) in again.state.message
    retried = await transitions.account.retry(move.id)
    assert state_of(retried) == "Changed since approval", retried.state
    assert [one for one in sandbox.effects(since=since) if one["path"] != "/oauth/token"] == []
    run = await transitions.workbook.retry(run.id)
    assert "Accounts: 1 undone." in run.state.message


@pytest.mark.long
async def test_trn_10_a_move_that_broke_off_is_undone_and_nobody_is_told_of_a_call_that_was_never_announced(
    transitions, undoing, override, book, tmp_path
):
    clinic = "Holloway Home Care"
    before = book.owners(clinic)
    run = await transitions.start(workbook=str(workbook(tmp_path, [(clinic, "Ada Novak", "Leave")])))
    await override("lifecycle-policy", transition_semi_automated_sequence="No Such Sequence")
    run = await transitions.approve(run, 1)
    assert book.handover(clinic)[0] == "Ada Novak"
    await override("lifecycle-policy")

    ended = await undoing.start(account_id=book.account(clinic)["Id"])
    assert state_of(ended) == "Completed", ended.state
    assert book.owners(clinic) == before
    assert book.invitations(clinic) == set()
    assert [title.partition(":")[0] for title in book.files(clinic)] == ["Withdrawn"]


async def forget(move, account):
    """What is there of a move whose process was killed before it wrote its lines: a crashed run, and no page."""
    async with get_client() as client:
        key = ArtifactFilter(key=ArtifactFilterKey(any_=[audit_key(account)]))
        for page in await client.read_artifacts(artifact_filter=key):
            await client.delete_artifact(page.id)
        await client.set_flow_run_state(move.id, State(type=StateType.CRASHED), force=True)


@pytest.mark.long
async def test_trn_10_a_killed_move_is_undone_and_retry_finishes_a_broken_undo(
    transitions, undoing, sandbox, book, tmp_path
):
    people = book.people
    clinic = "Inverness Oncology"
    before, account = book.owners(clinic), book.account(clinic)["Id"]
    run = await transitions.move(tmp_path, clinic)
    assert state_of(run) == "Completed", run.state
    move = await transitions.move_of(run)
    sandbox.fault(
        "outreach", "error", method="POST", path=".*markComplete", status=422, code="validationError", times=1
    )
    broken = await undoing.start(account_id=account)
    sandbox.clear_faults()
    assert state_of(broken) == "Refused", broken.state
    (cleo,) = people.query("SELECT Id FROM User WHERE Name = 'Cleo Dubois'")
    people.edit("Account", account, Customer_Success_Manager__c=cleo["Id"])

    ended = await undoing.retry(broken.id)
    assert state_of(ended) == "Completed", ended.state
    assert f"{clinic} stays with its present CSM ({cleo['Id']})" in ended.state.message
    assert {one["state"] for one in book.tasks_of_move(move.parameters["order"]["key"])} == {"complete"}
    assert book.owners(clinic)[1:] == before[1:]
