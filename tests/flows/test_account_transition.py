"""A workbook's accounts change hands: planned, approved, moved everywhere, proved, given back (TRN-1 to TRN-11)."""

import json

import pytest

from flows.account_undo import undo
from tests.support.accounts import Book
from tests.support.asking import Worker, questions, said, state_of
from tests.support.runs import audit_page, latest_artifact
from tests.support.transitions import Transitions, workbook

pytestmark = pytest.mark.flows


@pytest.fixture
def transitions():
    return Transitions()


@pytest.fixture
def book(people):
    return Book(people)


HEALTHY, OPEN, ESCALATED = "Amberley Family Health", "Kingsley Sleep Medicine", "Silverton Vascular"


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
    assert "3 accounts would move, 1 rows are at fault" in said(question)
    assert {name: book.owners(name) for name in before} == before

    run = await transitions.approve(run, 3)

    assert state_of(run) == "Completed", run.state
    assert [book.hands(name) for name in (HEALTHY, OPEN, ESCALATED)] == [
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
    table = json.loads(await latest_artifact(_key(run)))
    assert [(row["Row"], row["State"].partition("]")[0].strip("[")) for row in table] == [
        ("2", "moved"), ("3", "moved"), ("4", "refused"), ("5", "moved"),
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
