"""The Account Analysis Checklist as a workbook: filled copies of a template that is never changed (TRN-8)."""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from rules.transition.account_facts import AccountFacts
from rules.transition.checklist import ChecklistLine, Section

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

TEMPLATE = Path(__file__).parents[1] / "templates" / "account-analysis-checklist.xlsx"
CHECKLIST, PENDING, OPPORTUNITIES, USAGE = "Checklist", "Pending items", "Opportunities", "Usage"
"""The names of the sheets."""
FIRST_ROW = 6
"""The row of the first question, of the first pending item, of the first opportunity."""
_HEAD = ("Account", "CSM", "Filled in on")
_COLUMNS = {
    CHECKLIST: ("Question", "Answer", "Notes"),
    PENDING: ("Kind", "Item", "Context"),
    OPPORTUNITIES: ("", "Opportunity", "Details"),
}
_USERS, _MODULES = ("Users", "Number"), ("Module", "Monthly active users")
_MODULE_COLUMN = 4
_WIDTHS = (58, 44, 90)
_MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_EARLIEST = 1980


@dataclass(frozen=True)
class ChecklistContent:
    """The content of a filled checklist.

    Attributes:
        facts: of the account.
        lines: questions with their answers.
        today: in the org's time zone.
        paid: the number of users that are paid for; None when it is unknown.
    """

    facts: AccountFacts
    lines: Sequence[ChecklistLine]
    today: date
    paid: int | None


class UnknownTemplate(LookupError):
    """Raised when the template lacks a sheet or a question of the procedure."""


def fill_template(content: ChecklistContent) -> bytes:
    """A copy of the template with every answer, and charts of the users and of the use of the modules.

    The same content makes the same bytes.

    Raises:
        UnknownTemplate: somebody changed the template.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - half a second that other steps need not wait for

    book = load_workbook(io.BytesIO(TEMPLATE.read_bytes()))
    if missing := [name for name in (*_COLUMNS, USAGE) if name not in book.sheetnames]:
        raise UnknownTemplate(f"{TEMPLATE.name} has no sheet {missing[0]}.")
    facts = content.facts
    csm = facts.csm.name if facts.csm else "nobody"
    for sheet in book.worksheets:
        for number, text in enumerate((facts.name, csm, content.today.isoformat()), 1):
            _write(sheet, number, 2, text)
    _answer(book[CHECKLIST], [line for line in content.lines if line.section in (Section.SALESFORCE, Section.LMS)])
    _list(book[PENDING], [line for line in content.lines if line.section is Section.PENDING])
    _list(book[OPPORTUNITIES], [line for line in content.lines if line.section is Section.OPPORTUNITIES])
    _usage(book[USAGE], content)
    return _to_bytes(book, content.today)


def _answer(sheet: "Worksheet", lines: Iterable[ChecklistLine]) -> None:
    rows = {str(row[0].value): row[0].row for row in sheet.iter_rows(min_row=FIRST_ROW, max_col=1) if row[0].value}
    for line in lines:
        if line.question not in rows:
            raise UnknownTemplate(f"{TEMPLATE.name} lacks the question {line.question!r}.")
        _write(sheet, rows[line.question], 2, line.answer)
        _write(sheet, rows[line.question], 3, line.note)


def _list(sheet: "Worksheet", lines: Iterable[ChecklistLine]) -> None:
    for number, line in enumerate(lines, FIRST_ROW):
        for place, text in enumerate((line.question, line.answer, line.note), 1):
            _write(sheet, number, place, text)


def _write(sheet: "Worksheet", row: int, column: int, text: str) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415 - as above
    from openpyxl.styles import Alignment  # noqa: PLC0415

    cell = sheet.cell(row, column, ILLEGAL_CHARACTERS_RE.sub("", text))
    if text:
        # A text that looks like a formula stays a text.
        cell.data_type = "s"
    cell.alignment = Alignment(vertical="top", wrap_text=True)


def _usage(sheet: "Worksheet", content: ChecklistContent) -> None:
    """The tables of users and modules, each with a chart when it has rows."""
    usage = content.facts.usage
    if usage is None:
        return
    users = [("Active", usage.active), ("Inactive", usage.inactive), ("Terminated", usage.terminated)]
    if content.paid is not None:
        users.append(("Paid for", content.paid))
    _table(sheet, 1, users)
    _table(sheet, _MODULE_COLUMN, [(use.module, use.monthly_active_users) for use in usage.modules])
    _chart(sheet, "Users in the system and paid for", 1, len(users), "G2")
    if usage.modules:
        _chart(sheet, "Use of the modules", _MODULE_COLUMN, len(usage.modules), "G20")


def _table(sheet: "Worksheet", column: int, rows: Iterable[tuple[str, int]]) -> None:
    for number, (name, value) in enumerate(rows, FIRST_ROW):
        _write(sheet, number, column, name)
        sheet.cell(number, column + 1, value)


def _chart(sheet: "Worksheet", title: str, column: int, rows: int, place: str) -> None:
    from openpyxl.chart import BarChart, Reference  # noqa: PLC0415 - as above

    def cells(of: int) -> Any:
        return Reference(sheet, min_col=of, min_row=FIRST_ROW, max_row=FIRST_ROW + rows - 1)

    chart = BarChart()
    chart.type, chart.title, chart.legend = "bar", title, None
    chart.height, chart.width = 8, 16
    chart.add_data(cells(column + 1), titles_from_data=False)
    chart.set_categories(cells(column))
    # Excel hides an axis unless the chart says that it is shown.
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.scaling.min = 0
    sheet.add_chart(chart, place)


def _to_bytes(book: "Workbook", day: date) -> bytes:
    """The file of a workbook, with the given day in place of the present time."""
    saved, out = io.BytesIO(), io.BytesIO()
    book.save(saved)
    moment = datetime.combine(day, time()).isoformat().encode() + b"Z"
    with ZipFile(saved) as source, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + moment, content)
            info = ZipInfo(name, (_EARLIEST, 1, 1, 0, 0, 0))
            info.compress_type = ZIP_DEFLATED
            target.writestr(info, content)
    return out.getvalue()
