"""TRN-2: the workbook as the team lead sees it: what is read, what is left out and named, what is refused in words."""

import csv
import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from rules.common.spreadsheet import UnreadableWorkbook
from rules.transition.rows import COLUMNS
from tasks.transition.template import annotated
from tasks.transition.workbook import read_sheet
from tasks.workbooks.separated_text import read_text
from tests.tasks.spreadsheet_files import HEADER, MAIN, relations, sheet, text_row, xlsx
from tests.tasks.workbooks.builders import ACME, TODAY, book_of, faults, read, saved

FILES = Path(__file__).with_name("files")
OTHER = ["Bay Care", *ACME[1:]]
THIRD = ["Cedar Dental", *ACME[1:]]


def of_file(name):
    return read_sheet((FILES / name).read_bytes(), TODAY)


def accounts(found):
    return [(row.number, row.account) for row in found.rows]


def copy_of(found):
    return load_workbook(io.BytesIO(annotated(found, {})))


def not_read(found):
    """What the copy says of what was left out."""
    return [row[0].value for row in copy_of(found)["Not read"].iter_rows()]


# --- files that went wrong


def test_trn_2_a_hidden_first_sheet_is_named_and_the_visible_one_is_read():
    found = of_file("hidden_first_sheet.xlsx")
    assert (accounts(found), found.faults) == ([(2, "Delta Group")], ())
    assert found.remarks == ("Sheet 'Q3 (old)' is hidden: it was not read.",)
    assert not_read(found) == list(found.remarks)


def test_trn_2_a_row_with_a_comma_too_many_is_told_and_the_others_go_on():
    found = of_file("ragged.csv")
    assert accounts(found) == [(2, "Alpha Clinic"), (4, "Delta Group")]
    (fault,) = found.faults
    assert (fault.row, "it has 7 cells, and the first row has 6" in fault.message) == (3, True)


def test_trn_2_the_line_that_names_the_separator_is_no_row():
    found = of_file("sep_line.csv")
    assert (accounts(found), found.faults, found.remarks) == ([(2, "Alpha Clinic")], (), ())


def test_trn_2_an_error_of_the_spreadsheet_is_told_in_whichever_column_and_a_yes_is_a_note():
    found = of_file("error_constants.xlsx")
    assert faults(found) == [(2, "Notes"), (3, "Effective Date"), (4, "Transfer Type")]
    assert all("#N/A is an error value" in one.message for one in found.faults)
    assert [(row.account, row.notes) for row in found.rows] == [("Epsilon Health", "TRUE")]


def test_trn_2_strict_ooxml_is_read():
    assert len(of_file("strict_ooxml.xlsx").rows) == 1


# --- sheets


def test_trn_2_all_visible_sheets_with_the_columns_are_read_in_their_order():
    book = book_of(ACME)
    book.create_sheet("Read me").append(["Please fill in the sheet Accounts."])
    second = book.create_sheet("More")
    for row in (COLUMNS, OTHER, ["", *ACME[1:]]):
        second.append(list(row))
    found = read(book)
    assert accounts(found) == [(2, "Acme Clinics"), (10_002, "Bay Care")]
    assert [str(one).partition(":")[0] for one in found.faults] == ["Row 3 of sheet 2, Account"]
    assert found.remarks == ("Sheet 'Read me' was not read: it has no columns Account, New CSM and Reason.",)
    copy = load_workbook(io.BytesIO(annotated(found, {2: ("ready", "a"), 10_003: ("refused", "b")})))
    assert copy.sheetnames == ["Sheet", "More", "Not read"]
    assert (copy["Sheet"]["H2"].value, copy["More"]["A2"].value, copy["More"]["H3"].value) == ("a", "Bay Care", "b")
    again = read_sheet(saved(copy), TODAY)
    assert (accounts(again), again.remarks) == (accounts(found), ())


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_trn_2_a_hidden_sheet_is_named_wherever_it_is(state):
    book = book_of(ACME)
    book.create_sheet("Salaries").append(["Pat", 1])
    book["Salaries"].sheet_state = state
    found = read(book)
    assert accounts(found) == [(2, "Acme Clinics")]
    assert found.remarks == ("Sheet 'Salaries' is hidden: it was not read.",)


def test_trn_2_an_account_that_two_sheets_name_moves_once():
    book = book_of(ACME)
    for row in (COLUMNS, ACME):
        book.create_sheet("More").append(list(row)) if row is COLUMNS else book["More"].append(list(row))
    found = read(book)
    assert (accounts(found), [one.message for one in found.faults]) == (
        [(2, "Acme Clinics")],
        ["row 2 moves the same account. Delete one of the two."],
    )


def test_trn_2_rows_above_the_names_of_the_columns_are_named():
    book = Workbook()
    for row in (["Transition Q4"], [], list(COLUMNS), ACME):
        book.worksheets[0].append(row)
    found = read(book)
    assert accounts(found) == [(4, "Acme Clinics")]
    assert found.remarks == ("Row 1 is above the names of the columns: left out.",)


# --- rows and columns


def test_trn_2_hidden_and_filtered_rows_are_left_out_and_named():
    book = book_of(ACME, OTHER, THIRD, ["D", *ACME[1:]])
    for number in (3, 4):
        book.worksheets[0].row_dimensions[number].hidden = True
    book.worksheets[0].auto_filter.ref = "A1:F5"
    found = read(book)
    assert accounts(found) == [(2, "Acme Clinics"), (5, "D")]
    assert found.remarks == ("Rows 3 to 4 (2) are hidden or filtered out: left out.",)
    assert [cell.value for cell in copy_of(found).worksheets[0]["A"]] == ["Account", "Acme Clinics", None, None, "D"]


def test_trn_2_a_row_of_no_height_is_hidden_too():
    found = read_sheet(xlsx(sheet(HEADER + text_row(2, *ACME[:3], attributes='ht="0" customHeight="1"'))), TODAY)
    assert (found.rows, found.remarks) == ((), ("Row 2 is hidden or filtered out: left out.",))


def test_trn_2_hidden_columns_are_left_out_and_named_and_their_cells_do_not_go_into_the_copy():
    book = book_of([*ACME, "secret"], headers=[*COLUMNS, "Salary"])
    for letter in "FG":
        book.worksheets[0].column_dimensions[letter].hidden = True
    found = read(book)
    assert [row.notes for row in found.rows] == [""]
    assert found.remarks == ("Column F ('Notes') is hidden: left out.", "Column G ('Salary') is hidden: left out.")
    assert "secret" not in str([[cell.value for cell in row] for row in copy_of(found).worksheets[0].iter_rows()])


def test_trn_2_a_hidden_value_that_decides_when_or_how_is_asked_about():
    book = book_of(ACME, ["Bay Care", "Pat", "Leave", None, None, None])
    book.worksheets[0].column_dimensions["D"].hidden = True
    found = read(book)
    assert (accounts(found), faults(found)) == ([(3, "Bay Care")], [(2, "Effective Date")])
    assert "is hidden, and has a value here" in found.faults[0].message


def test_trn_2_a_needed_column_that_is_hidden_is_told():
    book = book_of(ACME)
    book.worksheets[0].column_dimensions["B"].hidden = True
    (fault,) = read(book).faults
    assert str(fault) == "Row 1, New CSM: this column is hidden. Show it again."


def test_trn_2_a_row_that_is_struck_out_is_left_out_and_named():
    book = book_of(ACME, OTHER)
    for cell in book.worksheets[0][2]:
        cell.font = Font(strike=True)
    found = read(book)
    assert accounts(found) == [(3, "Bay Care")]
    assert found.remarks == ("Row 2 is struck out: left out.",)


def test_trn_2_a_row_that_is_struck_out_in_part_is_asked_about():
    book = book_of(ACME, OTHER)
    book.worksheets[0]["B2"].font = Font(strike=True)
    found = read(book)
    assert (accounts(found), faults(found)) == ([(3, "Bay Care")], [(2, "New CSM")])


def test_trn_2_letters_that_are_struck_out_are_asked_about():
    book = book_of(ACME)
    struck = TextBlock(InlineFont(strike=True), "Acme ")
    book.worksheets[0]["A2"] = CellRichText(struck, TextBlock(InlineFont(b=True), "Clinics"))
    assert faults(read(book)) == [(2, "Account")]


def test_trn_2_the_columns_of_a_row_that_are_merged_are_told():
    book = book_of(ACME, OTHER)
    book.worksheets[0].merge_cells("A2:B2")
    found = read(book)
    assert (accounts(found), faults(found)) == ([(3, "Bay Care")], [(2, "")])
    assert "the cells Account and New CSM are merged" in found.faults[0].message


def test_trn_2_cells_far_to_the_right_are_named():
    found = read(book_of([*ACME, *[None] * 60, "far away"]))
    assert (accounts(found), found.remarks) == (
        [(2, "Acme Clinics")],
        ("Cells to the right of column AX: not read.",),
    )


def test_trn_2_days_are_counted_from_1904_where_the_workbook_says_so():
    book = book_of(["Acme", "Pat", "Leave", datetime(2026, 12, 24), None, None])  # noqa: DTZ001 - as it has it
    book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001 - as openpyxl has it
    assert [row.effective for row in read(book).rows] == [date(2026, 12, 24)]


def test_trn_2_workbooks_of_other_programs_are_read():
    runs = "<r><t>Rea</t></r><r><t>son</t></r><rPh><t>x</t></rPh>"
    strings = f'<sst xmlns="{MAIN}"><si><t>Account</t></si><si><t>New CSM</t></si><si>{runs}</si></sst>'
    header = "".join(f'<c t="s"><v>{place}</v></c>' for place in range(3))
    row = "".join(f'<c t="str"><v>{one}</v></c>' for one in ("Acme", "Pat", "Leave"))
    rows = f"<row>{header}</row><row>{row}</row>"
    related = relations({"r1": ("worksheet", "/xl/worksheets/sheet1.xml")})
    content = xlsx(
        sheet(rows).replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x="),
        parts={"xl/sharedStrings.xml": strings, "xl/_rels/workbook.xml.rels": related},
    )
    assert accounts(read_sheet(content, TODAY)) == [(2, "Acme")]


# --- texts with separators


def text(*lines, end="\n", separator=",", encoding="utf-8"):
    return end.join(separator.join(line) for line in lines).encode(encoding)


FULL = (COLUMNS, ACME, OTHER)


@pytest.mark.parametrize("separator", list(",;\t|"))
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_trn_2_a_text_is_read_whatever_its_separator_ends_of_lines_and_encoding(separator, end, encoding):
    found = read_sheet(text(*FULL, end=end, separator=separator, encoding=encoding), TODAY)
    assert (accounts(found), found.faults) == ([(2, "Acme Clinics"), (3, "Bay Care")], ())
    assert found.remarks == ()


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_trn_2_both_orders_of_bytes_are_read(encoding):
    content = "\ufeff".encode(encoding) + text(*FULL, separator="\t", encoding=encoding)
    assert len(read_sheet(content, TODAY).rows) == 2


@pytest.mark.parametrize("named", ["sep=|", "SEP=|", '"sep=|"'])
def test_trn_2_the_separator_that_excel_names_is_taken(named):
    assert len(read_sheet(named.encode() + b"\r\n" + text(*FULL, separator="|"), TODAY).rows) == 2


def test_trn_2_an_encoding_that_was_assumed_is_named():
    found = read_sheet(text(COLUMNS, ["Café Dental", *ACME[1:]], encoding="cp1252"), TODAY)
    assert accounts(found) == [(2, "Café Dental")]
    assert "was read as Windows-1252" in found.remarks[0]
    assert "Windows-1252" in not_read(found)[0]


def test_trn_2_a_row_with_too_few_cells_is_told_and_the_others_go_on():
    found = read_sheet(text(COLUMNS, ["Bay Care", "Pat"], ACME), TODAY)
    assert (accounts(found), faults(found)) == ([(3, "Acme Clinics")], [(2, "")])
    assert "it has 2 cells, and the first row has 6" in found.faults[0].message


def test_trn_2_a_row_whose_last_cells_are_missing_is_read_and_named():
    found = read_sheet(text(COLUMNS, ACME[:3], OTHER), TODAY)
    assert len(found.rows) == 2
    assert found.remarks == ("Row 2 has 3 cells, and the first row has 6: the others were read as empty.",)


def test_trn_2_a_quotation_mark_that_swallows_rows_is_told_with_its_row_and_the_others_go_on():
    lines = [",".join(COLUMNS), ",".join(ACME), 'Bay,Pat,Leave,,,"call', ",".join(THIRD), 'E,Pat,Leave,,,first"']
    found = read_sheet("\n".join([*lines, "F,Pat,Leave,,,"]).encode(), TODAY)
    assert accounts(found) == [(2, "Acme Clinics"), (4, "F")]
    assert faults(found) == [(3, "")]
    assert "'Notes' has several lines, 3 to 5 of the file" in found.faults[0].message


def test_trn_2_a_quotation_mark_that_is_never_closed_is_told():
    found = read_sheet(b'Account,New CSM,Reason\nA,Pat,Leave\n"B,Pat,Leave\nC,Pat,Leave\n', TODAY)
    assert (accounts(found), faults(found)) == ([(2, "A")], [(3, "")])


def test_trn_2_a_note_of_several_lines_is_read_and_named():
    found = read_sheet(b'Account,New CSM,Reason,Notes\nA,Pat,Leave,"Call first.\nThen write."\nB,Pat,Leave,\n', TODAY)
    assert [(row.number, row.notes) for row in found.rows] == [(2, "Call first.\nThen write."), (3, "")]
    assert found.remarks == ("Row 2 has a cell of several lines (2 to 3 of the file): it was read as one cell.",)


def test_trn_2_blank_lines_count_as_rows():
    assert accounts(read_sheet(b"\n" + text(COLUMNS, [], ACME, []), TODAY)) == [(4, "Acme Clinics")]


def test_trn_2_a_short_text_limits_no_other_text_of_the_process():
    read_text(b"a,b")
    assert list(csv.reader(["x" * 200_000])) == [["x" * 200_000]]


# --- other kinds of files


def zipped(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
KINDS = {
    "xls": (
        OLE + "Workbook".encode("utf-16-le"),
        r"97-2003 workbook \(\.xls\).*choose File > Save As > Excel Workbook",
    ),
    "old xls": (b"\x09\x08\x10\x00\x00\x06\x05\x00", r"\(\.xls\)"),
    "a password": (OLE + "EncryptedPackage".encode("utf-16-le"), "protected with a password.*delete the password"),
    "doc": (OLE + "WordDocument".encode("utf-16-le"), "Word document"),
    "ods": (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), r"\(\.ods\).*LibreOffice"),
    "numbers": (zipped(Index__Document="x", **{"Index__Tables.iwa": "x"}), r"\(\.numbers\).*Export To"),
    "xlsb": (zipped(**{"xl__workbook.bin": "x"}), r"\(\.xlsb\).*Save As"),
    "xlsm": (xlsx(sheet(""), kind="vnd.ms-excel.sheet.macroEnabled.main+xml"), r"macros \(\.xlsm\).*Save As"),
    "docx": (zipped(**{"word__document.xml": "x"}), "Word document"),
    "html": (b"\xef\xbb\xbf\r\n<HTML xmlns:x='excel'><table><tr><td>Account", "web page.*Open it in Excel"),
    "mhtml": (b"MIME-Version: 1.0\r\nContent-Type: multipart", "web page"),
    "xml of 2003": (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "2003"),
    "google": (b'{"url": "https://docs.google.com/open?id=1"}', "Google.*File > Download"),
    "pdf": (b"%PDF-1.7", "it is a PDF"),
    "picture": (b"\x89PNG\r\n", "a picture"),
    "zeros": (bytes(100), "neither .xlsx nor"),
}


@pytest.mark.parametrize(("content", "words"), KINDS.values(), ids=KINDS)
def test_trn_2_another_kind_of_file_is_known_by_its_content_and_named_with_what_to_do(content, words):
    with pytest.raises(UnreadableWorkbook) as refused:
        read_sheet(content, TODAY)
    assert re.search(words, str(refused.value))
    assert str(refused.value).endswith(".")


def test_trn_2_a_text_in_the_copy_is_a_text_whatever_it_begins_with():
    starts = ["=1+1", "+1", "-1", "@x", "\t=1"]
    found = read(
        book_of(*([one + str(n), "Pat", "Leave", None, None, one] for n, one in enumerate(starts) if one[0] != "="))
    )
    copy = copy_of(found).worksheets[0]
    assert {cell.data_type for row in copy for cell in row if cell.value} == {"s"}
    assert all(cell.quotePrefix for cell in copy["F"][1:] if cell.value)
