"""docs/sop.md describes every sentence of drift, its rules and its repair, and no others (REC-2)."""

import pytest

from rules.reconciliation.drift import all_sentences
from tests.docs.drift_table import PROJECT, SECTION, DriftRow, drift_rows, repairs_of, rules_of

TABLE = drift_rows((PROJECT / "docs/sop.md").read_text(encoding="utf-8"))
KEYS = [sentence.key for sentence in all_sentences()]


def test_rec_2_every_sentence_has_exactly_one_row_in_order():
    assert [row.key for row in TABLE] == KEYS


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)
def test_rec_2_a_row_names_the_rules_and_the_repairs_of_its_sentence(row):
    assert row.holds.endswith(".")
    assert row.rules == rules_of(row.key)
    assert row.repairs == repairs_of(row.key)


@pytest.mark.parametrize("sentence", all_sentences(), ids=lambda sentence: sentence.key)
def test_rec_2_a_sentence_has_a_file_of_its_name_a_test_and_a_plain_text(sentence):
    assert sentence.find.__module__ == f"rules.reconciliation.{sentence.key}"
    assert (PROJECT / "tests" / "rules" / "reconciliation" / f"test_{sentence.key}.py").is_file()
    assert sentence.text.endswith(".")
    assert "_" not in sentence.text


# --- the check itself can fail


def test_rows_are_read_from_the_section_alone():
    row = "| `ids_agree` | Ids are equal. | ONB-1, PUB-2 | `onboarding/onboarding`; people for others |"
    text = f"## Before\n{row}\n{SECTION}\n| Sentence |\n{row}\n\n## After\n{row}\n"
    both = frozenset({"ONB-1", "PUB-2"})
    assert drift_rows(text) == [DriftRow("ids_agree", "Ids are equal.", both, frozenset({"onboarding/onboarding"}))]


def test_what_a_file_cites_and_uses_is_found():
    assert rules_of("users_equal_the_contracts") == {"ONB-6", "ONB-8"}
    assert repairs_of("users_equal_the_contracts") == {"entitlement/entitlement"}
