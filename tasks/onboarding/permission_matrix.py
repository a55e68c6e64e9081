"""Read the permission matrix, a workbook of CS Operations, as text (D-9)."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from blocks.policy.block import Policy
from rules.common.problems import HumanInputRequired, Problem, Responsible
from rules.common.spreadsheet import Cell, Spreadsheet, UnreadableWorkbook, column_letters
from rules.onboarding.permissions import Matrix, MatrixFault, parse_matrix
from tasks.core.connections import connection
from tasks.core.errors import BadInput
from tasks.core.steps import read_task
from tasks.workbooks.reader import LARGEST_FILE, read_xlsx
from tasks.workbooks.sources import PROJECT, read_regular

HEADER_ROW = 1


class ReadMatrix(NamedTuple):
    """The permission matrix, and its problems for CS Operations; with problems the matrix is incomplete."""

    matrix: Matrix
    problems: tuple[Problem, ...]


@read_task("Read the permission matrix")
async def read_matrix() -> ReadMatrix:
    """The modules by product and service level, from the workbook that the policy names (ONB-13)."""
    policy = await connection(Policy)
    path = PROJECT / policy.permissions_workbook
    try:
        rows = await asyncio.to_thread(_rows, path)
    except HumanInputRequired as unreadable:
        return ReadMatrix({}, unreadable.problems)
    matrix, faults = parse_matrix(rows)
    return ReadMatrix(matrix, tuple(_fault(path, fault) for fault in faults))


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of the first visible sheet by header, every cell as text."""
    try:
        book = read_xlsx(read_regular(path, LARGEST_FILE + 1)[:LARGEST_FILE])
    except BadInput:
        found, expected = ("missing", "Put it there, or change its path in the policy block.")
        if path.exists():
            found, expected = ("not a regular file", "Put the workbook there.")
        raise HumanInputRequired([_problem(path, "the file", found, expected)]) from None
    except UnreadableWorkbook as unreadable:
        found = "not a readable .xlsx workbook, or far too large for a permission matrix"
        raise HumanInputRequired([_problem(path, "the file", found, str(unreadable))]) from None
    return _records(book)


def _records(book: Spreadsheet) -> list[dict[str, str]]:
    """The rows below the header, also blank ones; a column without a header is called by its letter."""
    # pandas takes half a second to import: only a run that reads the matrix waits for it.
    import pandas as pd  # noqa: PLC0415 - see above

    rows = {row.number: row.cells for table in book.tables[:1] for row in table.rows}
    header = rows.pop(HEADER_ROW, {})
    columns = range(max((place for cells in (header, *rows.values()) for place in cells), default=-1) + 1)
    names = [_text(header, place) for place in columns]
    names = [name if name and name not in names[:place] else column_letters(place) for place, name in enumerate(names)]
    numbers = range(HEADER_ROW + 1, max(rows, default=HEADER_ROW) + 1)
    cells = [[_text(rows.get(number, {}), place) for place in columns] for number in numbers]
    frame = pd.DataFrame(cells, columns=names, dtype=str)
    return [{str(name): str(cell) for name, cell in row.items()} for row in frame.to_dict("records")]


def _text(cells: Mapping[int, Cell], place: int) -> str:
    return cells[place].text if place in cells else ""


def _fault(path: Path, fault: MatrixFault) -> Problem:
    return _problem(path, f"row {fault.row}, column {fault.column}", "not a valid entry of the matrix", fault.message)


def _problem(path: Path, field: str, found: str, expected: str) -> Problem:
    return Problem(Responsible.CS_OPS, "Permission matrix", path.name, field, found, expected, "ONB-13")
