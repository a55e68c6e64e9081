"""A workbook's accounts change hands: planned, approved, moved everywhere, proved, given back (TRN-1 to TRN-11)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from benchmarks.transition import planned
from flows.account_transition_undo import undo
from flows.reminders import waiting
from tests.support.asking import Worker, questions, read_run, said, state_of
from tests.support.calendar import org_today
from tests.support.page_rows import rows_of
from tests.support.runs import audit_page, latest_artifact
from tests.support.scale import EVERY_CASE
from tests.support.transitions import workbook

pytestmark = pytest.mark.flows


HEALTHY, OPEN, ESCALATED = "Amberley Family Health", "Kingsley Sleep Medicine", "Silverton Vascular"


@pytest.mark.usefixtures("every_link_leads")
async def test_trn_10_an_approved_workbook_is_moved_everywhere_once_and_given_back(
    transitions, sandbox, book, tmp_path
):
    before = {name: book.owners(name) for name in (HEALTHY, OPEN, ESCALATED)}
    rows = [
        (HEALTHY, "Ada Novak", "Leave"),
        (OPEN, "Ada Novak", "Leave"),
        ("No Such Clinic", "Ada Novak", "Leave"),
        (ESCALATED, "Cleo Dubois", "Leave", "", "", "Call first."),
    ]
    run = await transitions.start(workbook=str(workbook(tmp_path, rows)))
    assert state_of(run) == "Suspended", run.state
    (question,) = questions(sandbox, run)
    assert "a plan for 3 accounts; rows not ready: 1; warnings: 3" in said(question)
    assert {name: book.owners(name) for name in before} == before

    run = await transitions.approve(run, 3)

    assert state_of(run) == "Completed", run.state
    assert [book.handover(name) for name in (HEALTHY, OPEN, ESCALATED)] == [
        ("Ada Novak", "Tara Lindqvist"),
        ("Ada Novak", "Tara Lindqvist"),
        ("Cleo Dubois", "Tara Lindqvist"),
    ]
    assert [len(book.files(name)) for name in before] == [1, 1, 1]
    assert [len(book.invitations(name)) for name in before] == [1, 1, 1]
    outreach = {name: book.in_outreach(name) for name in before}
    assert [len(outreach[name][2]) for name in before] == [1, 1, 0]
    assert [outreach[name][3] for name in (HEALTHY, ESCALATED)] == [
        [],
        [
            f"Introduce yourself to Dana Silverton of {ESCALATED}",
            f"Support Tickets/Integrations/Customizations of {ESCALATED}: 1 pending",
            f"Escalations of {ESCALATED}: 1 pending",
        ],
    ]
    table = rows_of(await latest_artifact(_key(run)))
    assert [(row["Row"], row["State"].partition("]")[0].strip("[")) for row in table] == [
        ("2", "moved"), ("3", "moved"), ("4", "not ready"), ("5", "moved"),
    ]  # fmt: skip
    lines = await audit_page(book.account(HEALTHY)["Id"])
    told = {f"{line['system']} {line['rule']}" for line in lines}
    assert told >= {"Salesforce TRN-8", "Salesforce TRN-10", "Outreach TRN-10", "Outreach TRN-3", "Mail TRN-9"}

    undoing = Worker(undo, "undo")
    ended = await undoing.start(workbook_run=str(run.id))
    assert state_of(ended) == "Completed", ended.state
    for one in await undoing.runs():
        assert state_of(await undoing.work(one.id)) == "Completed"
    assert {name: book.owners(name) for name in before} == before
    assert [len(book.in_outreach(name)[2]) for name in before] == [0, 0, 0]
    assert [len(book.invitations(name)) for name in before] == [2, 2, 2]


def _key(run):
    return next(
        f"account-transition-{tag.removeprefix('workbook:')}" for tag in run.tags if tag.startswith("workbook:")
    )


@pytest.mark.long
async def test_trn_10_what_a_later_workbook_moved_stays_when_an_earlier_one_is_undone(transitions, book, tmp_path):
    clinic, runs, undoing = "Calloway Eye Associates", [], Worker(undo, "undo")
    for csm in ("Ada Novak", "Cleo Dubois"):
        runs.append(await transitions.move(tmp_path, clinic, csm))
        assert state_of(runs[-1]) == "Completed", runs[-1].state
    for undone, holder in zip(runs, ("Cleo Dubois", "Ada Novak"), strict=True):
        await undoing.start(workbook_run=str(undone.id))
        (back,) = await undoing.runs(StateType.SCHEDULED)
        back = await undoing.work(back.id)
        assert state_of(back) == "Completed", back.state
        assert book.handover(clinic)[0] == holder


async def test_a_preview_shows_the_plan_and_writes_and_asks_nothing(transitions, sandbox, book, tmp_path):
    since, before = sandbox.last(), book.owners(HEALTHY)
    run = await transitions.start(workbook=str(workbook(tmp_path, [(HEALTHY, "Ada Novak", "Leave")])), preview=True)
    assert state_of(run) == "Previewed", run.state
    assert "Accounts that would move: 1. Rows not ready: 0. Nothing was written." in run.state.message
    assert book.owners(HEALTHY) == before
    assert [one for one in sandbox.effects(since=since) if one["path"] != "/oauth/token"] == []


@pytest.mark.long
async def test_one_account_alone_is_named_in_the_form_and_its_undo_passes_over_a_move_that_did_nothing(
    transitions, book, tmp_path
):
    clinic, undoing = "Coral Bay Dermatology", Worker(undo, "undo")
    account, before = book.account(clinic)["Id"], book.owners(clinic)
    (outdated,) = await planned(str(workbook(tmp_path, [(clinic, "Ada Novak", "Leave")])), "outdated")
    one = {"account": clinic, "new_csm": "cleo.dubois@sandbox.example", "reason": "Workload balancing"}
    run = await transitions.start(one=one)
    assert state_of(run) == "Suspended", run.state
    run = await transitions.approve(run, 1)
    assert state_of(run) == "Completed", run.state
    assert book.handover(clinic) == ("Cleo Dubois", "Tara Lindqvist")

    run = await transitions.account.start(account_id=account, order=outdated.model_dump(mode="json"))
    assert state_of(run) == "Changed since approval", run.state
    for ends in ("Completed", "Nothing to undo"):
        assert state_of(await undoing.start(account_id=account)) == ends
        assert book.owners(clinic) == before


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, "Name either a workbook, or one account"),
        ({"workbook": "nowhere.xlsx"}, "cannot be read on the worker's machine: No such file"),
        ({"workbook": "/etc/hostname"}, "the worker reads only workbooks in"),
        ({"workbook": "http://example.com/book.xlsx"}, "must begin with https"),
    ],
)
async def test_what_is_no_workbook_is_told(transitions, parameters, told):
    run = await transitions.start(**parameters)
    assert state_of(run) == "Bad input", run.state
    assert told in run.state.message


async def test_trn_10_an_account_that_changed_after_its_approval_is_left_alone(transitions, people, book, tmp_path):
    clinic = "Crestline Orthopedics"
    (order,) = await planned(str(workbook(tmp_path, [(clinic, "Ada Novak", "Leave")])), "since")
    before = book.owners(clinic)
    people.create("Task", WhatId=order.account_id, OwnerId=order.former_csm_id, Subject="Call back")
    run = await transitions.account.start(account_id=order.account_id, order=order.model_dump(mode="json"))
    assert state_of(run) == "Changed since approval", run.state
    assert "new: Task" in run.state.message
    assert book.owners(clinic)[0] == before[0]
    assert book.files(clinic) == []


@pytest.mark.long
async def test_when_too_many_fail_cs_operations_are_asked_and_the_rest_waits(
    transitions, sandbox, book, override, tmp_path
):
    first, later = "Dunmore Senior Care", "Palmetto Gastro"
    rows = [(first, "Ada Novak", "Leave"), (later, "Ada Novak", "Leave")]
    run = await transitions.start(workbook=str(workbook(tmp_path, rows)))
    await override("lifecycle-policy", transition_automated_sequence="No Such Sequence")
    run = await transitions.approve(run, 2)
    assert state_of(run) == "Suspended", run.state
    *_, question = questions(sandbox, run)
    assert f"1 of 1 accounts failed: {first}" in said(question)
    assert book.handover(later)[0] == "Hana Berg"

    run = await transitions.workbook.resume(run.id, choice_1="Go on with the others")
    run = await transitions.work(run)
    assert state_of(run) == "Partially completed", run.state
    assert book.handover(later)[0] == "Ada Novak"

    await override("lifecycle-policy")
    failed = await transitions.account.runs(StateType.FAILED)
    (its,) = [one.id for one in failed if one.parameters["order"]["account_name"] == first]
    await transitions.account.retry(its)
    await transitions.workbook.retry(run.id)
    run = await transitions.work(run)
    assert state_of(run) == "Completed", run.state


@pytest.fixture
def begun(transitions, override, tmp_path):
    """A workbook whose one account fell, and is tried again by a worker while its run asks whether to go on."""

    async def start(clinic):
        run = await transitions.start(workbook=str(workbook(tmp_path, [(clinic, "Ada Novak", "Leave")])))
        await override("lifecycle-policy", transition_automated_sequence="No Such Sequence")
        run = await transitions.approve(run, 1)
        await override("lifecycle-policy")
        (one,) = [run for run in await transitions.account.runs() if run.parameters["order"]["account_name"] == clinic]
        assert state_of(one) == "Refused", one.state
        async with get_client() as client:
            again = State(type=StateType.SCHEDULED, name="AwaitingRetry")
            await client.set_flow_run_state(one.id, again, force=True)
        run = await transitions.workbook.resume(run.id)
        assert state_of(run) == "Suspended", run.state
        assert run.state.state_details.run_input_keyset is None
        return run, one

    return start


if EVERY_CASE:  # tests/faults/test_whole_workbook.py has it sleep and wake as well

    async def test_a_workbook_sleeps_while_a_worker_is_at_its_account_and_is_woken_by_its_end(transitions, book, begun):
        run, one = await begun("Glenmore Cardiology")
        assert state_of(await transitions.account.work(one.id)) == "Completed"
        run = await transitions.work(run)
        assert state_of(run) == "Completed", run.state
        assert book.handover("Glenmore Cardiology")[0] == "Ada Novak"


@pytest.mark.long
async def test_a_workbook_whose_account_ended_without_a_word_is_woken_by_the_sweep(transitions, begun):
    run, one = await begun("Eastgate Urgent Care")
    await call_off(one.id)
    assert state_of(await read_run(run.id)) == "Suspended"
    assert (await waiting(return_state=True)).is_completed()
    run = await transitions.work(run)
    assert state_of(run) == "Partially completed", run.state


async def call_off(run_id):
    """What the dashboard's Cancel button does to a run that no process is at: nobody runs its hooks."""
    async with get_client() as client:
        await client.set_flow_run_state(run_id, State(type=StateType.CANCELLED), force=True)


async def test_trn_2_an_account_of_a_later_day_waits_for_it_and_is_called_off_with_its_workbook(
    transitions, book, tmp_path
):
    clinic, day = "Foxglove Therapy Partners", org_today() + timedelta(days=7)
    rows = [(clinic, "Ada Novak", "Leave", day.isoformat())]
    run = await transitions.start(workbook=str(workbook(tmp_path, rows)))
    run = await transitions.workbook.resume(run.id, choice_1="Move 1 account as planned")
    assert (state_of(run), run.state.message) == ("Completed", "Accounts: 1 on its day.")
    (one,) = await transitions.account.runs(StateType.SCHEDULED)
    midnight = datetime.combine(day, time(), ZoneInfo("America/New_York"))
    assert one.state.state_details.scheduled_time == midnight
    assert book.handover(clinic)[0] == "Hana Berg"

    await call_off(run.id)
    assert (await waiting(return_state=True)).is_completed()
    one = await read_run(one.id)
    assert (state_of(one), one.state.message) == ("Cancelled", "Its workbook was called off.")


async def test_a_new_csm_without_a_team_lead_by_then_is_told_by_the_accounts_run(transitions, people, book, tmp_path):
    clinic = "Fairhaven Nursing"
    run = await transitions.start(workbook=str(workbook(tmp_path, [(clinic, "Dev Patel", "Leave")])))
    (dev,) = people.query("SELECT Id, ManagerId FROM User WHERE Name = 'Dev Patel'")
    people.edit("User", dev["Id"], ManagerId=None)
    try:
        await transitions.approve(run, 1)
    finally:
        people.edit("User", dev["Id"], ManagerId=dev["ManagerId"])
    (one,) = [one for one in await transitions.account.runs() if one.parameters["order"]["account_name"] == clinic]
    assert state_of(one) == "Changed since approval", one.state
    assert "Dev Patel has no team lead" in one.state.message
    assert book.handover(clinic)[0] == "Hana Berg"
