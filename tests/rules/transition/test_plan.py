"""The plan of a workbook: what would move, what the books are then, what is warned of."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from rules.assignment.availability import Absence
from rules.assignment.books import Book, CsmTerms
from rules.transition.account_facts import SignedContract
from rules.transition.communication import Route
from rules.transition.health import Category
from rules.transition.rows import RowFault, Transfer
from tests.rules.builders.moves import ADA, BEN, ESCALATION, HANA, OPEN_SALE, TODAY, csm, facts, move, planned, row


@pytest.mark.parametrize(
    ("more", "category", "route"),
    [
        ({}, Category.HEALTHY, Route.AUTOMATED),
        ({"opportunities": (OPEN_SALE,)}, Category.OPEN_BUSINESS, Route.SEMI_AUTOMATED),
        ({"health": "At Risk"}, Category.AT_RISK, Route.MANUAL),
        ({"cases": (ESCALATION,)}, Category.ESCALATED, Route.MANUAL),
    ],
)
def test_trn_3_4_5_the_state_of_an_account_decides_how_its_customer_is_told(more, category, route):
    (one,) = planned([move(1)], [facts(1, **more)]).accounts
    assert (one.health.category, one.communication.route) == (category, route)


def test_trn_5_an_account_at_risk_that_is_to_be_told_by_itself_is_a_fault_of_its_row_and_the_others_go_on():
    fault = RowFault(2, "Account", "unknown")
    found = planned([move(4), move(3, transfer=Transfer.AUTOMATED)], [facts(3, health="At Risk"), facts(4)],
                    faults=[fault])  # fmt: skip
    assert [one.row.number for one in found.accounts] == [5]
    assert [one.row for one in found.faults] == [2, 4]


def test_an_account_that_is_gone_when_it_is_read_is_told():
    (fault,) = planned([move(1)], []).faults
    assert (fault.row, fault.column) == (2, "Account")
    assert "deleted or merged" in fault.message


def test_the_books_before_and_after_are_those_of_givers_and_takers():
    found = planned([move(1), move(2), move(3, BEN)], [facts(1), facts(2, mrr=None), facts(3)])
    shelves = {one.person.name: one for one in found.books}
    assert list(shelves) == ["Ada", "Ben", "Hana"]
    assert (shelves["Ada"].accounts, shelves["Ada"].accounts_after) == (1, 3)
    assert (shelves["Ada"].mrr, shelves["Ada"].mrr_after) == (200, 700)
    assert (shelves["Hana"].accounts_after, shelves["Hana"].mrr_after) == (0, 500)
    assert shelves["Ben"].load == 0 < shelves["Ben"].load_after


def test_a_churned_account_is_in_nobodys_book():
    (ada, hana) = planned([move(1)], [facts(1, cs_status="Churned")]).books
    assert (ada.accounts, ada.accounts_after) == (1, 1)
    assert (hana.accounts, hana.accounts_after) == (3, 3)


def test_warned_of_are_a_contract_about_to_end_an_escalation_a_full_book_and_who_is_away():
    soon = replace(facts(1).contracts[0].agreement, end=TODAY + timedelta(days=60))
    later = replace(soon, end=TODAY + timedelta(days=61))
    away = csm(BEN, absences=(Absence(TODAY, TODAY + timedelta(days=5)),))
    found = planned(
        [move(1), move(2), move(3, BEN)],
        [
            facts(1, contracts=(SignedContract(soon, None),)),
            facts(2, contracts=(SignedContract(later, None),), cases=(ESCALATION,)),
            facts(3),
        ],
        team=[csm(HANA, 3), csm(ADA, 2), away],
    )
    first, second, third = (one.warnings for one in found.accounts)
    assert first == ("Clinic 1: contract 00000001 ends on 2027-01-30, in 60 days.",)
    assert second == ("Clinic 2 is escalated: escalation case 0001 is open: 'Angry'.",)
    assert third == ()
    assert found.warnings == (
        "Ada would hold 4 SMB accounts, and may hold 3.",
        "Ben is out of office from 2026-12-01 to 2026-12-06.",
    )


def test_a_cap_of_ones_own_counts_instead_of_the_segments():
    own = CsmTerms(most_accounts=1)
    found = planned([move(1)], [facts(1)], team=[csm(HANA, 3), csm(ADA, 1, terms=own)])
    assert found.warnings == ("Ada would hold 2 accounts, and may hold 1.",)


def test_csm_3_warned_of_are_accounts_of_a_segment_that_the_new_csm_does_not_serve():
    names = [facts(number, segmentation="Mid-Market") for number in range(1, 8)]
    others = [facts(8, segmentation="SMB"), facts(9, segmentation=None)]
    moves = [move(number) for number in range(1, 10)]
    team = [csm(HANA, 9), csm(ADA, segments=("Enterprise", "SMB"), terms=CsmTerms(most_accounts=99))]
    (warning,) = planned(moves, [*names, *others], team=team).warnings
    assert warning == (
        "Ada serves Enterprise and SMB, but would get 7 Mid-Market accounts: "
        "Clinic 1, Clinic 2, Clinic 3, Clinic 4, Clinic 5 and 2 more."
    )
    nothing = csm(ADA, segments=(), terms=CsmTerms(most_accounts=99))
    assert planned([move(8)], [others[0]], team=[csm(HANA, 9), nothing]).warnings == (
        "Ada serves no segment, but would get 1 SMB account: Clinic 8.",
    )


def test_csm_1_warned_of_is_a_new_csm_who_works_part_time_or_is_new():
    part_time, new = CsmTerms(capacity=Decimal("0.6")), CsmTerms(ramp_up=Decimal("0.5"))
    team = [csm(HANA, 3), csm(ADA, terms=part_time), csm(BEN, terms=new)]
    assert planned([move(1), move(2, BEN)], [facts(1), facts(2)], team=team).warnings == (
        "Ada works part-time (capacity 60%).",
        "Ben is ramping up (at 50% of the capacity).",
    )


def test_csm_1_an_account_without_mrr_moves_with_its_contracts_amount():
    sold = replace(facts(1).contracts[0].agreement, plan_amount=Decimal(480))
    lacking = facts(1, mrr=None, contracts=(SignedContract(sold, None),))
    hana = csm(HANA, books=(Book("SMB", 2, Decimal(980), by_contract=1),))
    found = planned([move(1)], [lacking], team=[hana, csm(ADA)])
    assert [(one.person.name, one.mrr, one.mrr_after) for one in found.books] == [("Ada", 0, 480), ("Hana", 980, 500)]
    assert found.accounts[0].mrr == 480
    assert found.book_remarks == ("1 account without MRR is counted with its contract's amount.",)


def test_the_mark_of_a_plan_changes_with_every_record_hand_route_and_day():
    mark = planned([move(1)], [facts(1)]).mark
    assert planned([move(1)], [facts(1)]).mark == mark
    later = replace(move(1), row=row(1).model_copy(update={"effective": TODAY + timedelta(days=1)}))
    others = [
        planned([move(1, BEN)], [facts(1)]),
        planned([move(1, transfer=Transfer.MANUAL)], [facts(1)]),
        planned([move(1, former=BEN)], [facts(1)]),
        planned([move(1)], [facts(1, opportunities=(replace(OPEN_SALE, is_closed=True, is_won=True, close=TODAY),))]),
        planned([later], [facts(1)]),
        planned([move(1), move(2)], [facts(1), facts(2)]),
    ]
    assert len({mark, *(one.mark for one in others)}) == 1 + len(others)


def test_who_gives_or_takes_and_is_not_in_the_team_has_no_book():
    found = planned([move(1, former=None), move(2, BEN)], [facts(1, csm=None), facts(2)], team=[csm(HANA, 3), csm(ADA)])
    assert [(one.person.name, one.accounts, one.accounts_after) for one in found.books] == [
        ("Ada", 0, 1),
        ("Hana", 3, 2),
    ]


def test_a_cap_of_ones_own_that_is_kept_is_no_warning():
    own = CsmTerms(most_accounts=2)
    assert planned([move(1)], [facts(1)], team=[csm(HANA, 3), csm(ADA, 1, terms=own)]).warnings == ()


def test_the_summary_counts_rows_at_fault_and_not_their_faults():
    faults = [RowFault(3, "Account", "nothing."), RowFault(3, "Reason", "nothing."), RowFault(4, "", "merged.")]
    assert planned([move(1)], [facts(1)], faults=faults).summary == "Accounts that would move: 1. Rows not ready: 2."
