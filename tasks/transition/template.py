"""The workbooks that a team lead gets: a template to fill in, and the annotated copy (TRN-2)."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rules.common.spreadsheet import LIKE_FORMULAS, LONGEST_TEXT
from rules.common.text import normalize
from rules.transition.rows import (
    ACCOUNT,
    COLUMNS,
    EFFECTIVE,
    HEADER_ROW,
    NEW_CSM,
    NOTES,
    OURS,
    REASON,
    SHEET_STEP,
    TRANSFER,
    Reason,
    Transfer,
)
from rules.transition.table import NOT_READ
from tasks.transition.workbook import MOST_ROWS, Sheet

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HINTS = {
    ACCOUNT: "The account's name exactly as in Salesforce, or its 15- or 18-character id, or the address of its page.",
    NEW_CSM: "The name or the e-mail address of the CSM who takes over.",
    REASON: "Why the account moves: choose from the list.",
    EFFECTIVE: "The day of the move, like 2027-03-31. Empty: today.",
    TRANSFER: "How the customer is informed. Empty: as the account's state requires.",
    NOTES: "What the new CSM should know.",
}
_WIDTHS = dict(zip(COLUMNS, (38, 28, 22, 16, 24, 60), strict=True))
_CHOICES = {REASON: ",".join(Reason), TRANSFER: ",".join(Transfer)}
_NOT_IN_TITLES = re.compile(r"[\\/*?:\[\]\x00-\x1f]")
_GOOD, _BAD = "D9EAD3", "F4B6B0"
_COLOURS = {"ready": _GOOD, "moved": _GOOD, "not ready": _BAD, "failed": _BAD, "called off": _BAD}
"""The fill of a row by its state; the other states have none."""


def template(rows: Sequence[Mapping[str, str]] = ()) -> bytes:
    """A workbook to fill in, with lists of choices, a note on each column, and text cells for ids (TRN-2).

    Args:
        rows: rows that are filled in already, by column.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - half a second that other steps need not wait for
    from openpyxl.comments import Comment  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Accounts"
    _head(sheet, COLUMNS)
    for place, column in enumerate(COLUMNS, 1):
        letter = get_column_letter(place)
        sheet.cell(HEADER_ROW, place).comment = Comment(HINTS[column], "CS Operations", height=90, width=320)
        for number in range(HEADER_ROW + 1, max(202, len(rows) + 2)):
            sheet.cell(number, place).number_format = "yyyy-mm-dd" if column == EFFECTIVE else "@"
        if names := _CHOICES.get(column, ""):
            choice = DataValidation(type="list", formula1=f'"{names}"', allow_blank=column != REASON)
            choice.error = f"Choose one of: {names.replace(',', ', ')}."
            choice.showErrorMessage = True
            choice.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
            sheet.add_data_validation(choice)
    for number, row in enumerate(rows, HEADER_ROW + 1):
        for place, column in enumerate(COLUMNS, 1):
            if row.get(column):
                sheet.cell(number, place, row[column]).data_type = "s"
    return _to_bytes(book)


def annotated(sheet: Sheet, states: Mapping[int, tuple[str, str]]) -> bytes:
    """A copy of the rows as they were read, each with its state and reason, and a sheet that lists what was not read.

    Args:
        sheet: the rows.
        states: by row, its state (`ready`, `not ready`, `moved` …) and the reason for it.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - as above

    book = Workbook()
    book.remove(book.worksheets[0])
    titles = sheet.titles if len(sheet.titles) > 1 else ("Accounts",)
    for place, title in enumerate(titles):
        first = place * SHEET_STEP
        rows = [(number - first, row) for number, row in sheet.cells if first < number < first + SHEET_STEP]
        of_sheet = {number - first: state for number, state in states.items() if first < number < first + SHEET_STEP}
        _copy_rows(book.create_sheet(_title(title)), rows, of_sheet)
    if sheet.remarks:
        _list_remarks(book.create_sheet(NOT_READ), sheet.remarks)
    return _to_bytes(book)


def _copy_rows(
    out: "Worksheet", rows: Sequence[tuple[int, Mapping[str, str]]], states: Mapping[int, tuple[str, str]]
) -> None:
    """Write the rows under their numbers; the headers are always in the first row."""
    own = {normalize(name) for name in OURS}
    headers = list(dict.fromkeys(header for _, row in rows for header in row if normalize(header) not in own))
    _head(out, [*headers, *OURS])
    for number, row in rows:
        state, reason = states.get(number, ("", ""))
        for place, text in enumerate([*(row.get(header, "") for header in headers), state, reason], 1):
            if text:
                _write(out, number, place, text)
    last = max((number for number, _ in rows), default=HEADER_ROW)
    _mark_states(out, last, state_column=len(headers) + 1)


def _mark_states(out: "Worksheet", last: int, state_column: int) -> None:
    """Fill each row by its state, and let people filter the rows: by a rule, as single cells would take seconds."""
    from openpyxl.formatting.rule import Rule  # noqa: PLC0415 - as above
    from openpyxl.styles import PatternFill  # noqa: PLC0415
    from openpyxl.styles.differential import DifferentialStyle  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.filters import AutoFilter  # noqa: PLC0415

    letter, right = get_column_letter(state_column), get_column_letter(state_column + 1)
    out.auto_filter = AutoFilter(ref=f"A{HEADER_ROW}:{right}{last}")
    for state, colour in _COLOURS.items():
        style = DifferentialStyle(fill=PatternFill("solid", start_color=colour, end_color=colour))
        rule = Rule(type="expression", dxf=style, formula=[f'${letter}{HEADER_ROW + 1}="{state}"'])
        out.conditional_formatting.add(f"A{HEADER_ROW + 1}:{right}{max(last, HEADER_ROW + 1)}", rule)


def _list_remarks(out: "Worksheet", remarks: Iterable[str]) -> None:
    out.column_dimensions["A"].width = 100
    for number, remark in enumerate(remarks, HEADER_ROW):
        _write(out, number, 1, remark)


def _write(out: "Worksheet", row: int, column: int, text: str) -> None:
    """Write a text; one that looks like a formula stays a text."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415 - as above

    cell = out.cell(row, column, ILLEGAL_CHARACTERS_RE.sub("", text[:LONGEST_TEXT]))
    cell.data_type = "s"
    if text.startswith(LIKE_FORMULAS):
        cell.quotePrefix = True


def _title(name: str) -> str:
    """A title that Excel accepts for a sheet."""
    return _NOT_IN_TITLES.sub("-", name).strip("' ")[:31] or "Accounts"


def _head(sheet: "Worksheet", headers: Iterable[str]) -> None:
    from openpyxl.styles import Font  # noqa: PLC0415 - as above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    for place, header in enumerate(headers, 1):
        _write(sheet, HEADER_ROW, place, header)
        sheet.cell(HEADER_ROW, place).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(header, 40)
    sheet.freeze_panes = "A2"


def _to_bytes(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
