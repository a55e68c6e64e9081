"""Retry of failed runs from a shell (REC-3)."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from deployments.commands.plan import completed, last_word, run_to_end
from tasks.questions.failure_retries import KEY

out = Console(highlight=False)
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
    run, artifacts = await run_to_end(DEPLOYMENT, parameters | ({"preview": True} if preview else {}))
    for artifact in artifacts:
        if artifact.key == KEY:
            out.print(Markdown(str(artifact.data)))
    out.print(last_word(run), markup=False, soft_wrap=True)
    return 0 if completed(run) else 1
