"""Rows of a workbook with the accounts that move, and the plan that is made of them."""

from datetime import timedelta
from decimal import Decimal

from rules.assignment.availability import HandOver
from rules.assignment.segmentation import Segment
from rules.common.records import Person
from rules.transition.account_facts import AccountOpportunity, Case
from rules.transition.health import Thresholds
from rules.transition.match import MatchedAccount, MatchedRow
from rules.transition.plan import TransitionPlan, TransitionTerms, plan
from rules.transition.rows import Reason, Row, Transfer
from tests.rules.builders import csms
from tests.rules.builders.account_facts import TODAY, account, contract
from tests.rules.builders.office_hours import WORKING_DAYS

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
    usual = {"csm": HANA, "lead": TARA, "mrr": Decimal(500), "contracts": (contract(number),)}
    return account(id=account_id(number), name=f"Clinic {number}", **usual | more)


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
    usual = {"person": person, "lead": TARA, "segments": ("SMB",)}
    return csms.csm(accounts=accounts, mrr=Decimal(mrr), of=SEGMENTS[0], **usual | more)


def planned(moves, found, *, faults=(), team=None) -> TransitionPlan:
    return plan(
        moves,
        {one.id: one for one in found},
        faults,
        today=TODAY,
        terms=TERMS,
        csms=team or [csm(HANA, 3, 1500), csm(ADA, 1, 200), csm(BEN)],
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
