"""Start the runs that repair drift, and show what they are (REC-2)."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from rules.common.text import counted
from rules.reconciliation.repair_plan import PlannedRepair
from tasks.core.artifacts import show_rows
from tasks.core.steps import read_task, write_task
from tasks.runs.claims import page, present_run
from tasks.runs.starting import NewRun, start_runs
from tasks.templates import link

KEY = "drift-repairs"
"""The key of the page of repairs."""
BY = "a repair of drift"


async def start_repairs(repairs: Sequence[PlannedRepair], *, preview: bool) -> dict[str, str]:
    """Start every run, each once however often the present run is retried; the ids of the runs by their keys."""
    started: dict[str, str] = {}
    ordered = sorted(repairs, key=lambda repair: (repair.repair.deployment, repair.key))
    for deployment, own in groupby(ordered, key=lambda repair: repair.repair.deployment):
        runs = {repair.key: {**repair.repair.parameters, "preview": preview} for repair in own}
        started |= await start_runs_of.labelled(counted(len(runs), "run"))(deployment, runs)
    return started


@write_task("Start {label} of {deployment}", outside=False)
async def start_runs_of(deployment: str, runs: dict[str, dict[str, object]]) -> dict[str, str]:
    """Start runs of one deployment, given their parameters by key; the ids of the runs by key."""
    me = present_run().id
    new = [NewRun(key, f"repair:{me}:{key}", parameters, ()) for key, parameters in runs.items()]
    return await start_runs(deployment, new, BY)


@read_task("Show the repairs")
async def show_repairs(
    repairs: Sequence[PlannedRepair], started: dict[str, str], for_people: int, *, preview: bool
) -> None:
    """Show the repairs, each with a link to its run.

    Args:
        repairs: every one.
        started: run ids by the repairs' keys.
        for_people: offenders that no run can repair.
        preview: the runs are previews.
    """
    rows = [
        {
            "Client": repair.account,
            "Wrong": "; ".join(f"{line.drift.offender.field} {line.drift.offender.found}" for line in repair.lines),
            "Right": "; ".join(line.drift.offender.expected for line in repair.lines),
            "Run": link(repair.repair.deployment, page(UUID(started[repair.key]))) if repair.key in started else "",
        }
        for repair in repairs
    ]
    what = counted(len(started), "preview" if preview else "run")
    people = f" {counted(for_people, 'offender')} cannot be repaired by a run: see the report." if for_people else ""
    await show_rows(rows, key=KEY, summary=f"{what} started.{people}")
