"""The team lead's workbook: its rows as text, each checked (TRN-2)."""

import io
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from csv import Error as CsvError
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any
from zipfile import BadZipFile, ZipFile

from rules.text import folded
from rules.transition_rows import (
    COLUMNS,
    HEADER_ROW,
    Row,
    RowFault,
    header_faults,
    parse_rows,
)

LARGEST_FILE = 5_000_000
LARGEST_UNPACKED = 30_000_000
MOST_FILES = 500
"""Bytes of a workbook as it comes and as it unpacks, and files in it: a book of business is a page, not a bomb."""
MOST_ROWS = 2000
"""Accounts in one workbook."""
LAST_ROW = 8000
"""Rows that are looked at, blank ones included."""
MOST_COLUMNS = 50
_AS_TEXT: dict[str, Any] = {"dtype": str, "header": None, "keep_default_na": False, "na_filter": False}
"""How pandas reads every cell as it stands there."""
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="[A-Z]+([0-9]+):[A-Z]+([0-9]+)"')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\br="([0-9]+)"')
_FILLED = re.compile(rb"<(?:\w+:)?[vt](?:\s[^>]*)?>[^<]")
_BELOW = f"nothing below row {LAST_ROW:,} is read. Delete the empty rows above it."
_FORMULA = "this is a formula. Copy the cell and paste its value."


class UnreadableWorkbook(ValueError):
    """Raised when nothing can be read of a file; the message is for the team lead."""


@dataclass(frozen=True)
class Sheet:
    """What stands in the first sheet.

    Attributes:
        cells: number and cells of each row that is not blank, by header, as text.
        rows: those that are as they must be.
        faults: of the others, in the order of the rows; with one in row 1 no row was read.
    """

    cells: tuple[tuple[int, dict[str, str]], ...]
    rows: tuple[Row, ...]
    faults: tuple[RowFault, ...]


def read_sheet(content: bytes, today: date) -> Sheet:
    """The rows of a workbook (.xlsx) or of a text with commas or semicolons (.csv), each checked (TRN-2).

    Args:
        content: the file.
        today: in the org's time zone.

    Raises:
        UnreadableWorkbook: it is none of both, or too large.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableWorkbook(f"The file has more than {LARGEST_FILE:,} bytes. Copy the rows into a fresh template.")
    is_workbook = content.startswith(b"PK")
    headers, table = _workbook(content) if is_workbook else _text(content)
    cells = tuple((number, row) for number, row in table if any(row.values()) and number <= LAST_ROW)
    if wrong := header_faults(headers):
        return Sheet(cells, (), wrong)
    if len(cells) > MOST_ROWS:
        raise UnreadableWorkbook(f"More than {MOST_ROWS:,} rows are filled in. Divide them among several workbooks.")
    bad = _bad_cells(content, [number for number, _ in cells]) if is_workbook else _too_far_below(table)
    rows, faults = parse_rows(((number, row) for number, row in cells if number not in bad), today)
    told = sorted([*faults, *(fault for some in bad.values() for fault in some)], key=lambda fault: fault.row)
    return Sheet(cells, tuple(rows), tuple(told))


def _workbook(content: bytes) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    _unpack(content)
    import pandas as pd  # noqa: PLC0415 - half a second that other steps need not wait for

    try:
        frame = pd.read_excel(
            io.BytesIO(content),
            engine="openpyxl",
            nrows=LAST_ROW,
            **_AS_TEXT,
        )
    except Exception as error:  # noqa: BLE001 - whatever a strange file makes its readers raise
        raise UnreadableWorkbook(f"The file cannot be read ({type(error).__name__}). Save it again as .xlsx.") from None
    return _table(frame)


def _unpack(content: bytes) -> None:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (BadZipFile, ValueError, OSError):
        raise UnreadableWorkbook("The file is damaged: it cannot be unpacked. Save it again as .xlsx.") from None
    if len(members) > MOST_FILES or sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise UnreadableWorkbook("The file unpacks to far more than a sheet. Copy the rows into a fresh template.")


def _text(content: bytes) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    import pandas as pd  # noqa: PLC0415 - as above

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableWorkbook("The file is neither .xlsx nor UTF-8 text. Save it as .xlsx.") from None
    if "\0" in text or not text.strip():
        raise UnreadableWorkbook("The file is empty, or neither .xlsx nor text. Save it as .xlsx.")
    first = text.splitlines()[0]
    try:
        with pd.read_csv(
            io.StringIO(text),
            sep=max(",;\t", key=first.count),
            skip_blank_lines=False,
            chunksize=LAST_ROW,
            **_AS_TEXT,
        ) as chunks:
            frame = pd.concat([next(chunks), *islice(filter(len, map(_filled, chunks)), 1)])
    except (ValueError, CsvError) as error:
        raise UnreadableWorkbook(f"The text cannot be read as a table ({error}). Save it as .xlsx.") from None
    return _table(frame)


def _filled(frame: Any) -> Any:
    """The first row that is not blank, as a table of one row, or of none."""
    return frame[frame.apply(lambda column: column.str.strip() != "").any(axis=1)].head(1)


def _table(frame: Any) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The headers, and the numbered rows below; of two columns of one name the first counts, which is told."""
    table = [[str(cell).strip() for cell in row[:MOST_COLUMNS]] for row in frame.itertuples(index=False, name=None)]
    headers = table[0] if table else []
    rows = []
    for number, row in enumerate(table[1:], HEADER_ROW + 1):
        cells: dict[str, str] = {}
        for header, cell in zip(headers, row, strict=False):
            if header:
                cells.setdefault(header, cell)
        rows.append((number, cells))
    return headers, rows


def _bad_cells(content: bytes, filled: Sequence[int]) -> Mapping[int, list[RowFault]]:
    """Formulas in columns that we read, cells merged with those of other rows, and what lies too far below; by row."""
    from openpyxl import load_workbook  # noqa: PLC0415 - as above

    bad: defaultdict[int, list[RowFault]] = defaultdict(list)
    book = load_workbook(io.BytesIO(content), read_only=True)
    sheet = book.worksheets[0]
    # What is read row by row tells neither its merged cells nor always how far it reaches.
    path: str = getattr(sheet, "_worksheet_path")  # noqa: B009 - as above
    for number, column in _formulas(sheet.iter_rows(max_row=max(filled, default=HEADER_ROW), max_col=MOST_COLUMNS)):
        bad[number].append(RowFault(number, column, _FORMULA))
    book.close()
    with ZipFile(io.BytesIO(content)) as archive:
        source = archive.read(path)
    for first, last in ((int(first), int(last)) for first, last in _MERGED.findall(source)):
        touched = filled[bisect_left(filled, first) : bisect_right(filled, last)] if first < last else ()
        for number in touched:
            message = f"cells of the rows {first} to {last} are merged. Unmerge them, and fill in each."
            bad[number].append(RowFault(number, "", message))
    below = next((row.start() for row in _ROW.finditer(source) if int(row[1]) > LAST_ROW), None)
    if below is not None and _FILLED.search(source, below):
        bad[LAST_ROW + 1].append(RowFault(LAST_ROW + 1, "", _BELOW))
    return bad


def _too_far_below(table: Iterable[tuple[int, Mapping[str, str]]]) -> Mapping[int, list[RowFault]]:
    below = any(number > LAST_ROW and any(row.values()) for number, row in table)
    return {LAST_ROW + 1: [RowFault(LAST_ROW + 1, "", _BELOW)]} if below else {}


def _formulas(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, str]]:
    known = {folded(column): column for column in COLUMNS}
    columns: dict[int, str] = {}
    for number, row in enumerate(rows, HEADER_ROW):
        for place, cell in enumerate(row):
            if number == HEADER_ROW and folded(str(cell.value)) in known:
                columns[place] = known[folded(str(cell.value))]
            elif number > HEADER_ROW and place in columns and cell.data_type == "f":
                yield number, columns[place]
