"""A spreadsheet as it stands in its file, before anything is made of its rows (TRN-2)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

LAST_ROW = 8000
"""Rows of a sheet that are looked at, blank ones included."""
MOST_COLUMNS = 50
"""Columns of a sheet that are looked at."""
MOST_CELLS = 120_000
"""Cells of a file that are filled in."""
LONGEST_TEXT = 5000
"""Characters that are kept of a cell: more than any column takes."""
_ERROR = re.compile(r"#(?:N/A|N/V|[A-ZÀ-Þ/0-9_]{1,20}[!?]|NV|GETTING_DATA)|#{3,255}|Err:[0-9]{3}|nan", re.IGNORECASE)
"""What a spreadsheet shows when it has no value; `###` when the column was too narrow while it was saved as text."""


class UnreadableWorkbook(ValueError):
    """Raised when nothing can be read of a file; the message is for the team lead."""


class Struck(Enum):
    """How much of a cell is struck out."""

    NO = 0
    PARTLY = 1
    WHOLLY = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is filled in: its text, how much is struck out, and why it cannot be taken; "" when it can."""

    text: str
    struck: Struck = Struck.NO
    fault: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row.

    Attributes:
        number: as the spreadsheet shows it, from 1.
        cells: those that are filled in, by column, from 0.
        hidden: whether it is hidden or filtered out.
        fault: why the whole row cannot be taken; "" when it can.
        remark: what should be known of it though it is read; "" when nothing.
    """

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False
    fault: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are one, by row and by column from 0."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True)
class Table:
    """A sheet that people see, or a text with separators.

    Attributes:
        name: of the sheet; "" of a text.
        rows: the first ones, in their order; a row without anything in it may be missing.
        hidden_columns: by their place, from 0.
        merges: cells that are one.
        goes_on: whether something stands below the last row that is looked at.
        is_wide: whether something stands to the right of the last column that is looked at.
    """

    name: str
    rows: tuple[TableRow, ...]
    hidden_columns: frozenset[int] = frozenset()
    merges: tuple[Merge, ...] = ()
    goes_on: bool = False
    is_wide: bool = False


@dataclass(frozen=True)
class Spreadsheet:
    """What people see of a file, in their order, and a sentence for each thing that was not read or was assumed."""

    tables: tuple[Table, ...]
    remarks: tuple[str, ...] = field(default=())


def is_error_value(text: str) -> bool:
    """Whether it is what a spreadsheet shows instead of a value: `#N/A`, `#REF!` and the like, in any language."""
    return bool(_ERROR.fullmatch(text.strip()[:300]))


def column_letters(place: int) -> str:
    """A column as the spreadsheet calls it: 0 is `A`, 26 is `AA`."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in their order as a person lists them: `2, 5 to 9, 12`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    shown = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs[:20]]
    return ", ".join([*shown, *(["…"] if len(runs) > len(shown) else [])])
