"""Repair of drift from a shell, and the decision to leave it (REC-2)."""

from collections.abc import Sequence
from typing import Any

from deployments.commands.plan import run_and_print
from tasks.reconciliation.repairs import KEY


async def repair(sentence: str, accounts: Sequence[str], *, preview: bool) -> int:
    """Start the repair of a sentence's offenders and print its runs; returns 1 if it did not complete.

    Args:
        sentence: its key.
        accounts: account ids; empty for all open offenders.
        preview: only previews are started.
    """
    parameters: dict[str, Any] = {"sentence": sentence, "preview": preview}
    named = {"account_ids": [*accounts]} if accounts else {}
    return await run_and_print("reconciliation/repair", parameters | named, KEY)


async def leave(sentence: str, accounts: Sequence[str], *, name: str, reason: str) -> int:
    """Leave a sentence's offenders of these accounts as they are; returns 1 if the run did not complete."""
    parameters = {"sentence": sentence, "account_ids": [*accounts], "name": name, "reason": reason, "preview": False}
    return await run_and_print("reconciliation/leave", parameters, KEY)
