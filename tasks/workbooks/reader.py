"""Read a spreadsheet (.xlsx, or a text with separators) as people see it, within limits, or refuse it."""

from rules.common.spreadsheet import MOST_CELLS, Spreadsheet, Table, UnreadableWorkbook
from tasks.workbooks.file_kinds import refuse_other_archives, refuse_other_kinds
from tasks.workbooks.separated_text import read_text
from tasks.workbooks.xlsx_parts import Archive
from tasks.workbooks.xlsx_sheet import read_sheet_part
from tasks.workbooks.xlsx_workbook import SheetEntry, read_book

LARGEST_FILE = 5_000_000
"""The largest size of a file, in bytes."""
_LONGEST_NAME = 60
_KIND_PARTS = 200_000
_MOST_REMARKS = 20


def read_spreadsheet(content: bytes) -> Spreadsheet:
    """The visible content of a file, whatever its name is.

    Raises:
        UnreadableWorkbook: the file cannot be read; says why, and what to do.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableWorkbook(f"The file has more than {LARGEST_FILE:,} bytes. Copy the rows into a fresh template.")
    if content.startswith(b"PK"):
        return read_xlsx(content)
    refuse_other_kinds(content)
    return read_text(content)


def read_xlsx(content: bytes) -> Spreadsheet:
    """The visible sheets of an .xlsx file, and a remark about each other sheet.

    Raises:
        UnreadableWorkbook: it is not an .xlsx file, or too large.
    """
    archive = Archive(content)
    kinds = archive.read("[Content_Types].xml", _KIND_PARTS)
    refuse_other_archives(archive.names, kinds, archive.read("mimetype", 200))
    book = read_book(archive)
    tables: list[Table] = []
    cells_left = MOST_CELLS
    for entry in book.sheets:
        if entry.is_table and not entry.is_hidden:
            tables.append(read_sheet_part(archive, book, entry, cells_left))
            cells_left -= sum(len(row.cells) for row in tables[-1].rows)
    remarks = [_not_read(entry) for entry in book.sheets if entry.is_hidden or not entry.is_table]
    return Spreadsheet(tuple(tables), tuple(remarks[:_MOST_REMARKS]))


def _not_read(entry: SheetEntry) -> str:
    why = "is hidden" if entry.is_hidden else "has no cells"
    return f"Sheet {entry.name[:_LONGEST_NAME]!r} {why}: it was not read."
