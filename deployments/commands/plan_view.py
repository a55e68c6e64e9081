"""The end-of-contract preview in a terminal: a line and a bar for each day on which services end."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tasks.templates import read_back

BAR = 14
"""Characters of the longest bar."""
_ENDS, _OPEN = "\u2588", "\u2591"

Row = dict[str, Any]
"""A row of the preview's table artifact."""


def show_ends(rows: Sequence[Row], out: Console) -> None:
    """Print the days on which services end, with a bar each, and the totals.

    Args:
        rows: the rows of the table artifact `end-of-contract-days`.
        out: the console to print to.
    """
    most = max((row["Ends"] + row["Not settled"] for row in rows), default=1)
    table = Table("Last day", title=f"Services by their last day ({_ENDS} ends, {_OPEN} not settled)")
    for name in ("Ends", "MRR", "Not\nsettled"):
        table.add_column(name, justify="right")
    table.add_column("", min_width=BAR, no_wrap=True)
    table.add_column("Who")
    for row in rows:
        table.add_row(
            *(row["Last day"], str(row["Ends"]), row["MRR"], str(row["Not settled"])),
            Text(_bar(row["Ends"], row["Not settled"], most)),
            Text(_who(row)),
        )
    table.add_section()
    table.add_row(*_totals(rows))
    out.print(table)


def _totals(rows: Sequence[Row]) -> tuple[str, str, str, str]:
    mrr = sum((Decimal(row["MRR"].replace(",", "")) for row in rows), Decimal(0))
    return "Total", str(sum(row["Ends"] for row in rows)), f"{mrr:,.2f}", str(sum(row["Not settled"] for row in rows))


def _bar(ends: int, unsettled: int, most: int) -> str:
    """A bar in proportion to the longest one; every number above 0 has at least one character."""
    return _ENDS * _length(ends, most) + _OPEN * _length(unsettled, most)


def _length(number: int, most: int) -> int:
    return max(1, BAR * number // most) if number else 0


def _who(row: Row) -> str:
    """The clients of a day: first those that end, then those that are not settled."""
    ends, unsettled = read_back(row["Who ends"]), read_back(row["Who is not settled"])
    if not row["Not settled"]:
        return ends
    return f"{ends}; not settled: {unsettled}" if row["Ends"] else f"not settled: {unsettled}"
