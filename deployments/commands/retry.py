"""Retry of failed runs from a shell (REC-3)."""

from collections.abc import Sequence
from typing import Any

from deployments.commands.plan import run_and_print
from tasks.questions.failure_retries import KEY

DEPLOYMENT = "failures/retry-failed"


async def retry(runs: Sequence[str], failure_class: str, *, vendor: str, since: str, preview: bool) -> int:
    """Retry failed runs and print what came of each; returns 1 if the retry did not complete.

    Args:
        runs: ids or links.
        failure_class: its slug; "" when runs are named.
        vendor: the vendor that the failures blame; "" for any.
        since: failures before that moment are left; "" for any age.
        preview: the runs are listed only.
    """
    entered = {"failure_class": failure_class, "vendor": vendor, "since": since, "runs": " ".join(runs)}
    parameters: dict[str, Any] = {name: value for name, value in entered.items() if value}
    return await run_and_print(DEPLOYMENT, parameters | {"preview": preview}, KEY)
