"""A spreadsheet (.xlsx, or a text with separators) as people see it: read whole or refused in words, within bounds."""

from rules.common.spreadsheet import MOST_CELLS, Spreadsheet, Table, UnreadableWorkbook
from tasks.workbooks.file_kinds import refuse_other_archives, refuse_other_kinds
from tasks.workbooks.separated_text import read_text
from tasks.workbooks.xlsx_parts import Archive
from tasks.workbooks.xlsx_sheet import read_sheet_part
from tasks.workbooks.xlsx_workbook import SheetEntry, read_book

LARGEST_FILE = 5_000_000
"""Bytes of a workbook as it comes."""
_LONGEST_NAME = 60
_KIND_PARTS = 200_000


def read_spreadsheet(content: bytes) -> Spreadsheet:
    """What people see of a file, whatever its name is.

    Raises:
        UnreadableWorkbook: it is no spreadsheet that can be read; says why and what to do.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableWorkbook(f"The file has more than {LARGEST_FILE:,} bytes. Copy the rows into a fresh template.")
    if content.startswith(b"PK"):
        return read_xlsx(content)
    refuse_other_kinds(content)
    return read_text(content)


def read_xlsx(content: bytes) -> Spreadsheet:
    """The visible sheets of an .xlsx file; the others are named.

    Raises:
        UnreadableWorkbook: it is none, or too large.
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


_MOST_REMARKS = 20


def _not_read(entry: SheetEntry) -> str:
    why = "is hidden" if entry.is_hidden else "holds no cells"
    return f"Sheet {entry.name[:_LONGEST_NAME]!r} {why}: it was not read."
