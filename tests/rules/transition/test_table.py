"""TRN-2: the rows of a workbook as the team lead sees them; the rest is left out and named, or refused."""

import pytest

from rules.common.spreadsheet import LAST_ROW, Cell, Merge, Spreadsheet, Struck, Table, TableRow
from rules.transition.rows import COLUMNS, row_label
from rules.transition.table import MOST_REMARKS, SheetRows, sheet_rows

ACME = ("Acme Clinics", "Pat Lee", "Leave", "2026-12-24", "Manual", "Call first.")


def row(number, texts, **fields):
    """A row with these texts; a `Cell` stays as it is, and "" is a cell that is not filled in."""
    cells = {
        place: text if isinstance(text, Cell) else Cell(text)
        for place, text in enumerate(texts)
        if text not in ("", None)
    }
    return TableRow(number, cells, **fields)


def sheet(*rows, name="Accounts", headers=COLUMNS, **fields):
    """A sheet whose first row has the headers; the other rows follow it."""
    numbered = [one if isinstance(one, TableRow) else row(number, one) for number, one in enumerate(rows, 2)]
    return Table(name, (row(1, headers), *numbered), **fields)


def read(*tables, remarks=()) -> SheetRows:
    return sheet_rows(Spreadsheet(tables, remarks))


def numbers(found):
    return [number for number, _ in found.cells]


def messages(found):
    return [(row_label(fault.row), fault.column, fault.message) for some in found.faults.values() for fault in some]


def test_a_row_is_its_cells_by_header():
    found = read(sheet(ACME, ("Other", " Pat Lee "), headers=(*COLUMNS, "Region")))
    assert found.titles == ["Accounts"]
    assert found.cells[0] == (2, {**dict(zip(COLUMNS, ACME, strict=True)), "Region": ""})
    assert (found.cells[1][1]["New CSM"], found.cells[1][1]["Reason"]) == ("Pat Lee", "")
    assert (found.header, found.faults, found.remarks) == ((), {}, [])


def test_of_two_columns_of_one_name_the_first_counts_and_the_header_is_at_fault():
    found = read(sheet(("One", "Pat", "Leave", "Two"), headers=("Account", "New CSM", "Reason", "Account")))
    assert found.cells[0][1]["Account"] == "One"
    assert "there twice" in found.header[0].message


def test_the_headers_may_stand_below_a_title():
    table = Table("Accounts", (row(1, ["Accounts of Hana"]), row(3, COLUMNS), row(4, ACME)))
    found = read(table)
    assert numbers(found) == [4]
    assert found.remarks == ["Row 1 is above the names of the columns: left out."]


def test_headers_further_down_than_twenty_rows_are_not_looked_for():
    rows = [row(number, ["text"]) for number in range(1, 21)]
    found = read(Table("Accounts", (*rows, row(21, COLUMNS), row(22, ACME))))
    assert found.cells == []
    assert {fault.column for fault in found.header} == {"Account", "New CSM", "Reason"}


def test_every_sheet_with_the_columns_is_read_and_the_others_are_named():
    copy = Table("Not read", (row(1, ["Row 3 was left out."]),))
    found = read(
        sheet(ACME), sheet(("Other",), name="More"), Table("Empty", ()), Table("Notes", (row(1, ["x"]),)), copy
    )
    assert [row_label(number) for number in numbers(found)] == ["2", "2 of sheet 2"]
    assert found.titles == ["Accounts", "More"]
    assert [remark.partition(" ")[0] for remark in found.remarks] == ["Sheet", "Sheet"]
    assert "'Empty'" in found.remarks[0]
    assert "'Notes'" in found.remarks[1]


def test_a_file_without_anything_lacks_every_column_that_is_needed():
    for tables in [(), (Table("Accounts", ()),)]:
        assert [fault.column for fault in read(*tables).header] == ["Account", "New CSM", "Reason"]


def test_a_needed_column_that_is_hidden_is_to_be_shown():
    table = sheet(ACME, hidden_columns=frozenset({1}))
    (fault,) = read(table).header
    assert (fault.column, "is hidden" in fault.message) == ("New CSM", True)


def test_a_needed_column_that_is_missing_is_named():
    (fault,) = read(sheet(("Acme", "Leave"), headers=("Account", "Reason"))).header
    assert (fault.column, "no column" in fault.message) == ("New CSM", True)


@pytest.mark.parametrize(
    ("rows", "remark"),
    [
        ([row(2, ACME, hidden=True)], "Row 2 is hidden or filtered out: left out."),
        ([row(2, ACME, hidden=True), row(3, ACME, hidden=True), row(5, ACME, hidden=True)],
         "Rows 2 to 3, 5 (3) are hidden or filtered out: left out."),
        ([row(2, [Cell(text, Struck.WHOLLY) for text in ACME])], "Row 2 is struck out: left out."),
        ([row(2, ["", *ACME[1:]], hidden=True), row(3, [])], "Row 2 is hidden or filtered out: left out."),
    ],
)  # fmt: skip
def test_hidden_and_struck_rows_are_left_out_and_named(rows, remark):
    found = read(sheet(*rows))
    assert (found.cells, found.remarks) == ([], [remark])


def test_a_cell_that_is_struck_out_in_part_or_cannot_be_taken_is_a_fault_of_its_column():
    struck = [Cell("Acme", Struck.PARTLY), "Pat", Cell("Leave", Struck.WHOLLY), "", Cell("=B2", fault="a formula.")]
    found = read(sheet(struck))
    assert [(column, message.split()[0]) for _, column, message in messages(found)] == [
        ("Account", "this"),
        ("Reason", "this"),
        ("Transfer Type", "a"),
    ]


def test_a_row_that_cannot_be_taken_has_one_fault():
    found = read(sheet(row(2, [Cell("Acme", Struck.PARTLY), "Pat", "Leave"], fault="too long.")))
    assert messages(found) == [("2", "", "too long.")]


def test_a_value_in_a_hidden_column_that_decides_is_a_fault_and_another_is_a_remark():
    found = read(sheet((*ACME, "North"), headers=(*COLUMNS, "Region"), hidden_columns=frozenset({3, 6})))
    assert [(row, column) for row, column, _ in messages(found)] == [("2", "Effective Date")]
    assert [remark.partition(" is hidden")[0] for remark in found.remarks] == [
        "Column D ('Effective Date')",
        "Column G ('Region')",
    ]


def test_a_hidden_column_without_a_name_is_named_by_its_letter():
    found = read(sheet((*ACME, "note"), hidden_columns=frozenset({6, 9})))
    assert (messages(found), found.remarks) == ([], ["Column G is hidden: left out."])


@pytest.mark.parametrize(
    ("merge", "rows"),
    [
        (Merge(2, 3, 6, 6), ["2", "3"]),
        (Merge(3, 3, 0, 1), ["3"]),
        (Merge(3, 3, 5, 6), []),
        (Merge(8, 9, 0, 0), []),
    ],
)
def test_merged_cells_are_a_fault_of_each_row(merge, rows):
    found = read(sheet(ACME, ACME, ACME, merges=(merge,)))
    assert [row for row, _, _ in messages(found)] == rows
    assert all("merged" in message for _, _, message in messages(found))


def test_merged_cells_of_a_second_sheet_are_a_fault_there():
    found = read(sheet(ACME), sheet(ACME, name="More", merges=(Merge(2, 3, 0, 0),)))
    assert [row for row, _, _ in messages(found)] == ["2 of sheet 2"]


def test_what_is_beyond_the_rows_and_columns_that_are_read_is_named():
    found = read(sheet(ACME, goes_on=True, is_wide=True))
    assert [(row, column) for row, column, _ in messages(found)] == [(str(LAST_ROW + 1), "")]
    assert found.remarks == ["Cells to the right of column AX: not read."]


def test_a_remark_of_a_row_and_those_of_the_file_are_kept():
    found = read(sheet(row(2, ACME, remark="has a formula.")), remarks=("The file is old.",))
    assert found.remarks == ["The file is old.", "Row 2 has a formula."]


def test_with_several_sheets_a_remark_names_its_sheet():
    found = read(sheet(row(2, ACME, hidden=True)), sheet(ACME, name="More"))
    assert found.remarks == ["Row 2 of sheet 'Accounts' is hidden or filtered out: left out."]


def test_more_than_fifty_remarks_are_counted():
    found = read(sheet(*(row(number, ACME, remark="has a formula.") for number in range(2, MOST_REMARKS + 4))))
    assert len(found.remarks) == MOST_REMARKS + 1
    assert found.remarks[-1] == "And 2 more of this kind."
