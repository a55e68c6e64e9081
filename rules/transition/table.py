"""The rows of a spreadsheet as the team lead sees them: what is read, what is left out, what is refused (TRN-2)."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rules.common.spreadsheet import (
    LAST_ROW,
    MOST_COLUMNS,
    Cell,
    Merge,
    Spreadsheet,
    Struck,
    Table,
    TableRow,
    column_letters,
    ranges,
)
from rules.common.text import LONGEST_COMPARED, join_names, normalize, shorten, strip
from rules.transition.rows import (
    COLUMNS,
    EFFECTIVE,
    HEADER_ROW,
    NEEDED,
    SHEET_STEP,
    TRANSFER,
    RowFault,
    header_faults,
)

MOST_REMARKS = 50
LOOKED_AT = 20
"""Filled rows of a sheet among which the names of the columns are looked for."""
NOT_READ = "Not read"
"""The sheet of our copy that says what was left out; one that comes in again is ignored."""
_SHOWN = 60
_DECISIVE = {normalize(column): column for column in (EFFECTIVE, TRANSFER)}
"""Columns whose cells may be empty, and decide when and how an account moves."""
_NEEDED = {normalize(column) for column in NEEDED}
_KNOWN = {normalize(column): column for column in COLUMNS}
_BELOW = f"nothing below row {LAST_ROW:,} is read. Delete the empty rows above it."


@dataclass
class SheetRows:
    """What the sheets of a file hold.

    Attributes:
        titles: of the sheets that were read, in their order.
        cells: number and cells of each row that is read, by header, as text.
        faults: why rows cannot be taken, by their number.
        header: what is wrong with the names of the columns; then no row was read.
        remarks: a sentence for all that was left out, or read in a way that somebody should know.
    """

    titles: list[str] = field(default_factory=list)
    cells: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: defaultdict[int, list[RowFault]] = field(default_factory=lambda: defaultdict(list))
    header: tuple[RowFault, ...] = ()
    remarks: list[str] = field(default_factory=list)


def sheet_rows(book: Spreadsheet) -> SheetRows:
    """The rows of all visible sheets that have the columns, in the order of the sheets.

    Args:
        book: what people see of the file.
    """
    found = SheetRows(remarks=list(book.remarks))
    headers = [(table, _header(table)) for table in book.tables]
    is_read = any(header for _, header in headers)
    for table, header in headers:
        if header:
            _add(found, table, header, several=len(headers) > 1)
        elif is_read and table.name != NOT_READ:
            found.remarks.append(_no_header(table))
    found.header = found.header if is_read else tuple(_wrong_header(book.tables))
    if len(found.remarks) > MOST_REMARKS:
        found.remarks[MOST_REMARKS:] = [f"And {len(found.remarks) - MOST_REMARKS:,} more of this kind."]
    return found


def _visible(table: Table, row: TableRow) -> dict[int, Cell]:
    return {place: cell for place, cell in row.cells.items() if place not in table.hidden_columns}


def _shown_rows(table: Table) -> Iterator[tuple[TableRow, dict[int, Cell]]]:
    """The rows that people see, with the cells that they see."""
    for row in table.rows:
        if not row.hidden and (cells := _visible(table, row)):
            yield row, cells


def _header(table: Table) -> TableRow | None:
    """The row with the names of the columns: the first of those at the top that has them all."""
    for row, cells in _first(table):
        if {normalize(cell.text) for cell in cells.values() if len(cell.text) <= LONGEST_COMPARED} >= _NEEDED:
            return row
    return None


def _first(table: Table) -> list[tuple[TableRow, dict[int, Cell]]]:
    return [shown for shown, _ in zip(_shown_rows(table), range(LOOKED_AT), strict=False)]


def _wrong_header(tables: Sequence[Table]) -> Iterator[RowFault]:
    """What is wrong with the names of the columns in the first sheet that has any."""
    first = next(((table, cells) for table in tables for _, cells in _shown_rows(table)), None)
    if first is None:
        yield from header_faults([])
        return
    table, cells = first
    hidden = {normalize(cell.text) for row in table.rows[:1] for cell in row.cells.values()} - {
        normalize(cell.text) for cell in cells.values()
    }
    for fault in header_faults([strip(cell.text) for cell in cells.values()]):
        is_hidden = normalize(fault.column) in hidden
        yield RowFault(HEADER_ROW, fault.column, "this column is hidden. Show it again.") if is_hidden else fault


def _no_header(table: Table) -> str:
    if not table.rows:
        return f"Sheet {shorten(table.name, _SHOWN)} is empty."
    return f"Sheet {shorten(table.name, _SHOWN)} was not read: it has no columns {join_names(NEEDED)}."


def _add(found: SheetRows, table: Table, header: TableRow, *, several: bool) -> None:
    """Add the rows of a sheet, with all that is to be said of it."""
    base = SHEET_STEP * len(found.titles)
    found.titles.append(table.name)
    where = f" of sheet {shorten(table.name, _SHOWN)}" if several else ""
    names = {place: strip(cell.text) for place, cell in _visible(table, header).items()}
    found.header = found.header or header_faults(list(names.values()))
    columns = {place: _KNOWN[normalize(name)] for place, name in names.items() if normalize(name) in _KNOWN}
    below = [row for row in table.rows if row.number > header.number]
    struck: list[int] = []
    for row in below:
        cells = _visible(table, row)
        if row.hidden or not cells:
            continue
        if _is_struck(cells, columns):
            struck.append(row.number)
            continue
        found.cells.append((base + row.number, _texts(cells, names)))
        messages = [*_faults(row, cells, columns), *_hidden_faults(table, row, header)]
        found.faults[base + row.number].extend(RowFault(base + row.number, *message) for message in messages)
    _add_merges(found, table, base, columns)
    if table.goes_on:
        found.faults[base + LAST_ROW + 1].append(RowFault(base + LAST_ROW + 1, "", _BELOW))
    found.faults = defaultdict(list, {number: faults for number, faults in found.faults.items() if faults})
    found.remarks.extend(_remarks(table, header, below, struck, where))


def _texts(cells: Mapping[int, Cell], names: Mapping[int, str]) -> dict[str, str]:
    """The cells by header; of two columns of one name the first counts."""
    texts = dict.fromkeys(filter(None, names.values()), "")
    for place, name in reversed(list(names.items())):
        if name and place in cells:
            texts[name] = strip(cells[place].text)
    return texts


def _is_struck(cells: Mapping[int, Cell], columns: Mapping[int, str]) -> bool:
    """Whether all that is filled in of our columns is struck out."""
    ours = [cell for place, cell in cells.items() if place in columns]
    return bool(ours) and all(cell.struck is Struck.WHOLLY for cell in ours)


def _faults(row: TableRow, cells: Mapping[int, Cell], columns: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    if row.fault:
        yield "", row.fault
        return
    for place, column in columns.items():
        cell = cells.get(place)
        if cell and cell.fault:
            yield column, cell.fault
        if cell and cell.struck is not Struck.NO:
            yield column, "this is struck out, and the row is not. Delete the row, or remove the strikethrough."


def _hidden_faults(table: Table, row: TableRow, header: TableRow) -> Iterator[tuple[str, str]]:
    """Values that nobody sees, and that would decide when and how the account moves."""
    for place in table.hidden_columns & set(row.cells):
        name = normalize(header.cells[place].text) if place in header.cells else ""
        if name in _DECISIVE:
            yield _DECISIVE[name], "this column is hidden, and has a value here. Show the column, or delete the value."


def _add_merges(found: SheetRows, table: Table, base: int, columns: Mapping[int, str]) -> None:
    """Cells merged with those of other rows, and of several columns that we read, are said of each of their rows."""
    pending = [number - base for number, _ in found.cells if base < number <= base + LAST_ROW]
    for merge in table.merges:
        ours = [name for place, name in columns.items() if merge.first_column <= place <= merge.last_column]
        if words := _merged(merge, ours):
            start, end = bisect_left(pending, merge.first_row), bisect_right(pending, merge.last_row)
            for row in pending[start:end]:
                found.faults[base + row].append(RowFault(base + row, "", words))
            del pending[start:end]


def _merged(merge: Merge, ours: Sequence[str]) -> str:
    if merge.first_row < merge.last_row:
        return f"cells of the rows {merge.first_row} to {merge.last_row} are merged. Unmerge them, and fill in each."
    return f"the cells {join_names(ours)} are merged. Unmerge them, and fill in each." if len(ours) > 1 else ""


def _remarks(
    table: Table, header: TableRow, below: Iterable[TableRow], struck: Sequence[int], where: str
) -> Iterator[str]:
    """What was left out of a sheet, and what should be known of it."""
    above = [row.number for row, _ in _first(table) if row.number < header.number]
    hidden = [row.number for row in table.rows if row.hidden and row.cells]
    for numbers, why in (
        (above, "above the names of the columns"),
        (hidden, "hidden or filtered out"),
        (struck, "struck out"),
    ):
        if numbers:
            yield f"{_rows(numbers)}{where} {'is' if len(numbers) == 1 else 'are'} {why}: left out."
    filled = {place for row in table.rows for place in row.cells} & table.hidden_columns
    for place in sorted(filled):
        name = strip(header.cells[place].text) if place in header.cells else ""
        named = f" ({shorten(name, _SHOWN)})" if name else ""
        yield f"Column {column_letters(place)}{named}{where} is hidden: left out."
    if table.is_wide:
        yield f"Cells to the right of column {column_letters(MOST_COLUMNS - 1)}{where}: not read."
    for row in below:
        if row.remark:
            yield f"Row {row.number}{where} {row.remark}"


def _rows(numbers: Sequence[int]) -> str:
    return f"Row {numbers[0]}" if len(numbers) == 1 else f"Rows {ranges(numbers)} ({len(numbers)})"
