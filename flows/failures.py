"""Failed runs reach people: CS Operations are informed of every run that failed and was not retried (REC-3)."""

from typing import Any

from prefect import State
from prefect.states import Completed

from tasks.procedure import Preview, Run, procedure
from tasks.questions.failures import failures_text, find_failures, mark_reported, post_failures


@procedure("failures", run_name="Report failed runs")
async def report_failures(run: Run, preview: Preview = False) -> State[Any]:
    """Post one message to the CS Operations channel about the runs that failed or crashed since the last one (REC-3).

    Each failure is reported once. A run that is retried and fails again is reported again.
    """
    failures = await find_failures()
    if preview or not failures:
        return Completed(message=f"Failed runs to report: {len(failures)}.")
    key, count = f"failures:{failures[0].state_id}", len(failures)
    await post_failures(key, count=count, text=failures_text(failures), since=failures[0].since)
    await mark_reported(failures)
    return Completed(message=f"Failed runs reported to CS Operations: {count}.")
