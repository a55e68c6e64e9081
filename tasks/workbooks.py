"""The steps that read CS Operations' workbooks, as text (design decision 9)."""

import asyncio
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from blocks.policy import Policy
from rules.permissions import Matrix, MatrixFault, parse_matrix
from rules.problems import NeedsPeople, Problem, Who
from tasks.connections import connection
from tasks.steps import reading

PROJECT = Path(__file__).resolve().parent.parent
LARGEST_WORKBOOK = 5_000_000
"""Bytes a workbook may unpack to: the permission matrix is a page, not a bomb."""


class ReadMatrix(NamedTuple):
    """The permission matrix, and what CS Operations must put right in it: then the matrix is not whole."""

    matrix: Matrix
    problems: tuple[Problem, ...]


@reading("Read the permission matrix")
async def read_matrix() -> ReadMatrix:
    """The modules of each (product, service level), from the workbook that the policy names (ONB-13)."""
    policy = await connection(Policy)
    path = PROJECT / policy.permissions_workbook
    try:
        rows = await asyncio.to_thread(_rows, path)
    except NeedsPeople as unreadable:
        return ReadMatrix({}, unreadable.problems)
    matrix, faults = parse_matrix(rows)
    return ReadMatrix(matrix, tuple(_fault(path, fault) for fault in faults))


def _rows(path: Path) -> list[dict[str, str]]:
    """The first sheet's rows by header, every cell as text."""
    # Half a second and more that the first step of a run need not wait for.
    import pandas as pd  # noqa: PLC0415 - see above
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - see above

    try:
        with ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST_WORKBOOK:
                raise NeedsPeople(
                    [_problem(path, "the file", "far too large for a permission matrix", "Save it anew.")]
                )
        sheet = pd.read_excel(path, dtype=str, keep_default_na=False, engine="openpyxl")
    except FileNotFoundError:
        raise NeedsPeople(
            [_problem(path, "the file", "missing", "Put it there, or name its place in the policy block.")]
        ) from None
    except (BadZipFile, InvalidFileException, ValueError, KeyError, OSError) as error:
        raise NeedsPeople(
            [
                _problem(
                    path,
                    "the file",
                    f"not a readable .xlsx workbook ({error})",
                    "Save it again from Excel as .xlsx.",
                )
            ]
        ) from None
    return [{str(header): str(cell) for header, cell in row.items()} for row in sheet.to_dict("records")]


def _fault(path: Path, fault: MatrixFault) -> Problem:
    return _problem(path, f"row {fault.row}, column {fault.column}", "not as the matrix needs it", fault.message)


def _problem(path: Path, field: str, found: str, expected: str) -> Problem:
    return Problem(Who.CS_OPS, "Permission matrix", path.name, field, found, expected, "ONB-13")
