"""Read a sheet of an .xlsx file as a table of texts, with its hidden, struck-out and computed cells."""

import re
from datetime import datetime, timedelta

from rules.common.spreadsheet import (
    LAST_ROW,
    LONGEST_TEXT,
    MOST_CELLS,
    MOST_COLUMNS,
    Cell,
    Merge,
    Struck,
    Table,
    TableRow,
    UnreadableWorkbook,
)
from tasks.workbooks.xlsx_parts import DAMAGED, Archive, Part, is_set
from tasks.workbooks.xlsx_workbook import Book, Look, SharedText, SheetEntry, TextCollector

MOST_MERGES = 2000
TOO_MANY_CELLS = f"More than {MOST_CELLS:,} cells are filled in. Delete all rows that are not accounts."
FORMULA = "this is a formula. Copy the cell and paste its value."
TOO_LONG = f"this is longer than {LONGEST_TEXT:,} characters. Shorten it."
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_LAST_DAY = 2_958_466
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 - a spreadsheet's days have no zone
_PLAIN = Look()


def read_sheet_part(archive: Archive, book: Book, entry: SheetEntry, cells_left: int = MOST_CELLS) -> Table:
    """The table of a sheet.

    Args:
        archive: the workbook's file.
        book: the shared parts of the workbook.
        entry: the sheet.
        cells_left: the largest number of filled cells.

    Raises:
        UnreadableWorkbook: the file is damaged, or has too many cells.
    """
    if entry.path not in archive:
        raise UnreadableWorkbook(DAMAGED)
    part = _Sheet(book, cells_left)
    archive.parse(entry.path, part)
    return Table(
        name=entry.name,
        rows=tuple(part.rows),
        hidden_columns=frozenset(part.hidden_columns),
        merges=tuple(part.merges),
        goes_on=part.goes_on,
        is_wide=part.is_wide,
    )


class _Sheet(Part):
    def __init__(self, book: Book, cells_left: int) -> None:
        self.rows: list[TableRow] = []
        self.hidden_columns: set[int] = set()
        self.merges: list[Merge] = []
        self.goes_on = self.is_wide = False
        self._book, self._cells_left = book, cells_left
        self._row, self._column = 0, -1
        self._cells: dict[int, Cell] = {}
        self._is_row_hidden = self._in_row = self._in_cell = False
        self._kind, self._look, self._is_formula, self._in_value = "n", _PLAIN, False, False
        self._value: list[str] = []
        self._collector = TextCollector()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._in_cell:
            self._start_in_cell(name, attributes)
        elif name == "c" and self._in_row:
            self._start_cell(attributes)
        elif name == "row":
            self._start_row(attributes)
        elif name == "col":
            self._hide_columns(attributes)
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def end(self, name: str) -> None:
        if name == "c" and self._in_cell:
            self._end_cell()
        elif name == "row" and self._in_row:
            if self._cells:
                self.rows.append(TableRow(self._row, self._cells, self._is_row_hidden))
            self._in_row = False
        elif name == "v":
            self._in_value = False
        elif self._in_cell:
            self._collector.end(name)

    def text(self, text: str) -> None:
        if self._in_value:
            self._value.append(text[: LONGEST_TEXT + 1])
        elif self._in_cell:
            self._collector.text(text)

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = _number(attributes["r"]) if "r" in attributes else self._row + 1
        if number <= self._row:
            raise UnreadableWorkbook(DAMAGED)
        self._row, self._column, self._cells, self._in_row = number, -1, {}, True
        self._is_row_hidden = is_set(attributes, "hidden") or _is_nothing(attributes.get("ht", ""))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        column = self._column + 1
        if place := attributes.get("r"):
            column, number = _place(place)
            if number != self._row or column <= self._column:
                raise UnreadableWorkbook(DAMAGED)
        self._column, self._in_cell, self._is_formula = column, True, False
        self._kind, self._look = attributes.get("t", "n"), self._look_of(attributes.get("s", ""))
        self._value = []
        if self._kind == "inlineStr":
            self._collector.begin()

    def _start_in_cell(self, name: str, attributes: dict[str, str]) -> None:
        if name == "v":
            self._in_value = True
        elif name == "f":
            self._is_formula = True
        else:
            self._collector.start(name, attributes)

    def _end_cell(self) -> None:
        self._in_cell = self._in_value = False
        content = self._content()
        if not content.text.strip() and not self._is_formula:
            return
        if self._row > LAST_ROW:
            self.goes_on = True
        elif self._column >= MOST_COLUMNS:
            self.is_wide = True
        else:
            self._add_cell(content)

    def _add_cell(self, content: SharedText) -> None:
        self._cells_left -= 1
        if self._cells_left < 0:
            raise UnreadableWorkbook(TOO_MANY_CELLS)
        fault = FORMULA if self._is_formula else TOO_LONG if len(content.text) > LONGEST_TEXT else ""
        struck = content.struck(self._look) if content.text.strip() else Struck.NO
        self._cells[self._column] = Cell(content.text, struck, fault)

    def _content(self) -> SharedText:
        """The text of the cell as people see it."""
        value = "".join(self._value)
        match self._kind:
            case "s":
                place = _number(value.strip())
                if place >= len(self._book.texts):
                    raise UnreadableWorkbook(DAMAGED)
                return self._book.texts[place]
            case "inlineStr":
                return self._collector.collected()
            case "b":
                return SharedText({"1": "TRUE", "0": "FALSE"}.get(value.strip(), value))
            case "n" if self._look.is_date:
                return SharedText(_day(value, counts_from_1904=self._book.counts_from_1904))
        return SharedText(value.replace("_x000D_", ""))

    def _look_of(self, style: str) -> Look:
        place = _number(style) if style else 0
        return self._book.looks[place] if place < len(self._book.looks) else _PLAIN

    def _hide_columns(self, attributes: dict[str, str]) -> None:
        if is_set(attributes, "hidden") or _is_nothing(attributes.get("width", "")):
            first, last = _number(attributes.get("min", "0")), _number(attributes.get("max", "0"))
            self.hidden_columns.update(range(max(first - 1, 0), min(last, MOST_COLUMNS)))

    def _merge(self, cells: str) -> None:
        if len(self.merges) == MOST_MERGES:
            raise UnreadableWorkbook(f"More than {MOST_MERGES:,} places have merged cells. Unmerge them.")
        first, _, last = cells.partition(":")
        (first_column, first_row), (last_column, last_row) = _place(first), _place(last or first)
        self.merges.append(Merge(first_row, last_row, first_column, last_column))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - more than any sheet has
        raise UnreadableWorkbook(DAMAGED)
    return int(text)


def _place(text: str) -> tuple[int, int]:
    """The column, from 0, and the row of a reference such as `B7`."""
    match = _CELL.fullmatch(text)
    if match is None:
        raise UnreadableWorkbook(DAMAGED)
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return column - 1, int(match[2])


def _is_nothing(size: str) -> bool:
    """Whether a height or a width is 0, which also hides rows and columns."""
    return size.strip() in ("0", "0.0")


def _day(value: str, *, counts_from_1904: bool) -> str:
    """A number with a date format as ISO date or time; any other text is returned unchanged."""
    try:
        count = float(value)
    except ValueError:
        return value
    if not 1 <= count < _LAST_DAY:
        return value
    moment = _EPOCHS[counts_from_1904] + timedelta(seconds=round(count * 86_400))
    return str(moment.date() if moment.time() == datetime.min.time() else moment)
