"""REC-2: lines, history and decisions come back from their tables as they were, whatever text is in them."""

import json
from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from rules.reconciliation.drift import Drift, Offender, Repair, all_sentences
from rules.reconciliation.history import DAYS, DayCount
from rules.reconciliation.report import Decision, Line, report
from tasks.core.artifacts import as_text, each_text
from tasks.reconciliation.kept import (
    as_kept,
    count_of_row,
    decision_of_row,
    line_of,
    row_of,
    row_of_count,
    row_of_decision,
)
from tasks.templates import read_back
from tests.rules.reconciliation.lines import ACCOUNT, TODAY, USERS, YESTERDAY, decision, drift, found, line

SENTENCES = [one.key for one in all_sentences()]
HOSTILE = (
    "- one\r\n- two | three",
    "1. [x](http://evil.example) www.evil.example",
    "a_b *c* `d` ~e~ # f \\ \\\\ \\_ &amp; &lt; <script> &#35;",
    "\u202egnp.exe \u200f\u2066x\ufeff",
    "https://a.example/b?c=d|e  f\u00a0://g",
    "|" * 40_000,
    "",
    " ",
)
marks = st.text("-+ 1.)\n\r\t|_[]()*`~#\\&;lt<>:/wh\u00a0\u2028\u202e\u200fé", max_size=40)
texts = st.sampled_from(HOSTILE) | marks | st.text(max_size=40)
days = st.dates(date(2026, 1, 1), date(2030, 1, 1))
runs = st.builds(
    Repair,
    st.sampled_from(["entitlement/entitlement", "csm-assignment/csm-assignment"]),
    st.fixed_dictionaries({"account_id": st.just(ACCOUNT)}, optional={"align": st.booleans()}),
)
offenders = st.builds(Offender, texts, texts, texts, texts, st.none() | runs)
drifts = st.builds(Drift, st.sampled_from(SENTENCES), st.just(ACCOUNT), texts, offenders)
decisions = st.builds(Decision, texts, texts, texts, texts, days)


def through_table(row):
    """A row as the next report reads it: escaped for a cell, kept as JSON, and read back."""
    shown = {name: as_text(value) if isinstance(value, str) else value for name, value in row.items()}
    return each_text(json.loads(json.dumps(shown)), read_back)


def with_texts(text):
    """Drift in which every text is this one."""
    return Drift(SENTENCES[0], ACCOUNT, text, Offender(text, text, text, text))


@given(drifts, days)
@example(with_texts(HOSTILE[0]), TODAY)
@example(with_texts(HOSTILE[3]), TODAY)
@example(with_texts(HOSTILE[4]), TODAY)
def test_rec_2_a_line_comes_back_from_the_table_as_it_is_compared(each, since):
    assert line_of(through_table(row_of(Line(each, since)))) == Line(as_kept(each), since)


@given(drifts)
def test_rec_2_what_was_kept_once_is_kept_again_as_it_is(each):
    kept = as_kept(each)
    assert as_kept(kept) == kept
    assert line_of(through_table(row_of(Line(kept, TODAY)))).drift == kept


@given(st.text("abc XYZ 0123456789@.,()-_|[]*&", min_size=1, max_size=40).map(lambda text: f"x{text}x"))
def test_rec_2_a_text_of_one_line_keeps_every_character(text):
    each = with_texts(" ".join(text.split()))
    assert as_kept(each) == each


def test_rec_2_no_line_break_and_no_control_of_direction_is_kept():
    kept = as_kept(with_texts("a\r\n\u2028b\u202e\u2066c\x07")).offender.found
    assert kept == "a b\ufffd\ufffdc\ufffd"


def test_rec_2_different_values_stay_different():
    assert len({as_kept(drift(found=text)).offender.found for text in ("a_b", "a\\_b", "a&amp;b", "a&b", "a|b")}) == 5


@given(drifts, days)
def test_rec_2_a_decision_is_found_again_for_the_drift_that_it_left(each, day):
    kept = as_kept(each)
    left = Decision(kept.identity, kept.offender.found, "Dana", "agreed", day)
    again = decision_of_row(through_table(row_of_decision(left)))
    sentence = next(one for one in all_sentences() if one.key == kept.sentence)
    outcome = report(found(kept), [sentence], [], [again], TODAY)
    assert (outcome.count, [one.decision for one in outcome.sections[0].left]) == (0, [again])


@given(decisions)
def test_rec_2_a_decision_comes_back_the_same_however_often_it_is_written(each):
    once = decision_of_row(through_table(row_of_decision(each)))
    assert decision_of_row(through_table(row_of_decision(once))) == once
    assert (once.on, once.by) == (each.on, read_back(as_text(each.by)))


def test_rec_2_a_line_that_was_left_names_who_left_it_and_why():
    left = line(decision=decision(drift()))
    assert row_of(left)["Left by"] == "Dana: agreed with the client"
    assert line_of(through_table(row_of(left))) == Line(drift(), YESTERDAY)


@given(st.lists(st.dictionaries(st.sampled_from(SENTENCES), st.integers(1, 20_000)), max_size=DAYS))
def test_rec_2_the_history_comes_back_with_its_days_and_counts(counts):
    history = [DayCount(TODAY + timedelta(days=number), one) for number, one in enumerate(counts)]
    names = sorted({name for one in history for name in one.counts})
    assert [count_of_row(through_table(row_of_count(one, names))) for one in history] == history


def test_rec_2_the_table_of_the_history_has_the_same_columns_on_every_day():
    row = row_of_count(DayCount(TODAY, {USERS.key: 2}), ["other", USERS.key])
    assert row == {"Day": "2027-03-02", "All": 2, "other": 0, USERS.key: 2}
