"""What a run and people said to each other is read back as it was said, in whatever order it is kept (PUB-7)."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.slack.block import Posted
from rules.questions.questions import ask, choices
from rules.questions.reminders import Urgency
from tasks.questions.history import history_of
from tests.rules.builders.csms import LEAD
from tests.rules.builders.questions import ASKED, problem, question, some_problems, unknown
from tests.tasks.conversations import KEY, OTHER_KEY, heard, kept, pressed, put, resumed

# --- questions


@given(some_problems, some_problems, st.none() | st.decimals(0, 10**9, places=2), st.text(max_size=30), st.booleans())
def test_a_question_is_read_as_it_was_asked(problems, fixed, mrr, subject, reviewed):
    asked = question(*problems, fixed=fixed, mrr=mrr, subject=subject, reviewed=reviewed)
    (found,) = heard(put(asked)).questions
    assert found == asked
    assert [one.people for one in found.problems] == [one.people for one in asked.problems]


def test_a_question_that_an_earlier_version_kept_is_still_read():
    stored = json.loads(put(question()).value)
    stored["matter"] = stored.pop("subject")
    assert heard(kept("question-1", stored)).questions == (question(),)


def test_who_is_asked_by_name_is_kept():
    (found,) = heard(put(question(problem(people=(LEAD,))))).questions
    assert found.problems[0].people == (LEAD,)


def test_a_run_that_never_asked_has_nothing_open():
    history = heard()
    assert (history.open, history.highest, history.cancelled, history.waits) == (None, 0, None, 0)
    assert (history.questions, history.answers, history.unclosed(but=None), history.places(1)) == ((), (), [], {})


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1), (2, 10, 9), (9, 11, 10)])
def test_the_newest_question_is_the_open_one(numbers):
    history = heard(*(put(question(number=number)) for number in numbers))
    assert history.open.number == history.highest == max(numbers)


def test_after_the_newest_question_is_over_nothing_is_open_though_an_older_one_was_left():
    history = heard(put(question(number=1)), put(question(number=2)), kept("question-2-closed"))
    assert (history.open, history.highest) == (None, 2)
    assert history.unclosed(but=None) == [question(number=1)]


def test_what_people_still_see_as_open_leaves_out_the_question_that_stays():
    asked = [question(number=number) for number in (1, 2, 3, 11)]
    history = heard(*map(put, asked), kept("question-1-closed"))
    assert history.unclosed(but=asked[-1]) == asked[1:3]
    assert history.unclosed(but=None) == asked[1:]


def test_a_question_asked_after_all_was_settled_begins_a_series_of_its_own():
    old = question(since=ASKED - timedelta(days=9))
    values = {"number": 2, "subject": "Harbor Clinic", "record_id": "", "mrr": Decimal(0), "reviewed": False}
    going_on = ask([problem("Phone")], heard(put(old)).open, now=ASKED, **values)
    anew = ask([problem("Phone")], heard(put(old), kept("question-1-closed")).open, now=ASKED, **values)
    assert (going_on.since, anew.since) == (old.since, ASKED)
    assert (going_on.fixed, anew.fixed) == (old.problems, ())


# --- what was done about them


def test_a_question_stands_in_slack_where_each_kind_of_person_was_asked():
    history = heard(
        put(question()),
        kept("question-1-posted-sales", {"channel": "C1", "ts": "1.000001"}),
        kept("question-1-posted-team-lead", {"channel": "C2", "ts": "2.000001"}),
        kept("question-11-posted-sales", {"channel": "C3", "ts": "3.000001"}),
    )
    assert history.places(1) == {"sales": Posted("C1", "1.000001"), "team-lead": Posted("C2", "2.000001")}
    assert history.places(11) == {"sales": Posted("C3", "3.000001")}
    assert history.places(2) == {}


@pytest.mark.parametrize(
    ("keys", "urgency"),
    [
        ([], Urgency.ASKED),
        (["question-1-reminded-reminded"], Urgency.REMINDED),
        (["question-1-reminded-escalated"], Urgency.ESCALATED),
        (["question-1-reminded-escalated", "question-1-reminded-reminded"], Urgency.ESCALATED),
        (["question-2-reminded-escalated", "question-11-reminded-reminded"], Urgency.ASKED),
        (["question-1-posted-sales"], Urgency.ASKED),
    ],
)
def test_a_question_is_as_urgent_as_it_was_last_said(keys, urgency):
    place = {"channel": "C1", "ts": "1.000001"}
    history = heard(put(question()), *(kept(key, place if "posted" in key else None) for key in keys))
    assert history.reminded(question()) is urgency


@pytest.mark.parametrize(
    ("keys", "waits"),
    [
        (["question-1-wait-1-schema", "question-1-wait-2-schema"], 2),
        (["question-1-wait-9-schema", "question-2-wait-10-schema"], 10),
        (["question-2-wait-3-response", "question-1-wait-1-schema"], 3),
        (["question-1-wait-1-description"], 0),
    ],
)
def test_waits_are_counted_over_all_questions_lest_a_pause_key_is_used_again(keys, waits):
    assert heard(*(kept(f"suspended-{key}", {}) for key in keys)).waits == waits


def test_a_form_is_there_when_its_schema_is():
    schema = "suspended-question-1-wait-1-schema"
    assert heard(kept(schema, {})).forms == {schema}
    assert heard(resumed()).forms == frozenset()


EVERYTHING = [
    put(question(unknown())),
    put(question(unknown(), problem(), number=2)),
    kept("question-1-closed"),
    kept("question-1-posted-cs-ops", {"channel": "C1", "ts": "1.000001"}),
    kept("question-2-posted-cs-ops", {"channel": "C1", "ts": "2.000001"}),
    kept("question-2-posted-sales", {"channel": "C2", "ts": "2.000002"}),
    kept("question-1-reminded-reminded"),
    kept("suspended-question-1-wait-1-schema", {}),
    kept("suspended-question-2-wait-2-schema", {}),
    resumed("Dana Ops", wait=1, minutes=5, choice_1="Modules of Learning"),
    resumed(KEY, number=2, wait=2),
    pressed(decision="Choose", topic="product telehealth", choice="-"),
    pressed(OTHER_KEY, decision="Choose", topic="product telehealth", choice="Learning"),
    pressed(f"answer-{'a' * 32}", decision="Cancel"),
    pressed(f"answer-{'b' * 32}", decision="Cancel", who="omar"),
]
"""Much of it within the same second."""


@given(st.permutations(EVERYTHING))
def test_in_whatever_order_it_is_kept_it_is_read_the_same(inputs):
    history, usual = history_of(inputs), history_of(EVERYTHING)
    assert (history.questions, history.answers, history.cancelled) == (usual.questions, usual.answers, usual.cancelled)
    assert (history.marks, history.done, history.forms, history.waits) == (
        usual.marks,
        usual.done,
        usual.forms,
        usual.waits,
    )
    assert [history.places(number) for number in (1, 2)] == [usual.places(number) for number in (1, 2)]
    assert choices(history.questions, history.answers) == choices(usual.questions, usual.answers)
