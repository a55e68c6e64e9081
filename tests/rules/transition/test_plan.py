"""The plan of a workbook: what would move, what the books are then, what is warned of."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rules.assignment.availability import Absence, HandOver
from rules.assignment.books import Book, Csm, CsmTerms
from rules.assignment.segmentation import Segment
from rules.common.records import Person
from rules.contracts.clients import Agreement
from rules.transition.account_facts import AccountFacts, AccountOpportunity, Case, PointOfContact, SignedContract, Usage
from rules.transition.communication import Route
from rules.transition.health import Category, Thresholds
from rules.transition.match import MatchedAccount, MatchedRow
from rules.transition.plan import TransitionPlan, TransitionTerms, plan
from rules.transition.rows import Reason, Row, RowFault, Transfer
from tests.rules.office_hours import WORKING_DAYS

TODAY = date(2026, 12, 1)
HANA, ADA, BEN, TARA = (
    Person(f"00500000000000{number}AAA", name, None) for number, name in enumerate(("Hana", "Ada", "Ben", "Tara"), 1)
)
TERMS = TransitionTerms(
    Thresholds(30, 60, Decimal(50), ("At Risk",), mentions_count=True),
    credit=timedelta(days=90),
    renewal=timedelta(days=60),
)  # fmt: skip
SEGMENTS = (Segment("SMB", Decimal(0), 0, Decimal(10_000), 20, 3),)


def facts(number, **more):
    agreement = Agreement(
        f"800{number}", f"0000{number}", "Activated", date(2026, 1, 1), date(2027, 12, 31), won=True,
        products=(), service_level=None, users=None, publications=(),
    )  # fmt: skip
    usual = {
        "csm": HANA, "lead": TARA, "health": "Healthy", "special_mentions": None, "mrr": Decimal(500),
        "segmentation": "SMB", "cs_status": "Active", "lms_company_id": "1", "recurly_account_id": None,
        "contacts": (PointOfContact("003", "Dana", "dana@acme.example", None, is_main=True, last_reply=TODAY),),
        "contracts": (SignedContract(agreement, None),),
        "usage": Usage(10, 0, 0, 0, (), datetime(2026, 12, 1, tzinfo=UTC)),
    }  # fmt: skip
    return AccountFacts(account_id(number), f"Clinic {number}", **(usual | more))


def account_id(number):
    return f"00100000000000{number}AAA"


def row(number, transfer=Transfer.DECIDE):
    return Row.model_construct(
        number=number + 1, account=f"Clinic {number}", new_csm="Ada", reason=Reason.LEAVE, effective=TODAY,
        transfer=transfer, notes="",
    )  # fmt: skip


def move(number, to=ADA, transfer=Transfer.DECIDE, former=HANA):
    return MatchedRow(row(number, transfer), MatchedAccount(account_id(number), f"Clinic {number}", former), to, TARA)


def csm(person, accounts=0, mrr=0, **more):
    books = (Book("SMB", accounts, Decimal(mrr)),) if accounts else ()
    usual = {"active": True, "lead": TARA, "segments": ("SMB",), "books": books, "last_assigned": None}
    return Csm(person, **(usual | more))


def planned(moves, found, *, faults=(), csms=None) -> TransitionPlan:
    return plan(
        moves,
        {one.id: one for one in found},
        faults,
        today=TODAY,
        terms=TERMS,
        csms=csms or [csm(HANA, 3, 1500), csm(ADA, 1, 200), csm(BEN)],
        segments=SEGMENTS,
        weight_of_mrr=Decimal("0.5"),
        hand_over=HandOver(TODAY, 3, 1, WORKING_DAYS),
    )


OPEN_SALE = AccountOpportunity(
    "0061", "More", "Expansion", "Proposal", amount=None, close=None, is_closed=False, is_won=False, csm_id=HANA.id,
    manager_id=None, leader_id=None,
)  # fmt: skip
ESCALATION = Case(
    "5001", "0001", "Escalation", "Angry", description=None, is_closed=False, opened=TODAY, closed=None,
    owner_id=HANA.id,
)  # fmt: skip


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
        csms=[csm(HANA, 3), csm(ADA, 2), away],
    )
    first, second, third = (one.warnings for one in found.accounts)
    assert first == ("Clinic 1: contract 00001 ends on 2027-01-30, in 60 days.",)
    assert second == ("Clinic 2 is escalated: escalation case 0001 is open: 'Angry'.",)
    assert third == ()
    assert found.warnings == (
        "Ada would hold 4 SMB accounts, and may hold 3.",
        "Ben is out of office from 2026-12-01 to 2026-12-06.",
    )


def test_a_cap_of_ones_own_counts_instead_of_the_segments():
    own = CsmTerms(most_accounts=1)
    found = planned([move(1)], [facts(1)], csms=[csm(HANA, 3), csm(ADA, 1, terms=own)])
    assert found.warnings == ("Ada would hold 2 accounts, and may hold 1.",)


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
    found = planned([move(1, former=None), move(2, BEN)], [facts(1, csm=None), facts(2)], csms=[csm(HANA, 3), csm(ADA)])
    assert [(one.person.name, one.accounts, one.accounts_after) for one in found.books] == [
        ("Ada", 0, 1),
        ("Hana", 3, 2),
    ]


def test_a_cap_of_ones_own_that_is_kept_is_no_warning():
    own = CsmTerms(most_accounts=2)
    assert planned([move(1)], [facts(1)], csms=[csm(HANA, 3), csm(ADA, 1, terms=own)]).warnings == ()


def test_the_summary_counts_rows_at_fault_and_not_their_faults():
    faults = [RowFault(3, "Account", "nothing."), RowFault(3, "Reason", "nothing."), RowFault(4, "", "merged.")]
    assert planned([move(1)], [facts(1)], faults=faults).summary == "Accounts that would move: 1. Rows at fault: 2."
