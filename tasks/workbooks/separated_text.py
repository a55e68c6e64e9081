"""Read a text with separators (.csv) as a table; a wrong row is a fault of that row alone (TRN-2)."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice
from typing import NamedTuple

from rules.common.spreadsheet import (
    LAST_ROW,
    LONGEST_TEXT,
    MOST_CELLS,
    MOST_COLUMNS,
    Cell,
    Spreadsheet,
    Table,
    TableRow,
    UnreadableWorkbook,
)
from rules.common.text import LONGEST_COMPARED, normalize
from rules.transition.rows import COLUMNS, NEEDED, NOTES
from tasks.workbooks.xlsx_sheet import TOO_LONG, TOO_MANY_CELLS

SEPARATORS = ",;\t|"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LONGEST_HEADER = 20_000
_KNOWN = {normalize(column) for column in COLUMNS}
_NEEDED = {normalize(column) for column in NEEDED}
_ONE_LINE = _KNOWN - {normalize(NOTES)}
"""Columns whose cells have one line."""
_ASSUMED = (
    "The text was read as Windows-1252, because it is not UTF-8. Check accents and quotation marks. "
    'In Excel save it as "CSV UTF-8" or as .xlsx.'
)
_NO_TEXT = "The file is empty, or it is neither .xlsx nor a text with separators. Save it as .xlsx."

# A cell may be as long as the file. The limit holds for the whole process, so it depends on no file.
csv.field_size_limit(2**31 - 1)


class _Record(NamedTuple):
    """A row of the text: the numbers of its first and last line, and its cells."""

    first: int
    last: int
    cells: Sequence[str]


def read_text(content: bytes) -> Spreadsheet:
    """A text with commas, semicolons, tabs or bars as a spreadsheet of one sheet.

    Raises:
        UnreadableWorkbook: it is not a text, or has too many cells.
    """
    text, remarks = _decoded(content)
    if "\0" in text or not text.strip():
        raise UnreadableWorkbook(_NO_TEXT)
    text, separator = _separator(text.replace("\r\n", "\n").replace("\r", "\n"))
    return Spreadsheet((_table(text, separator),), remarks)


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, and a remark if its encoding is assumed."""
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError:
        if encoding != "utf-8" or b"\0" in content:
            raise UnreadableWorkbook(_NO_TEXT) from None
    try:
        return content.decode("cp1252"), (_ASSUMED,)
    except UnicodeDecodeError:
        raise UnreadableWorkbook(_NO_TEXT) from None


def _separator(text: str) -> tuple[str, str]:
    """The text without Excel's `sep=` line, and the separator: from that line, or the one that finds most columns."""
    first, _, rest = text.partition("\n")
    setting = first.strip().strip('"')
    if setting.lower().startswith("sep=") and len(setting) == len("sep=,"):
        return rest, setting[-1]
    if first.lower().startswith("sep=\t"):
        return rest, "\t"
    header = next((line for line in StringIO(text[:_LONGEST_HEADER]) if line.strip()), "")
    return text, max(SEPARATORS, key=lambda mark: (_known_columns(header, mark), header.count(mark)))


def _known_columns(header: str, separator: str) -> int:
    """The number of known columns that a separator finds."""
    return len({normalize(cell.strip('"')) for cell in header.split(separator)} & _KNOWN)


def _table(text: str, separator: str) -> Table:
    lines = StringIO(text, newline="")
    rows: list[TableRow] = []
    header: Sequence[str] = ()
    cells_left, is_wide = MOST_CELLS, False
    for number, record in enumerate(islice(_records(lines, separator), LAST_ROW), 1):
        if any(map(str.strip, record.cells)):
            is_wide = is_wide or any(map(str.strip, record.cells[MOST_COLUMNS:]))
            rows.append(_row(number, record, header, separator))
            header = header or _header(record.cells)
            cells_left -= len(rows[-1].cells)
        if cells_left < 0:
            raise UnreadableWorkbook(TOO_MANY_CELLS)
    goes_on = bool(lines.read().strip(f'{separator}" \t\n'))
    return Table("", tuple(rows), goes_on=goes_on, is_wide=is_wide)


def _records(lines: StringIO, separator: str) -> Iterator[_Record]:
    """Every row, including blank rows, with its lines."""
    reader = csv.reader(lines, delimiter=separator)
    last = 0
    for cells in reader:
        yield _Record(last + 1, reader.line_num, cells)
        last = reader.line_num


def _header(cells: Sequence[str]) -> Sequence[str]:
    """The cells if they are the names of the columns; otherwise nothing."""
    names = {normalize(cell) for cell in cells[:MOST_COLUMNS] if len(cell) <= LONGEST_COMPARED}
    return cells if names >= _NEEDED else ()


def _row(number: int, record: _Record, header: Sequence[str], separator: str) -> TableRow:
    cells = {
        place: Cell(cell[: LONGEST_TEXT + 1], fault=TOO_LONG if len(cell) > LONGEST_TEXT else "")
        for place, cell in enumerate(record.cells[:MOST_COLUMNS])
        if cell.strip()
    }
    if not header:
        return TableRow(number, cells)
    fault = _unclosed_quotation(record, header, separator) or _wrong_number(record.cells, header)
    return TableRow(number, cells, fault=fault, remark="" if fault else _remark(record, header))


def _wrong_number(cells: Sequence[str], header: Sequence[str]) -> str:
    """The fault of a row with too many cells, or without a needed column; "" for none."""
    count, expected = len(cells), len(header)
    if any(cell.strip() for cell in cells[expected:]):
        return (
            f"it has {count:,} cells, and the first row has {expected:,}. A text that contains the separator needs "
            "quotation marks around it. Correct the row, or save the sheet as .xlsx."
        )
    if any(normalize(name) in _NEEDED for name in header[count:]):
        return (
            f"it has {count:,} cells, and the first row has {expected:,}. Add the missing cells, or save it as .xlsx."
        )
    return ""


def _unclosed_quotation(record: _Record, header: Sequence[str], separator: str) -> str:
    """The fault of a row with a cell of several lines that probably contains the next rows; "" for none."""
    if record.first == record.last:
        return ""
    for name, cell in zip([*header, *[""] * len(record.cells)], record.cells, strict=False):
        lines = cell[:_LONGEST_HEADER].split("\n")
        is_row = any(line.count(separator) >= len(NEEDED) - 1 for line in lines[1:])
        if len(lines) > 1 and (is_row or normalize(name) in _ONE_LINE):
            return (
                f"its cell {name.strip()[:60]!r} has several lines, {record.first} to {record.last} of the file. A "
                "closing quotation mark may be missing. These lines were not read. Correct the quotation mark, or "
                "save the sheet as .xlsx."
            )
    return ""


def _remark(record: _Record, header: Sequence[str]) -> str:
    if record.first < record.last:
        return f"has a cell of several lines ({record.first} to {record.last} of the file): it was read as one cell."
    if len(record.cells) < len(header):
        return f"has {len(record.cells)} cells, and the first row has {len(header)}: the others were read as empty."
    return ""
