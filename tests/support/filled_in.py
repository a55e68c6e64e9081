"""A team lead's workbook, as `lifecycle template transition` writes it and a person goes over it."""

import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from openpyxl import load_workbook

from tests.support.stack import StackProcess


def book_of(csm: str, takers: Sequence[str], stack: StackProcess, target: Path) -> dict[str, str]:
    """Have the command write a CSM's book, shared out in turns; who is to take each account."""
    command = [sys.executable, "-m", "deployments.cli", "template", "transition", str(target)]
    filled = ["--of", csm, "--to", ", ".join(takers), "--reason", "Leave"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    ports = {"PREFECT_PORT": stack.urls["prefect"].rpartition(":")[2], "LIFECYCLE_HOME": str(stack.home)}
    done = subprocess.run(
        [*command, *filled], cwd=stack.project, env=env | ports, check=True, capture_output=True, text=True
    )
    # A word of Prefect here would mean that it was loaded before it knew its server, and has started one of its own.
    assert done.stderr == ""
    sheet = load_workbook(target).worksheets[0]
    return {row[0]: row[1] for row in sheet.iter_rows(min_row=2, values_only=True) if row[0]}


def go_over(target: Path, wanted: Collection[str], added: Iterable[Sequence[str]]) -> None:
    """Leave these accounts alone in the workbook, and add rows below."""
    book = load_workbook(target)
    sheet = book.worksheets[0]
    for number in range(sheet.max_row, 1, -1):
        if sheet.cell(number, 1).value not in wanted:
            sheet.delete_rows(number)
    for number, cells in enumerate(added, len(wanted) + 2):
        for place, cell in enumerate(cells, 1):
            sheet.cell(number, place, cell)
    book.save(target)
