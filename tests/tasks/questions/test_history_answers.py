"""Every way of answering is heard once, from whoever gave it; nothing else is taken for an answer (PUB-7)."""

import json
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.common.problems import Choice
from rules.questions.questions import DASHBOARD, Answer, Decision
from tasks.questions.history import CLOCK
from tests.rules.builders.questions import ASKED, MINUTE, problem, question, unknown
from tests.tasks.conversations import AT, CHANGED, KEY, OTHER_KEY, heard, kept, pressed, put, resumed, said


def test_a_pressed_button_is_an_answer():
    (answer,) = heard(pressed(decision="Choose", topic="product telehealth", choice="-")).answers
    at = datetime.fromisoformat(AT)
    assert answer == Answer(KEY, "pat.seller", "Slack", at, Decision.CHOOSE, "product telehealth", "-")


@pytest.mark.parametrize(("who", "via"), [("Dana Ops", DASHBOARD), (CHANGED, "Salesforce")])
@pytest.mark.parametrize("decision", [Decision.CHECK, Decision.CANCEL])
def test_resume_is_an_answer_of_whoever_pressed_it_or_of_the_record_that_changed(who, via, decision):
    (answer,) = heard(put(question()), resumed(who, decision)).answers
    expected = {"who": who, "via": via, "at": ASKED + 7 * MINUTE, "decision": decision, "topic": "", "choice": ""}
    assert said(answer) == expected


def test_each_resume_is_an_answer_of_its_own():
    history = heard(resumed(wait=1), resumed(wait=2), resumed(number=2, wait=3))
    assert len({answer.key for answer in history.answers}) == 3


def test_a_resume_for_a_pressed_button_is_not_counted_beside_it():
    (answer,) = heard(put(question()), pressed(), resumed(KEY)).answers
    assert (answer.key, answer.who) == (KEY, "pat.seller")


@pytest.mark.parametrize("decision", ["Check again", "Cancel"])
def test_the_clock_answers_nothing(decision):
    history = heard(put(question()), resumed(CLOCK, decision))
    assert (history.answers, history.cancelled) == ((), None)


def test_answers_stand_in_the_order_in_which_they_were_given():
    late, early = pressed(at="2026-06-12T19:09:00Z"), pressed(OTHER_KEY, at="2026-06-12T15:01:00-04:00")
    assert [answer.who for answer in heard(late, resumed("Dana Ops", minutes=4), early).answers] == [
        "pat.seller",
        "Dana Ops",
        "pat.seller",
    ]
    assert [answer.key for answer in heard(late, early).answers] == [OTHER_KEY, KEY]


# --- choices of the form


def test_a_choice_of_the_form_settles_the_problem_that_it_stood_beside():
    radiology, rec = unknown("Radiology"), Choice("rec-2", "Harbor Clinic, code 2")
    billing = unknown(topic="Recurly account", choices=(Choice("rec-1", "Harbor Clinic, code 1"), rec))
    asked = question(unknown(), problem(), radiology, billing, problem("Plan Amount"))
    history = heard(put(asked), resumed(choice_2="No modules for Telehealth", choice_3=rec.label))
    check, second, third = history.answers
    assert check.decision is Decision.CHECK
    assert [(one.decision, one.topic, one.choice) for one in (second, third)] == [
        (Decision.CHOOSE, "product radiology", "-"),
        (Decision.CHOOSE, "Recurly account", "rec-2"),
    ]
    assert {one.who for one in history.answers} == {"Dana Ops"}
    assert len({one.key for one in history.answers}) == 3


@pytest.mark.parametrize("field", ["choice_1", "choice_2"])
def test_two_problems_with_equal_labels_do_not_mix(field):
    one, two = Choice("rec-1", "Harbor Clinic"), Choice("rec-2", "Harbor Clinic")
    asked = question(unknown(topic="first", choices=(one,)), unknown(topic="second", choices=(two,)))
    history = heard(put(asked), resumed(**{field: "Harbor Clinic"}))
    expected = {"choice_1": ("first", "rec-1"), "choice_2": ("second", "rec-2")}[field]
    assert [(answer.topic, answer.choice) for answer in history.answers[1:]] == [expected]


def test_a_form_is_read_by_the_question_that_it_was_shown_for():
    first, second = question(unknown(), unknown("Radiology")), question(unknown("Radiology"), number=2)
    history = heard(put(first), put(second), resumed(number=1, choice_1="Modules of Learning"))
    assert [answer.topic for answer in history.answers[1:]] == ["product telehealth"]
    history = heard(put(first), put(second), resumed(number=2, choice_1="Modules of Learning"))
    assert [answer.topic for answer in history.answers[1:]] == ["product radiology"]


@pytest.mark.parametrize("label", [None, "", "Modules of Everything", "Learning", 5, ["Modules of Learning"]])
def test_a_choice_that_the_form_did_not_offer_is_none(label):
    history = heard(put(question(unknown())), resumed(choice_1=label))
    assert [answer.decision for answer in history.answers] == [Decision.CHECK]


# --- calling it off


CANCELS = pytest.mark.parametrize(
    "cancel", [pressed(decision="Cancel"), resumed(decision="Cancel")], ids=["Slack", "form"]
)


@CANCELS
def test_a_run_is_called_off_by_an_answer_once(cancel):
    answer = heard(put(question()), cancel).cancelled
    assert answer.decision is Decision.CANCEL
    assert heard(put(question()), cancel, kept(f"{answer.key}-done")).cancelled is None


@CANCELS
def test_a_run_is_not_called_off_once_all_is_settled(cancel):
    assert heard(put(question()), kept("question-1-closed"), cancel).cancelled is None


def test_a_second_cancel_counts_though_the_first_was_acted_upon():
    first, second = pressed(decision="Cancel"), pressed(OTHER_KEY, decision="Cancel", who="omar")
    assert heard(put(question()), first, kept(f"{KEY}-done"), second).cancelled.who == "omar"


def test_no_other_answer_calls_a_run_off():
    assert heard(put(question()), pressed(), pressed(OTHER_KEY, decision="Choose"), resumed()).cancelled is None


# --- what somebody else wrote

FIELDS = ("who", "via", "at", "decision", "topic", "choice")
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    max_leaves=5,
)


@given(odd | st.text(), st.integers(0, 2**128 - 1))
@example("", 0)
@example("[" * 5000, 0)
@example("not json", 1)
def test_what_is_no_answer_is_left_aside_and_hides_no_other(value, number):
    garbage = kept(f"answer-{number:032x}", value)
    assert said(heard(garbage, pressed(f"answer-{'f' * 33}")).answers[0]) == said(heard(pressed()).answers[0])


@given(st.sampled_from(FIELDS), odd)
@example("at", "2026-06-12T19:05:00")
@example("at", "2026-06-12")
@example("decision", "Destroy")
@example("who", None)
@example("topic", ["product telehealth"])
def test_an_answer_that_is_wrong_in_one_field_stops_no_run(field, value):
    history = heard(pressed(OTHER_KEY, **{field: value}), pressed(), resumed())
    assert {"pat.seller", "Dana Ops"} <= {answer.who for answer in history.answers}
    assert all(answer.at.tzinfo for answer in history.answers)


@pytest.mark.parametrize("at", ["2026-06-12T19:05:00", "2026-06-12", "yesterday", None])
def test_an_answer_without_a_moment_of_its_own_is_none(at):
    assert heard(pressed(at=at)).answers == ()


@pytest.mark.parametrize("missing", ["who", "via", "at", "decision"])
def test_an_answer_that_lacks_what_the_audit_tells_is_none(missing):
    whole = json.loads(pressed().value)
    assert heard(kept(KEY, {name: value for name, value in whole.items() if name != missing})).answers == ()


@pytest.mark.parametrize("key", ["answer-xyz", "answer-", "answered-0f", "question-x", "suspended-1-response", "note"])
def test_keys_that_are_not_ours_are_left_aside(key):
    asked = question()
    history, usual = heard(put(asked), kept(key, pressed().value)), heard(put(asked))
    assert (history.questions, history.answers, history.marks) == (usual.questions, usual.answers, usual.marks)
