"""TRN-2: the team lead's workbook as people really fill it in, and the copy that goes back to them."""

import io
import zipfile
from datetime import date, datetime
from itertools import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from rules.common.spreadsheet import UnreadableWorkbook
from rules.transition.rows import COLUMNS, Reason, Transfer
from tasks.transition import workbook as transition_workbook
from tasks.transition.template import annotated, template
from tasks.transition.workbook import read_sheet
from tasks.workbooks import reader as spreadsheets
from tasks.workbooks import xlsx_parts
from tests.tasks.workbooks.builders import ACME, TODAY, book_of, faults, read, saved


def test_trn_2_the_template_filled_in_is_read():
    book = load_workbook(io.BytesIO(template()))
    for place, cell in enumerate(ACME, 1):
        book.worksheets[0].cell(2, place, cell)
    (row,) = read(book).rows
    assert (row.account, row.new_csm, row.reason) == ("Acme Clinics", "Pat Lee", Reason.LEAVE)
    assert (row.effective, row.transfer, row.notes) == (date(2026, 12, 24), Transfer.MANUAL, "Call first.")


def test_trn_2_the_template_says_how_it_is_filled_in():
    sheet = load_workbook(io.BytesIO(template())).worksheets[0]
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    assert all(cell.comment and cell.comment.text for cell in sheet[1])
    choices = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert choices == {
        "C2:C2001": '"Leave,Workload balancing,Position change,Job change"',
        "E2:E2001": '"Let the system decide,Automated,Manual"',
    }
    assert sheet["A2"].number_format == "@"


def test_trn_2_a_template_that_nobody_filled_in_has_no_rows_and_no_faults():
    sheet = read_sheet(template(), TODAY)
    assert (sheet.rows, sheet.faults) == ((), ())


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_trn_2_a_text_with_separators_is_read_like_a_workbook(separator):
    lines = [separator.join(COLUMNS), "", separator.join(ACME), separator.join(["", *ACME[1:]])]
    sheet = read_sheet("\ufeff".encode() + "\r\n".join(lines).encode(), TODAY)
    assert [(row.number, row.account) for row in sheet.rows] == [(3, "Acme Clinics")]
    assert faults(sheet) == [(4, "Account")]


def test_trn_2_blank_rows_are_left_out_and_the_others_keep_their_numbers():
    sheet = read(book_of([], ACME, ["", None, " "], ["Other", *ACME[1:]]))
    assert [row.number for row in sheet.rows] == [3, 5]


def test_trn_2_dates_and_numbers_of_the_spreadsheet_are_read_as_they_show():
    sheet = read(
        book_of(
            ["A", "Pat", "Leave", datetime(2026, 12, 24), None, None],  # noqa: DTZ001 - as the spreadsheet has it
            ["B", "Pat", "Leave", date(2026, 12, 24), None, None],
            ["C", "Pat", "Leave", 46380, None, None],
        )
    )
    assert {row.effective for row in sheet.rows} == {date(2026, 12, 24)}
    assert len(sheet.rows) == 3


def test_trn_2_an_id_that_became_a_number_is_told():
    sheet = read(book_of([1000000000001, *ACME[1:]], [1e15, *ACME[1:]]))
    assert faults(sheet) == [(2, "Account"), (3, "Account")]
    assert "Format the column as text" in sheet.faults[0].message


def test_trn_2_formulas_are_told_and_never_followed():
    sheet = read(book_of(ACME, ['=HYPERLINK("http://x")', *ACME[1:]], ["Other", "=B2", "Leave", None, None, "=1+1"]))
    assert [row.number for row in sheet.rows] == [2]
    assert faults(sheet) == [(3, "Account"), (4, "New CSM"), (4, "Notes")]
    assert "paste its value" in sheet.faults[0].message


def test_trn_2_cells_merged_over_rows_are_told_for_each():
    book = book_of(ACME, ["B", *ACME[1:]], ["C", *ACME[1:]], ["D", *ACME[1:]])
    book.worksheets[0].merge_cells("B3:B4")
    book.worksheets[0].merge_cells("F5:G5")
    sheet = read(book)
    assert [row.number for row in sheet.rows] == [2, 5]
    assert faults(sheet) == [(3, ""), (4, "")]
    assert "rows 3 to 4 are merged" in sheet.faults[0].message


def test_trn_2_wrong_headers_are_told_and_no_row_is_read():
    sheet = read(book_of(ACME, headers=("Account Name", *COLUMNS[1:])))
    assert (sheet.rows, faults(sheet)) == ((), [(1, "Account")])


def test_trn_2_a_hundred_thousand_empty_rows_are_no_rows_and_what_stands_below_is_told():
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    blank = WriteOnlyCell(sheet, "")
    blank.number_format = "@"
    for row in (COLUMNS, ACME, *repeat([blank], 100_000), ["Far below", *ACME[1:]]):
        sheet.append(row)
    read_back = read(book)
    assert [row.number for row in read_back.rows] == [2]
    assert faults(read_back) == [(8001, "")]


@pytest.mark.parametrize(("below", "told"), [("Far below,Ada,Leave", [(8001, "")]), (" , ,", []), ("", [])])
def test_trn_2_what_stands_far_below_in_a_text_is_told_too(below, told):
    lines = [",".join(COLUMNS[:3]), ",".join(ACME[:3]), *repeat("", 20_000), below]
    read_back = read_sheet("\n".join(lines).encode(), TODAY)
    assert [row.number for row in read_back.rows] == [2]
    assert faults(read_back) == told


def test_trn_2_more_rows_than_a_book_of_business_are_refused():
    with pytest.raises(UnreadableWorkbook, match="Divide them"):
        read(book_of(*([f"Clinic {number}", *ACME[1:]] for number in range(transition_workbook.MOST_ROWS + 1))))


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (xlsx_parts.LARGEST_UNPACKED + 1))
    return out.getvalue()


def many_files():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(xlsx_parts.MOST_FILES + 1):
            archive.writestr(str(number), b"")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (bomb, "far more than a sheet"),
        (many_files, "far more than a sheet"),
        (lambda: b"x" * (spreadsheets.LARGEST_FILE + 1), "bytes"),
        (lambda: b"PK\x03\x04 nonsense", "damaged"),
        (lambda: b"", "empty"),
        (lambda: b"   \n", "empty"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"97-2003 workbook \(\.xls\)"),
        (lambda: saved(Workbook())[:-30], "damaged"),
    ],
)
def test_trn_2_a_file_that_is_no_workbook_is_refused_in_words(content, said):
    with pytest.raises(UnreadableWorkbook, match=said):
        read_sheet(content(), TODAY)


def test_trn_2_a_zip_that_is_no_workbook_is_refused_in_words():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("letter.txt", b"Dear TL")
    with pytest.raises(UnreadableWorkbook, match=r"save it again as \.xlsx"):
        read_sheet(out.getvalue(), TODAY)


def test_trn_2_the_copy_that_goes_back_says_what_became_of_each_row():
    sheet = read(book_of(ACME, [], ["", *ACME[1:]], headers=[*COLUMNS]))
    copy = annotated(sheet, {2: ("moved", "To Pat Lee."), 4: ("not ready", str(sheet.faults[0]))})
    out = load_workbook(io.BytesIO(copy)).worksheets[0]
    assert [cell.value for cell in out[1]] == [*COLUMNS, "State", "Result"]
    assert [cell.value for cell in out[2]] == [*ACME, "moved", "To Pat Lee."]
    assert out["G4"].value == "not ready"
    assert out.auto_filter.ref == "A1:H4"
    (marked,) = out.conditional_formatting
    fills = {rule.formula[0]: rule.dxf.fill.fgColor.rgb[2:] for rule in marked.rules}
    assert str(marked.sqref) == "A2:H4"
    assert (fills['$G2="not ready"'], fills['$G2="moved"']) == ("F4B6B0", "D9EAD3")
    assert "Row 4, Account" in out["H4"].value


def test_trn_2_the_copy_can_be_put_right_and_handed_in_again():
    sheet = read(book_of(ACME, ["", *ACME[1:]]))
    again = load_workbook(io.BytesIO(annotated(sheet, {2: ("moved", ""), 3: ("refused", "x")})))
    again.worksheets[0]["A3"] = "Other"
    assert [row.account for row in read(again).rows] == ["Acme Clinics", "Other"]


def said_in_words(content):
    """Whether it is read, or refused in a sentence; anything else that is raised is a defect."""
    try:
        read_sheet(content, TODAY)
    except UnreadableWorkbook as refused:
        return str(refused).endswith(".")
    return True


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"Account,New CSM,Reason\n"]))
def test_trn_2_whatever_bytes_come_they_are_read_or_refused_in_words(content, start):
    assert said_in_words(start + content)


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=8))
def test_trn_2_a_workbook_that_was_damaged_on_its_way_is_read_or_refused_in_words(place, wrong):
    whole = saved(book_of(ACME))
    place %= len(whole)
    assert said_in_words(whole[:place] + wrong + whole[place + len(wrong) :])


@settings(max_examples=10)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20), max_size=6))
def test_trn_2_what_people_typed_is_never_a_formula_in_our_copy(texts):
    lines = [";".join(COLUMNS), *("=cmd()" + "".join(one.split()).replace(";", "").replace('"', "") for one in texts)]
    sheet = read_sheet("\n".join(lines).encode(), TODAY)
    out = load_workbook(io.BytesIO(annotated(sheet, {}))).worksheets[0]
    assert not [cell for row in out for cell in row if cell.data_type == "f"]


def test_trn_2_a_header_that_somebody_typed_is_never_a_formula_in_our_copy():
    lines = [";".join((*COLUMNS, "=HYPERLINK(1)", "@SUM", "+1", "-1")), "Acme;Ada Novak;Leave"]
    out = load_workbook(io.BytesIO(annotated(read_sheet("\n".join(lines).encode(), TODAY), {}))).worksheets[0]
    assert not [cell for row in out for cell in row if cell.data_type == "f"]
    assert "=HYPERLINK(1)" in [cell.value for cell in out[1]]
