"""Repair of drift from a shell, and the decision to leave it (REC-2)."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from deployments.commands.plan import completed, last_word, run_to_end
from tasks.reconciliation.repairs import KEY

out = Console(highlight=False)


async def repair(sentence: str, accounts: Sequence[str], *, preview: bool) -> int:
    """Start the repair of a sentence's offenders and print its runs; returns 1 if it did not complete.

    Args:
        sentence: its key.
        accounts: account ids; empty for all open offenders.
        preview: only previews are started.
    """
    parameters: dict[str, Any] = {"sentence": sentence, "preview": preview}
    return await _run_and_print(
        "reconciliation/repair", parameters | ({"account_ids": [*accounts]} if accounts else {})
    )


async def leave(sentence: str, accounts: Sequence[str], *, name: str, reason: str) -> int:
    """Leave a sentence's offenders of these accounts as they are; returns 1 if the run did not complete."""
    parameters = {"sentence": sentence, "account_ids": [*accounts], "name": name, "reason": reason, "preview": False}
    return await _run_and_print("reconciliation/leave", parameters)


async def _run_and_print(deployment: str, parameters: dict[str, Any]) -> int:
    run, artifacts = await run_to_end(deployment, parameters)
    for artifact in artifacts:
        if artifact.key == KEY:
            out.print(Markdown(str(artifact.data)))
    out.print(last_word(run), markup=False, soft_wrap=True)
    return 0 if completed(run) else 1
