"""The team lead's workbook: its rows as text, each checked (TRN-2)."""

from dataclasses import dataclass
from datetime import date
from itertools import chain

from rules.common.spreadsheet import UnreadableWorkbook
from rules.transition.rows import Row, RowFault, parse_rows
from rules.transition.table import sheet_rows
from tasks.workbooks.reader import read_spreadsheet

MOST_ROWS = 2000
"""The largest number of accounts in a workbook."""
MOST_TEXT = 10_000_000
"""The largest number of characters in all rows together: the annotated copy repeats them."""


@dataclass(frozen=True)
class Sheet:
    """The content of the visible sheets.

    Attributes:
        cells: number and cells of each row that is read, by header, as text; a second sheet's numbers begin higher.
        rows: the rows without faults.
        faults: of the other rows, in their order; with a fault in row 1 no row was read.
        titles: of the sheets that were read, in their order.
        remarks: a sentence for everything that was left out or assumed.
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
        UnreadableWorkbook: it is neither, or too large.
    """
    table = sheet_rows(read_spreadsheet(content))
    cells, titles, remarks = tuple(table.cells), tuple(table.titles), tuple(table.remarks)
    if table.header:
        return Sheet(cells, (), table.header, titles, remarks)
    if len(cells) > MOST_ROWS:
        raise UnreadableWorkbook(f"More than {MOST_ROWS:,} rows are filled in. Divide them among several workbooks.")
    if sum(len(cell) for _, row in cells for cell in row.values()) > MOST_TEXT:
        raise UnreadableWorkbook(f"The rows hold more than {MOST_TEXT:,} characters. Shorten the notes.")
    rows, row_faults = parse_rows(((number, row) for number, row in cells if number not in table.faults), today)
    faults = [*row_faults, *chain.from_iterable(table.faults.values())]
    return Sheet(cells, tuple(rows), tuple(sorted(faults, key=lambda fault: fault.row)), titles, remarks)
