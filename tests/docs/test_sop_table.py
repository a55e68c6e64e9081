"""docs/sop.md is complete and true: every rule has its row, every built one code and tests that cite it."""

from collections import Counter

import pytest

from tests.docs.sop_table import PROJECT, Row, cites, exists, faults, rows

FAMILIES = {"ONB": 14, "CSM": 7, "PUB": 7, "TRN": 11, "REC": 3, "CARD": 5}
ALL_RULES = [f"{family}-{number}" for family, count in FAMILIES.items() for number in range(1, count + 1)]
TABLE = rows((PROJECT / "docs/sop.md").read_text(encoding="utf-8"))


def test_every_rule_of_the_procedures_has_exactly_one_row_in_order():
    assert [row.rule for row in TABLE] == ALL_RULES


def test_the_families_have_as_many_rules_as_the_procedures():
    assert Counter(row.rule.partition("-")[0] for row in TABLE) == FAMILIES


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.rule)
def test_what_a_row_claims_is_so(row):
    assert faults(row) == []


# --- the check itself can fail

GOOD = (
    ("rules/onboarding/signup.py:billing_start",),
    ("tests/rules/onboarding/test_signup.py::test_onb_7_without_the_rsms_date_today_does_not_matter",),
)


def row(rule="ONB-7", code=GOOD[0], tests=GOOD[1], *, built=True):
    return Row(rule, "what", code, tests, built)


def test_a_true_row_has_no_fault():
    assert faults(row()) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row(code=("rules/nowhere.py:billing_start",)), "rules/nowhere.py:billing_start does not exist."),
        (row(code=("rules/onboarding/signup.py:nothing",)), "rules/onboarding/signup.py:nothing does not exist."),
        (
            row(tests=("tests/rules/onboarding/test_signup.py::test_x",)),
            "tests/rules/onboarding/test_signup.py::test_x does not exist.",
        ),
        (row(code=()), "ONB-7 names no code."),
        (row(tests=()), "ONB-7 names no test."),
        (row(code=("rules/common/text.py:normalize",)), "No code that ONB-7 names cites it."),
        (row(tests=("tests/rules/common/test_ids.py",)), "No test that ONB-7 names cites it."),
        (
            row(tests=("tests/stack/test_late_customers.py",)),
            "CI may leave out every test that ONB-7 names.",
        ),
        (row(built=False), "ONB-7 is listed as not built yet, but rules/onboarding/signup.py cites it."),
    ],
)
def test_a_false_row_is_told(wrong, said):
    assert said in faults(wrong)


def test_a_rule_is_not_cited_by_another_whose_number_begins_alike():
    assert cites(PROJECT / "rules/onboarding/permissions.py", "ONB-13")
    assert not cites(PROJECT / "rules/onboarding/permissions.py", "ONB-1")
    assert not cites(PROJECT / "rules/onboarding/permissions.py", "ONB-3")


def test_places_are_found_by_file_function_class_and_method():
    assert exists("rules/onboarding/signup.py")
    assert exists("rules/onboarding/signup.py:SignupForm.fields")
    assert not exists("rules/onboarding/signup.py:SignupForm.nothing")
    assert not exists("rules")


def test_rows_are_read_as_they_are_written():
    built = "| ONB-7 | Billing. | `a.py:f`<br>`b.py` | `tests/t.py::test_x` |"
    planned = "| CSM-1 | Who. | not built yet | - |"
    assert rows(f"# Title\n{built}\n{planned}\n") == [
        Row("ONB-7", "Billing.", ("a.py:f", "b.py"), ("tests/t.py::test_x",), built=True),
        Row("CSM-1", "Who.", (), (), built=False),
    ]
