"""What runs in shadow mode would have changed: a table of each run, on its page, which the report reads (ADR-17)."""

from collections.abc import Sequence
from typing import Final

from rules.common.records import Change
from rules.common.text import counted
from tasks.core.artifacts import show_table

KEY: Final = "shadow-plan"
"""The key of the tables, one for each run."""
MOST_ROWS: Final = 200
"""Changes that are kept of one run."""
LONGEST: Final = 500
"""Characters that are kept of one value."""


async def keep_plan(changes: Sequence[Change], account_id: str, account: str) -> None:
    """Keep the planned changes of the present run with it, as its preview shows them.

    Args:
        changes: of the plan.
        account_id: 18 characters; "" if the record has no account.
        account: its name.
    """
    rows = [_row(change, account_id, account) for change in changes[:MOST_ROWS]]
    summary = f"Shadow mode: {counted(len(changes), 'change')} would be made. Nothing was written."
    await show_table(rows, key=KEY, description=summary)


def _row(change: Change, account_id: str, account: str) -> dict[str, str]:
    return {
        "Account": account,
        "Account id": account_id,
        "System": change.system,
        "Record": change.record,
        "Field": change.field,
        "Now": change.before[:LONGEST],
        "Would be": change.after[:LONGEST],
        "Written": str(change.written)[:LONGEST],
        "Rule": change.rule,
    }
