"""CSM-1 to CSM-3: by what an account is placed and weighed, and who is asked where nobody can be chosen."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from rules.assignment.availability import Absence
from rules.assignment.plan import Unsettled
from rules.common.problems import Responsible
from tests.rules.builders.csms import HAND_OVER, LEAD, MID_MARKET, SMB, csm
from tests.rules.builders.sales import ACCOUNT_ID
from tests.rules.builders.snapshots import OTHER_LEAD, in_words, plan, standing

ANA = csm("Ana Diaz", 1)
BO = csm("Bo Li", 2)


def test_csm_3_a_segmentation_chosen_by_hand_stands():
    smb = csm("Cy Young", 3, segments=("SMB",))
    made = plan(standing(BO, smb, segmentation="SMB"))
    assert (made.csm, made.segment) == (smb.person, SMB)
    assert "CS Segmentation" not in [line[1] for line in in_words(made)]


def asked(made):
    (problem,) = made.problems
    return problem.who, problem.record, problem.record_id, problem.field, problem.rule


def test_csm_3_a_segmentation_that_the_policy_does_not_know_is_asked_about():
    made = plan(standing(BO, segmentation="Strategic"))
    assert asked(made) == (Responsible.CS_OPS, "Account", ACCOUNT_ID, "CS Segmentation", "CSM-3")
    assert made.problems[0].found == "Strategic"
    assert made.choice is None


def test_csm_3_without_segmentation_mrr_and_users_cs_operations_are_asked():
    made = plan(standing(BO, mrr=None, plan_amount=None, users=None))
    assert asked(made) == (Responsible.CS_OPS, "Account", ACCOUNT_ID, "CS Segmentation", "CSM-3")
    assert "SMB, Mid-Market or Enterprise" in made.problems[0].expected


@pytest.mark.parametrize("segmentation", [None, "Strategic"])
def test_csm_3_the_segment_of_an_account_that_keeps_its_csm_is_nobodys_question(segmentation):
    held = standing(BO, mrr=None, plan_amount=None, users=None, csm=BO.person, lead=LEAD, segmentation=segmentation)
    made = plan(held)
    assert (made.csm, made.segment) == (BO.person, None)
    assert "CS Segmentation" not in [line[1] for line in in_words(made)]


@pytest.mark.parametrize(
    ("known", "counted", "segment", "load", "remark"),
    [
        ({}, 1_200, MID_MARKET, Fraction(2, 75), None),
        ({"mrr": None}, 1_250, MID_MARKET, Fraction(13, 480), "1,250.00"),
        ({"mrr": None, "plan_amount": None}, 0, SMB, Fraction(1, 120), "0 was used"),
        ({"mrr": Decimal("-40.5")}, 0, SMB, Fraction(1, 120), "-40.50"),
        ({"mrr": Decimal(0)}, 0, SMB, Fraction(1, 120), None),
    ],
    ids=["known", "missing: the contract's", "missing everywhere", "negative", "nothing"],
)
def test_csm_1_the_mrr_counted_is_the_accounts_or_the_contracts_and_never_below_0(
    known, counted, segment, load, remark
):
    """Of a full book as halves: 60,000 and 30 accounts in Mid-Market, 30,000 and 60 in SMB."""
    anyone = csm("Cy Young", 3, segments=("SMB", "Mid-Market"))
    made = plan(standing(anyone, **known))
    assert (made.mrr, made.segment) == (counted, segment)
    assert made.choice.chosen.load_after == load
    assert len(made.remarks) == (remark is not None)
    assert remark is None or remark in made.remarks[0]


# --- nobody available


def test_csm_2_nobody_available_is_a_question_to_the_leads_with_every_reason():
    team = [
        replace(ANA, absences=(Absence(HAND_OVER.start, None),)),
        replace(BO, lead=OTHER_LEAD, absences=(Absence(HAND_OVER.start, HAND_OVER.start),)),
        csm("Cy Young", 3, accounts=50),
        csm("Di Rossi", 4, lead=None),
        csm("Ed Left", 5, active=False),
        csm("Fi Small", 6, segments=("SMB",)),
    ]
    made = plan(standing(*team))
    assert isinstance(made, Unsettled)
    assert made.choice.chosen is None
    assert asked(made) == (Responsible.TEAM_LEAD, "Account", ACCOUNT_ID, "Customer Success Manager", "CSM-2")
    (problem,) = made.problems
    assert problem.found == (
        "nobody; no CSM for Mid-Market is available (Ana Diaz: out of office from 2026-06-15 until further notice; "
        "Bo Li: out of office on 2026-06-15; Cy Young: holds 50 Mid-Market accounts, and may hold 50; "
        "Di Rossi: has no active team lead: enter the Manager on the user)"
    )
    assert problem.expected.startswith("For Otto Lead or Tara Lead: enter a CSM")
    assert made.problems == (problem,)


@pytest.mark.parametrize("team", [(), (csm("Fi Small", 6, segments=("SMB",)),), (csm("Ed Left", 5, active=False),)])
def test_csm_2_a_segment_that_nobody_serves_is_told_as_such(team):
    made = plan(standing(*team))
    assert asked(made)[0] == Responsible.TEAM_LEAD
    assert "nobody serves the segment" in made.problems[0].found
