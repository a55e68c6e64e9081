"""TRN-8: the checklist is filled in as a fresh copy, the same bytes each time, and the template stays as it is."""

import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from openpyxl import load_workbook

from rules.common.records import Person
from rules.transition.checklist import IN_LMS, IN_SALESFORCE, checklist
from tasks.transition import checklist_workbook
from tasks.transition.checklist_workbook import FIRST_ROW, TEMPLATE, ChecklistContent, UnknownTemplate, fill_template
from tests.rules.builders.account_facts import THRESHOLDS, TODAY, account, accounts, case, contact, sale, usage

HANA = Person("005000000000001AAA", "Hana Berg", "hana@seller.example")


def copy_of(facts, today=TODAY):
    return fill_template(
        ChecklistContent(facts, checklist(facts, today, THRESHOLDS), today, facts.users_paid_for(today))
    )


def opened(facts):
    return load_workbook(io.BytesIO(copy_of(facts)))


def rows(sheet):
    return [[cell.value for cell in row[:3]] for row in sheet.iter_rows(min_row=FIRST_ROW) if row[0].value]


def the_template():
    return hashlib.sha256(TEMPLATE.read_bytes()).hexdigest()


def test_trn_8_the_template_has_every_question_of_the_procedure_and_no_answer():
    book = load_workbook(TEMPLATE)
    assert rows(book["Checklist"]) == [
        ["Salesforce", None, None],
        *([question, None, None] for question in IN_SALESFORCE),
        ["LMS and Recurly", None, None],
        *([question, None, None] for question in IN_LMS),
    ]
    assert book.sheetnames == ["Checklist", "Pending items", "Opportunities", "Usage"]


@settings(max_examples=15)
@given(accounts())
def test_trn_8_the_template_is_never_altered_and_every_account_can_be_filled_in(facts):
    before = the_template()
    book = opened(facts)
    assert [row[1] for row in rows(book["Checklist"]) if row[0] in (*IN_SALESFORCE, *IN_LMS)].count(None) == 0
    assert the_template() == before


def test_trn_8_a_copy_tells_the_account_and_the_answers_on_its_sheets():
    facts = account(csm=HANA, cases=(case(1, "Escalation", subject="Data lost"),), opportunities=(sale(),))
    book = opened(facts)
    assert [book["Checklist"].cell(row, 2).value for row in (1, 2, 3)] == ["Harbor Clinic", "Hana Berg", "2026-12-01"]
    answers = {question: (answer, note) for question, answer, note in rows(book["Checklist"])}
    expected = {one.question: (one.answer, one.note or None) for one in checklist(facts, TODAY, THRESHOLDS)}
    assert [answers[question] for question in (*IN_SALESFORCE, *IN_LMS)] == [
        expected[question] for question in (*IN_SALESFORCE, *IN_LMS)
    ]
    assert [row[:2] for row in rows(book["Pending items"])] == [
        ["Questions and Requests", "None"],
        ["Support Tickets/Integrations/Customizations", "None"],
        ["Escalations", "Escalation 00000001: Data lost"],
    ]
    assert rows(book["Opportunities"])[0][:2] == ["Open Opportunities", "Harbor expansion"]


def test_trn_7_the_users_and_the_modules_are_drawn():
    sheet = opened(account())["Usage"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=FIRST_ROW, max_row=9, max_col=5)]
    assert [row[:2] for row in cells] == [["Active", 40], ["Inactive", 5], ["Terminated", 2], ["Paid for", 45]]
    assert [row[3:] for row in cells[:2]] == [["compliance", 10], ["learning", 30]]
    users, modules = sheet._charts
    assert [str(one.series[0].val.numRef.f) for one in (users, modules)] == ["'Usage'!$B$6:$B$9", "'Usage'!$E$6:$E$7"]


def test_trn_7_what_is_not_known_is_not_drawn():
    assert opened(account(usage=None))["Usage"]._charts == []
    assert len(opened(account(usage=replace(usage(), modules=()), contracts=()))["Usage"]._charts) == 1


def test_trn_8_the_same_checklist_makes_the_same_bytes_whenever_it_is_made(monkeypatch):
    first = copy_of(account())
    later = [1_900_000_000.0]
    monkeypatch.setattr("time.time", lambda: later[0])
    assert copy_of(account()) == first
    assert copy_of(account(), TODAY + timedelta(days=1)) != first


ODD = {"formula": "=1+1", "link": '=HYPERLINK("http://x.example")', "bell": "\x07", "sum": "+1", "long": "x" * 40_000}


@pytest.mark.parametrize("typed", ODD.values(), ids=ODD)
def test_what_somebody_typed_is_never_a_formula_and_breaks_no_workbook(typed):
    facts = account(name=typed, contacts=(contact(name=typed),), cases=(case(subject=typed, description=typed),))
    for sheet in opened(facts):
        assert "f" not in {cell.data_type for row in sheet for cell in row}


@pytest.mark.parametrize("damage", ["sheet", "question"])
def test_trn_8_a_template_that_somebody_altered_is_told(monkeypatch, tmp_path, damage):
    book = load_workbook(TEMPLATE)
    if damage == "sheet":
        del book["Usage"]
    else:
        book["Checklist"].cell(FIRST_ROW + 1, 1, "Is the main contact well?")
    book.save(tmp_path / "altered.xlsx")
    monkeypatch.setattr(checklist_workbook, "TEMPLATE", tmp_path / "altered.xlsx")
    told = {"sheet": "has no sheet Usage", "question": "lacks the question 'Is the main contact replying"}
    with pytest.raises(UnknownTemplate, match=told[damage]):
        copy_of(account())


def test_trn_8_two_copies_share_nothing():
    copies = [copy_of(account(name=name)) for name in ("A", "B", "A")]
    assert [first == second for first, second in pairwise(copies)] == [False, False]
    assert copies[0] == copies[2]
