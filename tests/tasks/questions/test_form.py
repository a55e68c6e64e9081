"""Resume shows a form that a bare resume does not fill, and takes no other choice than it offers (D-4).

The schema is the one that Prefect keeps with a suspended run, and checks what is filled in against.
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prefect._internal.pydantic.v2_schema import create_v2_schema

from rules.common.problems import Choice
from tasks.questions.form import answer_form
from tests.rules.builders.questions import problem, question, some_problems, unknown
from tests.tasks.marks import marks

FILLED_IN = {"decision": "Check again", "decided_by": "Dana Ops"}


def form(*problems):
    return create_v2_schema("Answer", model_base=answer_form(question(*problems), "onboarding"))


def takes(schema, **answer):
    # It loads the whole server, which takes more than a second of every test process that sees this file.
    from prefect.utilities.schema_tools.validation import ValidationError, validate  # noqa: PLC0415 - see above

    filled_in = {name: value for name, value in {**FILLED_IN, **answer}.items() if value is not ...}
    try:
        validate(filled_in, schema, raise_on_error=True)
    except ValidationError:
        return False
    return True


def offered(field):
    """What a field's list shows, the way of leaving it open aside."""
    return [label for label in field["enum"] if label != field["default"]]


@given(some_problems)
def test_an_answer_says_what_now_and_who_and_may_choose_once_for_each_problem_with_choices(problems):
    schema = form(*problems)
    choosing = [one for one in problems if one.choices]
    names = [f"choice_{number}" for number in range(1, len(choosing) + 1)]
    assert schema["required"] == ["decision", "decided_by"]
    assert list(schema["properties"]) == ["decision", "decided_by", *names]
    assert [offered(schema["properties"][name]) for name in names] == [
        [choice.label for choice in one.choices] for one in choosing
    ]
    assert ("goes on as chosen below" in schema["properties"]["decision"]["description"]) is bool(choosing)


def test_a_form_that_is_filled_in_is_taken():
    assert takes(form(problem()))
    assert takes(form(problem()), decision="Cancel")
    assert takes(form(unknown(), problem()), choice_1="No modules for Telehealth")


@pytest.mark.parametrize(
    "answer",
    [
        {"decision": ..., "decided_by": ...},
        {"decision": ...},
        {"decided_by": ...},
        {"decision": None},
        {"decision": "Choose"},
        {"decision": "check again"},
        {"decided_by": ""},
        {"decided_by": None},
        {"decided_by": 5},
        {"decided_by": "x" * 201},
        {"choice_1": "Modules of Everything"},
        {"choice_1": "Learning"},
        {"choice_1": 5},
        {"choice_2": "Modules of Learning"},
        {"more": "than asked"},
    ],
    ids=str,
)
def test_a_form_that_is_not_filled_in_as_asked_is_not_taken(answer):
    assert not takes(form(unknown()), **answer)


def test_each_problem_takes_its_own_choices_and_none_of_anothers():
    schema = form(unknown(), problem(), unknown("Radiology", choices=(Choice("-", "No modules for Radiology"),)))
    assert takes(schema, choice_1="No modules for Telehealth", choice_2="No modules for Radiology")
    assert not takes(schema, choice_1="No modules for Radiology")
    assert not takes(schema, choice_2="No modules for Telehealth")


def test_two_problems_with_equal_labels_are_two_fields():
    first, second = Choice("rec-1", "Harbor Clinic"), Choice("rec-2", "Harbor Clinic")
    schema = form(unknown(choices=(first,)), unknown("Radiology", choices=(second,)))
    assert [offered(schema["properties"][name]) for name in ("choice_1", "choice_2")] == [["Harbor Clinic"]] * 2
    assert "Telehealth" in schema["properties"]["choice_1"]["title"]
    assert "Radiology" in schema["properties"]["choice_2"]["title"]


@given(st.lists(st.text(max_size=300), min_size=1, max_size=200, unique=True), st.text())
def test_whatever_records_hold_every_label_can_be_chosen(values, found):
    choices = tuple(Choice(value, f"Modules of {value}") for value in values)
    schema = form(unknown(found=found, choices=choices))
    assert all(takes(schema, choice_1=choice.label) for choice in choices[:3])


def described(*problems, subject="Harbor Clinic"):
    return answer_form(question(*problems, subject=subject), "onboarding")._description


def test_the_form_tells_every_problem_as_its_person_reads_it():
    told = described(problem(found="-5"), unknown())
    assert "Harbor Clinic is waiting for an answer" in told
    assert "**sales** · Contract 800000000000001AAA: User Count is -5. Enter what was agreed. (ONB-6)" in told
    assert "**CS Operations** · Contract 800000000000001AAA: Products is Telehealth." in told


@given(st.text(max_size=60))
@example("[press here](https://evil.example)\n- <b>**x**</b> `y`")
def test_nothing_from_a_record_becomes_markup_of_the_form(text):
    shown = described(problem(found=text), unknown(expected=text), subject=text)
    assert marks(shown) == marks(described(problem(found="x"), unknown(expected="x"), subject="x"))
