"""TRN-2: what the copy of a workbook says of each row, and the message that brings it."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from rules.transition.approved_move import ApprovedMove
from rules.transition.communication import Route
from rules.transition.progress import MoveProgress, MoveStatus
from rules.transition.rows import COLUMNS, Reason, RowFault, Transfer
from tasks.templates import render, slack_user
from tasks.transition.approved_plan import ApprovedPlan
from tasks.transition.copies import copy_name, not_ready, results
from tasks.transition.intake import one_row_workbook, parse_workbook
from tasks.transition.template import annotated

TODAY = date(2026, 12, 1)


def order(row, name="Acme Clinics"):
    return ApprovedMove(
        key=f"transition:0f3a:{row}",
        account_id=f"001{row:015}",
        account_name=name,
        former_csm_id="",
        new_csm_id=f"005{1:015}",
        row=row,
        reason=Reason.LEAVE,
        transfer=Transfer.DECIDE,
        effective=TODAY,
        notes="",
        risk=0,
        route=Route.AUTOMATED,
        approved=(),
    )


def moved(standing, said=""):
    return MoveProgress(standing, said, "https://p.example/runs/1")


def test_trn_2_each_row_has_its_state_and_why_in_the_order_of_the_rows():
    kept = ApprovedPlan(
        workbook="book.csv",
        orders=(order(5), order(2), order(4), order(7)),
        faults=((3, "Account", "Salesforce has no account Zzz."), (3, "", "merged."), (6, "Reason", "'x' is none.")),
    )
    ends = [
        moved(MoveStatus.LATER),
        moved(MoveStatus.MOVED, "Done."),
        moved(MoveStatus.FAILED, "Its CSM is Kim by now."),
    ]
    ends.append(moved(MoveStatus.CALLED_OFF))
    said = results(kept, {one.account_id: end for one, end in zip(kept.orders, ends, strict=True)})
    assert list(said.items()) == [
        (2, ("moved", "Done.")),
        (3, ("not ready", "Account: Salesforce has no account Zzz. merged.")),
        (4, ("failed", "Its CSM is Kim by now.")),
        (5, ("on its day", "")),
        (6, ("not ready", "Reason: 'x' is none.")),
        (7, ("called off", "")),
    ]


def test_trn_2_what_the_states_say_stands_beside_the_rows_of_the_copy():
    cells = dict.fromkeys(COLUMNS, "") | {"Account": "Acme Clinics", "New CSM": "Pat Lee", "Reason": "Leave"}
    sheet = parse_workbook(one_row_workbook(cells), TODAY)
    copy = load_workbook(BytesIO(annotated(sheet, {2: ("failed", "=1+1")}))).worksheets[0]
    assert [cell.value for cell in copy[2]][-2:] == ["failed", "=1+1"]
    assert copy["H2"].data_type == "s"


@given(st.lists(st.builds(RowFault, st.integers(1, 9), st.sampled_from(["", *COLUMNS]), st.text(max_size=9))))
def test_trn_2_every_fault_is_said_of_its_row_and_of_no_other(faults):
    said = not_ready(faults)
    assert set(said) == {fault.row for fault in faults}
    assert {state for state, _ in said.values()} <= {"not ready"}
    assert all(fault.message in said[fault.row][1] for fault in faults)


@pytest.mark.parametrize(
    ("workbook", "copy"),
    [
        ("book.csv", "book (checked).xlsx"),
        ("Q3.Leave.XLSX", "Q3.Leave (checked).xlsx"),
        ("St. Mary A/B Clinic", "St. Mary A-B Clinic (checked).xlsx"),
        (".csv", "workbook (checked).xlsx"),
        ('Who: "A"?.xlsx', "Who- -A-- (checked).xlsx"),
        ("x" * 300 + ".csv", "x" * 120 + " (checked).xlsx"),
    ],
)
def test_trn_2_the_copy_is_named_after_the_workbook(workbook, copy):
    assert copy_name(workbook, "checked") == copy


def message(**changes):
    usual = {"mentions": slack_user("U1"), "workbook": "book.csv", "said": "2 rows are ready.", "lines": (), "more": 0}
    links = {"run_url": "https://p.example/run", "page": ("Plan", "https://p.example/plan"), "copied": True}
    return render("transition_copy.slack", **usual | links | changes)


def test_the_message_mentions_says_and_links():
    lines = message(lines=["Row 4, Account: no.", "Row 5: no."], more=3).strip().splitlines()
    assert lines == [
        "<@U1> :page_facing_up: *book.csv*: 2 rows are ready.",
        "• Row 4, Account: no.",
        "• Row 5: no.",
        "• And 3 more.",
        "The copy in this thread has the result of every row. <https://p.example/run|Run> · <https://p.example/plan|Plan>",
    ]


@given(st.text(max_size=40))
def test_nothing_that_somebody_typed_becomes_markup(text):
    plain, typed = message(workbook="x", lines=["x"]), message(workbook=text, lines=[text])
    assert typed.count("<") == plain.count("<")
    assert len(typed.split("\n")) == len(plain.split("\n"))
