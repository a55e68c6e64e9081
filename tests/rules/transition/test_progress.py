"""What a person is asked on the way of a workbook."""

import pytest

from rules.common.problems import Responsible
from rules.transition.approved_move import approved_move
from rules.transition.plan import plan_account
from rules.transition.progress import (
    GO_ON,
    MoveProgress,
    MoveStatus,
    approval,
    moved_ids,
    whether_to_go_on,
    with_present_holders,
)
from tests.rules.builders.moves import TARA, TERMS, TODAY, facts, move, planned

PAGE = "https://p.example/plan"


def test_trn_2_a_team_lead_approves_exactly_one_plan():
    plan = planned([move(1), move(2)], [facts(1), facts(2)])
    problem = approval(plan, "book.xlsx", PAGE)
    assert problem.who is Responsible.TEAM_LEAD
    assert problem.people == (TARA,)
    assert problem.page == PAGE
    assert [(choice.value, choice.label) for choice in problem.choices] == [(plan.mark, "Move 2 accounts as planned")]
    other = approval(planned([move(1)], [facts(1)]), "book.xlsx", PAGE)
    assert other.topic != problem.topic
    assert other.identity != problem.identity


@pytest.mark.parametrize("failures", [1, 5, 7])
def test_cs_operations_are_told_who_failed_and_may_go_on(failures):
    wave = [approved_move(plan_account(move(number), facts(number), TODAY, TERMS), "cafe") for number in range(1, 9)]
    moved = {
        one.account_id: MoveProgress(MoveStatus.FAILED if place < failures else MoveStatus.MOVED, "", "")
        for place, one in enumerate(wave)
    }
    problem = whether_to_go_on(2, wave, moved)
    assert problem.who is Responsible.CS_OPS
    assert problem.field == "Wave 2"
    assert problem.found.startswith(f"{failures} of 8 accounts failed: Clinic 1")
    assert ("more" in problem.found) is (failures > 5)
    assert [choice.value for choice in problem.choices] == [GO_ON]


def test_what_is_on_its_day_or_done_is_at_rest():
    assert [one for one in MoveStatus if not one.is_at_rest] == [MoveStatus.UNDER_WAY]


def test_trn_10_moved_is_said_only_of_accounts_that_are_with_their_new_csm():
    orders = [approved_move(plan_account(move(number), facts(number), TODAY, TERMS), "cafe") for number in range(1, 6)]
    ours, other, gone, nobody, failed = (one.account_id for one in orders)
    moved = {one.account_id: MoveProgress(MoveStatus.MOVED, "moved", "page") for one in orders}
    moved[failed] = MoveProgress(MoveStatus.FAILED, "no", "page")
    present = {ours: orders[0].new_csm_id, other: "005000000000009AAA", nobody: None}
    found = with_present_holders(orders, moved, present)
    assert moved_ids(moved) == sorted((ours, other, gone, nobody))
    assert [found[one].status for one in (ours, other, gone, nobody, failed)] == [
        MoveStatus.MOVED,
        *[MoveStatus.ELSEWHERE] * 3,
        MoveStatus.FAILED,
    ]
    assert "it is now 005000000000009AAA" in found[other].message
    assert "no longer has an account" in found[gone].message
    assert "it is now nobody" in found[nobody].message
    assert [one for one in MoveStatus if one.is_as_wanted] == [
        MoveStatus.LATER,
        MoveStatus.MOVED,
        MoveStatus.UNDONE,
    ]
