"""The content of a spreadsheet file before its rows are interpreted (TRN-2)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

LAST_ROW = 8000
"""The last row of a sheet that is read."""
MOST_COLUMNS = 50
"""The number of columns of a sheet that are read."""
MOST_CELLS = 120_000
"""The largest number of filled cells in a file."""
LIKE_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""The beginnings of texts that a spreadsheet program takes for formulas."""
LONGEST_TEXT = 5000
"""Characters of a cell that are kept; no column accepts so many."""
_ERROR = re.compile(r"#(?:N/A|N/V|[A-ZÀ-Þ/0-9_]{1,20}[!?]|NV|GETTING_DATA)|#{3,255}|Err:[0-9]{3}|nan", re.IGNORECASE)
"""Error values, and `###` from a column that was too narrow when the file was saved as text."""


class UnreadableWorkbook(ValueError):
    """Raised when a file cannot be read; the message is for the team lead."""


class Struck(Enum):
    """Which part of a cell is struck out."""

    NO = 0
    PARTLY = 1
    WHOLLY = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell.

    Attributes:
        fault: why the cell cannot be used; "" when it can.
    """

    text: str
    struck: Struck = Struck.NO
    fault: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row.

    Attributes:
        number: as the spreadsheet shows it, from 1.
        cells: the filled cells by column, from 0.
        hidden: whether the row is hidden or filtered out.
        fault: why the row cannot be used; "" when it can.
        remark: a note about a row that is read nevertheless; "" for none.
    """

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False
    fault: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range. Rows count from 1, columns from 0; both ends belong to it."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True)
class Table:
    """A sheet that people see, or a text with separators.

    Attributes:
        name: of the sheet; "" of a text.
        rows: in their order, up to `LAST_ROW`; empty rows may be missing.
        hidden_columns: by their place, from 0.
        merges: the merged ranges.
        goes_on: whether the sheet has content below the last row that is read.
        is_wide: whether the sheet has content to the right of the last column that is read.
    """

    name: str
    rows: tuple[TableRow, ...]
    hidden_columns: frozenset[int] = frozenset()
    merges: tuple[Merge, ...] = ()
    goes_on: bool = False
    is_wide: bool = False


@dataclass(frozen=True)
class Spreadsheet:
    """The visible sheets of a file, and a sentence for each part that was not read or was assumed."""

    tables: tuple[Table, ...]
    remarks: tuple[str, ...] = field(default=())


def is_error_value(text: str) -> bool:
    """Whether a text is an error value such as `#N/A` or `#REF!`, in any language."""
    return bool(_ERROR.fullmatch(text.strip()[:300]))


def column_letters(place: int) -> str:
    """Return the letters of a column: 0 is `A`, 26 is `AA`."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters


def ranges(numbers: Iterable[int]) -> str:
    """List numbers for people, neighbours as a range: `2, 5 to 9, 12`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    shown = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs[:20]]
    return ", ".join([*shown, *(["…"] if len(runs) > len(shown) else [])])


def text_cell(text: str) -> str:
    """Return a CSV cell that a spreadsheet shows as text: what begins like a formula gets a quotation mark."""
    return f"'{text}" if text.startswith(LIKE_FORMULAS) else text
