"""The moves of a team lead's workbook in a terminal, and the annotated copy (TRN-2)."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rules.transition.match import MatchedRow
from rules.transition.rows import HEADER_ROW, RowFault, row_label
from tasks.transition.copies import CHECKED, copy_name, not_ready

NOT_CHECKED = "not checked yet"
"""The state of a matched row: what its customer's state allows is read from all systems, by a preview alone."""
_ANALYZE = "Whether its customer's state allows that is checked with --analysed, and in Slack."


def show_moves(
    moves: Sequence[MatchedRow], faults: Sequence[RowFault], out: Console, not_read: Sequence[str] = ()
) -> None:
    """Print every move, every row with a fault, and what was left out.

    Args:
        moves: the moves of the valid rows.
        faults: the faults of the other rows.
        out: the console to print to.
        not_read: what was left out of the workbook, or assumed.
    """
    if moves:
        table = Table(
            "Row", "Account", "From", "To", "Team lead", "On", "Customer informed by", title="Accounts that would move"
        )
        for move in moves:
            former = move.account.csm.name if move.account.csm else "nobody"
            cells = (row_label(move.row.number), move.account.name, former, move.to_csm.name, move.team_lead.name)
            table.add_row(*map(Text, (*cells, str(move.row.effective), move.row.transfer)))
        out.print(table)
    for fault in faults:
        out.print(str(fault), style="red", markup=False, soft_wrap=True)
    for remark in not_read:
        out.print(remark, style="yellow", markup=False, soft_wrap=True)
    rows = {fault.row for fault in faults} - {HEADER_ROW}
    out.print(f"Rows matched: {len(moves)}, not ready: {len(rows)}. Nothing was written to Salesforce.", soft_wrap=True)
    if moves:
        out.print(f"{len(moves)} rows are {NOT_CHECKED}: {_ANALYZE}", soft_wrap=True)


def states(moves: Sequence[MatchedRow], faults: Sequence[RowFault]) -> dict[int, tuple[str, str]]:
    """State and reason of each row, for the annotated copy."""
    matched = {
        move.row.number: (NOT_CHECKED, f"{move.account.name} goes to {move.to_csm.name}. {_ANALYZE}") for move in moves
    }
    return matched | not_ready(faults)


def checked_copy(workbook: Path) -> Path:
    """The path of the annotated copy, beside the workbook."""
    return workbook.with_name(copy_name(workbook.name, CHECKED))
