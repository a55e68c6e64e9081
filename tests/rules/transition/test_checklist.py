"""TRN-6, TRN-7: the questions of the procedure, and what is answered to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.transition.checklist import CLOSED_LATELY, IN_LMS, IN_SALESFORCE, OPEN_OPPORTUNITIES, Section, checklist
from tests.rules.builders.account_facts import (
    THRESHOLDS,
    TODAY,
    account,
    accounts,
    billed,
    case,
    contact,
    contract,
    on,
    sale,
    shuffled,
    task,
    usage,
)


def lines(facts):
    return checklist(facts, TODAY, THRESHOLDS)


def said(number, questions=IN_SALESFORCE, **changes):
    (line,) = [one for one in lines(account(**changes)) if one.question == questions[number]]
    return line.answer, line.note


@pytest.mark.parametrize(
    ("replied", "answer", "note"),
    [
        (-60, "Yes", f"Dana Cole, Director, dana@harbor.example: last e-mail or call on {on(-60)}."),
        (-61, "No", f"Dana Cole, Director, dana@harbor.example: last e-mail or call on {on(-61)}."),
        (None, "No", "Dana Cole, Director, dana@harbor.example: no e-mail or call is known."),
    ],
)
def test_trn_6_whether_the_main_contact_replies(replied, answer, note):
    assert said(0, contacts=(contact(replied=replied),)) == (answer, note)


def test_trn_6_no_contact_is_told():
    assert said(0, contacts=()) == ("There is no contact", "")


def test_trn_6_other_points_of_contact_are_named():
    others = (contact(2, name="Zoe", main=False, email=None), contact(3, name="Abe", main=False, title=None))
    assert said(1, contacts=(contact(), *others)) == ("Yes, 2", "Abe, dana@harbor.example\nZoe, Director")
    assert said(1) == ("No", "")


def test_trn_6_escalations_open_and_past_and_course_cases_are_told_with_what_they_are_about():
    cases = (
        case(1, "Escalation", subject="Data lost"),
        case(2, "Escalation", closed=-30, opened=-40, subject="Late invoice", description="Billed\ntwice."),
        case(3, "Course", subject="HIPAA video", description=None),
        case(4, "Course", closed=-2),
    )
    assert said(2, cases=cases) == ("Yes, 1", f"00000001, opened on {on(-20)}: Data lost. Users cannot log in.")
    past = f"00000002, opened on {on(-40)}, closed on {on(-30)}: Late invoice. Billed twice."
    assert said(3, cases=cases) == ("Yes, 1", past)
    assert said(4, cases=cases) == ("Yes, 1", f"00000003, opened on {on(-20)}: HIPAA video")
    assert [said(number)[0] for number in (2, 3, 4)] == ["No"] * 3


def test_trn_6_recent_notes_are_the_tasks_done_last():
    done = tuple(
        task(number, due=-number, done=True, subtype="Call", subject=f"Talk {number}") for number in range(1, 8)
    )
    answer, note = said(5, tasks=done, special_mentions="VIP")
    assert answer == "Special mentions and recent notes"
    assert note.splitlines() == ["Special mentions: VIP", *(f"{on(-n)}, Call: Talk {n}" for n in range(1, 6))]
    assert said(5) == ("None", "")


def test_trn_7_users_are_counted_by_status():
    counted = ("40 active, 5 inactive, 2 terminated", "Counted on 2026-12-01 04:00 UTC.")
    assert said(0, IN_LMS) == counted
    assert said(0, IN_LMS, usage=None) == ("Not known", "The LMS has no company 48213.")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "No: 45 in the system, 45 paid for"),
        ({"usage": usage(41)}, "Yes: 46 in the system, 45 paid for"),
        ({"billed": (billed(quantity=50),)}, "Yes: 45 in the system, 50 paid for"),
        ({"contracts": (contract(users=None),)}, "Not known"),
        ({"usage": None}, "Not known"),
    ],
)
def test_trn_7_users_in_the_system_are_held_against_those_paid_for(changes, answer):
    told, note = said(1, IN_LMS, **changes)
    assert told == answer
    assert "Standard: active" in note


@pytest.mark.parametrize(
    ("providers", "contracted", "answer"),
    [
        (12, 12, "12 active, 12 contracted: the same"),
        (12, 15, "12 active, 15 contracted: not the same"),
        (12, None, "12 active, not known contracted"),
    ],
)
def test_trn_7_with_cred_soft_providers_are_held_against_those_contracted(providers, contracted, answer):
    terms = (contract(products=("credentialing software",), providers=contracted),)
    assert said(2, IN_LMS, contracts=terms, usage=usage(providers=providers))[0] == answer


def test_trn_7_what_is_not_contracted_is_not_counted():
    assert said(2, IN_LMS) == ("Not contracted", "")
    assert said(3, IN_LMS, contracts=(contract(products=("Credentialing Software",)),)) == ("Not contracted", "")


def test_trn_7_the_use_of_learning_and_compliance_is_told_by_module():
    used = usage(40, learning=30, compliance=10, learning_reports=4, credentialing=9)
    assert said(3, IN_LMS, usage=used) == (
        "Learning: 30 of 40 active users a month (75 %); Compliance: 10 of 40 active users a month (25 %)",
        "learning-reports: 4 monthly active users",
    )
    assert said(3, IN_LMS, usage=usage(0, learning=0))[0].startswith("Learning: 0 of 0 active users a month;")


def test_trn_8_pending_items_and_opportunities_follow_the_questions():
    sales = (sale(1), sale(2, "Closed Won", close=-20, name="Renewed"))
    found = lines(account(cases=(case(),), opportunities=sales))
    assert [(one.question, one.answer) for one in found if one.section is Section.PENDING] == [
        ("Questions and Requests", "None"),
        ("Support Tickets/Integrations/Customizations", "Support 00000001: SSO"),
        ("Escalations", "None"),
    ]
    assert [(one.question, one.answer, one.note) for one in found if one.section is Section.OPPORTUNITIES] == [
        (OPEN_OPPORTUNITIES, "Harbor expansion", f"Expansion, Qualification, 1,200.00, close date {on(30)}"),
        (CLOSED_LATELY, "Renewed", f"Expansion, Closed Won, 1,200.00, close date {on(-20)}"),
    ]


@given(accounts())
def test_every_question_is_answered_once_in_the_procedures_order(facts):
    found = lines(facts)
    asked = [one.question for one in found if one.section in (Section.SALESFORCE, Section.LMS)]
    assert asked == [*IN_SALESFORCE, *IN_LMS]
    assert all(one.answer for one in found if one.section is not Section.OPPORTUNITIES)
    assert [one.section for one in found] == sorted((one.section for one in found), key=list(Section).index)


@given(st.data())
def test_what_was_read_first_makes_no_difference(data):
    facts = data.draw(accounts())
    assert lines(data.draw(shuffled(facts))) == lines(facts)
