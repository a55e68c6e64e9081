"""ONB-13: the permission matrix is read like any workbook: within bounds, the sheet that people see."""

import os

import pytest

from rules.common.problems import HumanInputRequired
from rules.onboarding.permissions import parse_matrix
from tasks.onboarding.permission_matrix import _rows
from tests.tasks.spreadsheet_files import sheet, text_row, xlsx
from tests.tasks.workbooks.builders import book_of, saved

HEADER = ("Product", "basic", "standard", "premium")


def test_onb_13_the_visible_sheet_is_the_matrix_and_blank_rows_count(tmp_path):
    book = book_of(("Old", "x", "x", "x"), headers=HEADER)
    book.worksheets[0].sheet_state = "hidden"
    second = book.create_sheet("Matrix")
    for row in (HEADER, [], ("Learning", "a", "b, c", "two words")):
        second.append(list(row))
    (tmp_path / "m.xlsx").write_bytes(saved(book))
    matrix, faults = parse_matrix(_rows(tmp_path / "m.xlsx"))
    assert matrix["Learning", "standard"] == ("b", "c")
    assert [(fault.row, fault.column) for fault in faults] == [(3, "premium")]


def test_onb_13_a_matrix_that_was_made_to_stop_a_worker_is_refused_in_words(tmp_path):
    rows = text_row(1, *HEADER) + text_row(2, "Learning", "a", "a", "a")
    (tmp_path / "m.xlsx").write_bytes(xlsx(sheet(rows, after=f"<!--{'<mergeCell ' * 250_000}-->")))
    with pytest.raises(HumanInputRequired, match=r"not a readable \.xlsx workbook, or far too large"):
        _rows(tmp_path / "m.xlsx")


def test_onb_13_a_pipe_in_place_of_the_matrix_holds_nobody(tmp_path):
    os.mkfifo(tmp_path / "m.xlsx")
    with pytest.raises(HumanInputRequired, match="not a regular file"):
        _rows(tmp_path / "m.xlsx")
