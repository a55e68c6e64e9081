"""What goes out to the team lead: a workbook to fill in, and the copy that comes back (TRN-2)."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rules.text import folded
from rules.transition_rows import (
    ACCOUNT,
    COLUMNS,
    EFFECTIVE,
    HEADER_ROW,
    NEW_CSM,
    NOTES,
    OURS,
    REASON,
    TRANSFER,
    Reason,
    Transfer,
)
from tasks.transition_workbook import MOST_ROWS, Sheet

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HINTS = {
    ACCOUNT: "The account's name exactly as in Salesforce, or its 15- or 18-character id, or the address of its page.",
    NEW_CSM: "The name or the e-mail address of the CSM who takes over.",
    REASON: "Why the account moves: choose from the list.",
    EFFECTIVE: "The day of the move, like 2027-03-31. Empty: today.",
    TRANSFER: "How the customer is told. Empty: as the account's state asks for.",
    NOTES: "What the new CSM should know.",
}
_WIDTHS = dict(zip(COLUMNS, (38, 28, 22, 16, 24, 60), strict=True))
_CHOICES = {REASON: ",".join(Reason), TRANSFER: ",".join(Transfer)}
_COLOURS = dict.fromkeys(("refused", "failed"), "FBE3D6")


def template(rows: Sequence[Mapping[str, str]] = ()) -> bytes:
    """A workbook to fill in: lists to choose from, notes to read, ids that stay text (TRN-2).

    Args:
        rows: what is filled in already, by column.
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
    return _saved(book)


def annotated(sheet: Sheet, states: Mapping[int, tuple[str, str]]) -> bytes:
    """A copy of the rows as they were read, each with its state and the reason for it.

    Args:
        sheet: as it was read.
        states: by row, its state (`ready`, `refused`, `moved` …) and what is said about it.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - as above
    from openpyxl.styles import PatternFill  # noqa: PLC0415

    book = Workbook()
    out = book.worksheets[0]
    out.title = "Accounts"
    own = {folded(name) for name in OURS}
    headers = list(dict.fromkeys(header for _, row in sheet.cells for header in row if folded(header) not in own))
    _head(out, [*headers, *OURS])
    for number, row in sheet.cells:
        state, said = states.get(number, ("", ""))
        for place, text in enumerate([*(row.get(header, "") for header in headers), state, said], 1):
            cell = out.cell(number, place, text)
            # What somebody typed is never a formula of ours.
            cell.data_type = "s"
            if state in _COLOURS:
                cell.fill = PatternFill("solid", fgColor=_COLOURS[state])
    return _saved(book)


def _head(sheet: "Worksheet", headers: Iterable[str]) -> None:
    from openpyxl.styles import Font  # noqa: PLC0415 - as above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    for place, header in enumerate(headers, 1):
        cell = sheet.cell(HEADER_ROW, place, header)
        # What somebody typed is never a formula of ours, in a header neither.
        cell.data_type = "s"
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(header, 40)
    sheet.freeze_panes = "A2"


def _saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
