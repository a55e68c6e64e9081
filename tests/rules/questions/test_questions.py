"""PUB-7: people are asked again only when there is something else to settle; what they decide stands (ONB-12, ONB-13).

A question is about its problems, whatever is found there: their people, records, fields, rules and topics.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.problems import Choice, Responsible
from rules.common.records import Person
from rules.onboarding.review import sale_problems
from rules.questions.questions import NAMED, Decision, ask, choices, waits_for, worth_asking
from tests.rules.builders.csms import LEAD
from tests.rules.builders.questions import (
    ASKED,
    LEARNING,
    MINUTE,
    NOTHING,
    chosen,
    problem,
    question,
    some_problems,
    unknown,
)
from tests.rules.builders.sales import FAULTS, PRODUCTS, TODAY, good_sale, with_opportunity

LATER = ASKED + timedelta(hours=5)


def asked(problems, last=None, **values):
    usual = {
        "now": LATER,
        "number": 2,
        "subject": "Harbor Clinic",
        "record_id": "006000000000001AAA",
        "mrr": Decimal(1250),
        "reviewed": False,
    }
    return ask(problems, last, **{**usual, **values})


@given(some_problems, st.randoms(), st.text(max_size=9))
def test_pub_7_whatever_is_found_now_the_question_stays_as_it_was_asked(problems, chance, found):
    last = question(*problems)
    now = [replace(one, found=found, expected=f"{found}.", choices=(NOTHING,), people=(LEAD,)) for one in problems]
    chance.shuffle(now)
    assert asked(now, last) is last


@pytest.mark.parametrize(
    "other",
    [
        {"who": Responsible.TEAM_LEAD},
        {"record": "Opportunity"},
        {"record_id": ""},
        {"field": "Plan Amount"},
        {"rule": "ONB-4"},
        {"topic": "product radiology"},
    ],
    ids=str,
)
def test_pub_7_a_problem_about_something_else_is_asked_anew_and_the_old_one_is_fixed(other):
    before = unknown()
    last = question(before)
    anew = asked([replace(before, **other)], last)
    assert (anew.number, anew.problems, anew.fixed) == (2, (replace(before, **other),), (before,))


def test_pub_7_the_same_problem_found_with_another_value_is_the_question_that_was_asked():
    last = question(unknown())
    assert asked([replace(unknown(), found="something else")], last) is last


@given(some_problems, st.data())
def test_pub_7_a_new_question_names_what_is_open_and_exactly_what_was_fixed(problems, data):
    before = data.draw(st.sets(st.sampled_from(problems), min_size=1))
    left = [one for one in problems if data.draw(st.booleans())]
    last = question(*(one for one in problems if one in before))
    now = tuple(replace(one, found=f"{one.found}?") for one in left)
    anew = asked(now, last)
    if set(left) == before:
        assert anew is last
    else:
        assert anew.problems == now
        assert anew.fixed == tuple(one for one in problems if one in before and one not in left)
        assert (anew.number, anew.asked_at) == (2, LATER)


def test_a_first_question_has_everything_open_and_nothing_fixed():
    first = asked([problem(), unknown()], number=1, mrr=None, reviewed=True)
    assert (first.number, first.asked_at, first.since) == (1, LATER, LATER)
    assert (first.problems, first.fixed) == ((problem(), unknown()), ())
    assert (first.subject, first.record_id) == ("Harbor Clinic", "006000000000001AAA")
    assert (first.mrr, first.reviewed) == (None, True)


@given(st.lists(some_problems, min_size=1, max_size=5))
def test_a_series_of_questions_is_as_old_as_its_first_one(rounds):
    last = None
    for number, problems in enumerate(rounds, 1):
        last = asked(problems, last, now=ASKED + number * MINUTE, number=number)
        assert last.since == ASKED + MINUTE


# --- what was decided

RADIOLOGY = unknown("Radiology")
OFFERED = [question(unknown()), question(unknown(), RADIOLOGY, number=2)]


@given(st.lists(st.sampled_from(["Learning", "-"]), min_size=1, max_size=5), st.randoms())
def test_onb_13_of_several_decisions_the_latest_stands_in_whatever_order_they_arrive(values, chance):
    answers = [chosen(value, minutes) for minutes, value in enumerate(values)]
    latest = answers[-1]
    chance.shuffle(answers)
    (topic, decided), *others = choices(OFFERED, answers).items()
    assert others == []
    assert (topic, decided.value, decided.answer) == ("product telehealth", values[-1], latest)


@pytest.mark.parametrize("choice", [LEARNING, NOTHING])
def test_onb_13_a_decision_is_told_as_it_was_offered(choice):
    assert choices(OFFERED, [chosen(choice.value)])["product telehealth"].label == choice.label


@pytest.mark.parametrize(
    "answer",
    [
        chosen("Compliance", 9),
        chosen("learning", 9),
        chosen("Modules of Learning", 9),
        chosen("Learning", 9, topic="product dentistry"),
        chosen("Learning", 9, topic=""),
        chosen("", 9, topic="", decision=Decision.CHECK),
        chosen("", 9, topic="", decision=Decision.CANCEL),
    ],
)
def test_what_was_never_offered_decides_nothing_and_undoes_nothing(answer):
    assert choices(OFFERED, [answer]) == {}
    assert choices(OFFERED, [chosen("-", 1), answer])["product telehealth"].value == "-"


def test_onb_12_a_choice_of_one_matter_is_none_of_another():
    two = Choice("rec-2", "Harbor Clinic, code 2")
    billing = unknown(topic="Recurly account", choices=(two,))
    offered = [question(unknown(), billing)]
    assert choices(offered, [chosen("rec-2"), chosen("Learning", topic="Recurly account")]) == {}
    assert choices(offered, [chosen("rec-2", topic="Recurly account")])["Recurly account"].label == two.label


def test_a_decision_stands_when_its_question_is_over_and_another_is_asked():
    decided = choices(OFFERED, [chosen("-", 1), chosen("Learning", 2, topic="product radiology")])
    assert {topic: one.value for topic, one in decided.items()} == {
        "product telehealth": "-",
        "product radiology": "Learning",
    }


# --- whether anybody is asked


def reviewed(sale):
    return sale_problems(sale, in_report=True, matrix_products=PRODUCTS, today=TODAY)


def test_onb_1_nobody_is_asked_about_a_sale_that_is_not_closed():
    not_closed = reviewed(with_opportunity(good_sale(), stage="Prospecting"))
    assert not_closed
    assert not worth_asking(not_closed)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.place}-{fault.rule}")
def test_pub_3_somebody_is_asked_about_every_fault_of_a_closed_sale(fault):
    assert worth_asking(reviewed(fault.inject(good_sale())))


def test_pub_3_what_else_is_wrong_beside_the_stage_is_asked():
    assert worth_asking([problem("Stage", rule="ONB-1"), problem()])


def test_a_form_counts_the_problems_with_choices_alone():
    assert question(problem(), RADIOLOGY, problem("Plan Amount"), unknown()).to_decide == (RADIOLOGY, unknown())


SAM, ALEX = Person("005A", "Sam Okafor", "sam@x.example"), Person("005B", "Alex Kim", "alex@x.example")


@pytest.mark.parametrize(
    ("sellers", "said"),
    [
        ((SAM, ALEX), "Sam Okafor (sales)"),
        ((replace(SAM, is_active=False), ALEX), "Alex Kim (sales)"),
        ((None, None), "sales"),
    ],
)
def test_pub_7_a_waiting_run_says_for_whom_and_for_what(sellers, said):
    open_now = [problem("User Count"), problem("Service Level"), problem("User Count", rule="ONB-8"), unknown()]
    assert waits_for(open_now, sellers) == f"Waits for {said}: User Count, Service Level; CS Operations: Products."
    lead = problem("CSM", who=Responsible.TEAM_LEAD, people=(LEAD,))
    assert waits_for([lead], sellers) == f"Waits for {LEAD.name} (the team lead): CSM."


def test_pub_7_a_waiting_run_counts_the_fields_that_are_too_many():
    said = waits_for([problem(f"Field {number}") for number in range(NAMED + 2)], ())
    assert said.endswith(f"Field {NAMED - 1}, 2 more.")
