"""The team lead's workbook: its rows as text, each checked (TRN-2)."""

from dataclasses import dataclass
from datetime import date

from rules.common.spreadsheet import UnreadableWorkbook
from rules.transition.rows import Row, RowFault, parse_rows
from rules.transition.table import sheet_rows
from tasks.workbooks.reader import read_spreadsheet

MOST_ROWS = 2000
"""Accounts in one workbook."""
MOST_TEXT = 10_000_000
"""Characters of all rows together: what comes in goes back as a copy."""


@dataclass(frozen=True)
class Sheet:
    """What stands in the sheets that a team lead sees.

    Attributes:
        cells: number and cells of each row that is read, by header, as text; a second sheet's numbers begin higher.
        rows: those that are as they must be.
        faults: of the others, in the order of the rows; with one in row 1 no row was read.
        titles: of the sheets that were read, in their order.
        remarks: a sentence for all that was left out, or read in a way that somebody should know.
    """

    cells: tuple[tuple[int, dict[str, str]], ...]
    rows: tuple[Row, ...]
    faults: tuple[RowFault, ...]
    titles: tuple[str, ...] = ("",)
    remarks: tuple[str, ...] = ()


def read_sheet(content: bytes, today: date) -> Sheet:
    """The rows of a workbook (.xlsx) or of a text with separators (.csv), each checked (TRN-2).

    Any file is read or refused within 5 s and 300 MB.

    Args:
        content: the file.
        today: in the org's time zone.

    Raises:
        UnreadableWorkbook: it is none of both, or too large.
    """
    found = sheet_rows(read_spreadsheet(content))
    titles, remarks = tuple(found.titles), tuple(found.remarks)
    if found.header:
        return Sheet(tuple(found.cells), (), found.header, titles, remarks)
    if len(found.cells) > MOST_ROWS:
        raise UnreadableWorkbook(f"More than {MOST_ROWS:,} rows are filled in. Divide them among several workbooks.")
    if sum(len(cell) for _, row in found.cells for cell in row.values()) > MOST_TEXT:
        raise UnreadableWorkbook(f"The rows hold more than {MOST_TEXT:,} characters. Shorten the notes.")
    rows, faults = parse_rows(((number, row) for number, row in found.cells if number not in found.faults), today)
    every = [*faults, *(fault for some in found.faults.values() for fault in some)]
    return Sheet(tuple(found.cells), tuple(rows), tuple(sorted(every, key=lambda fault: fault.row)), titles, remarks)
