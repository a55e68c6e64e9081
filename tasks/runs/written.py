"""Whether a run has written: which of its earlier tries took a step that changes something outside Prefect (ADR-17)."""

from uuid import UUID

from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import TaskRun
from prefect.client.schemas.sorting import TaskRunSort

from tasks.core.steps import STEPS, Step
from tasks.runs.claims import PAGE, present_run, server


def step_of(row: TaskRun) -> "Step[..., object] | None":
    """The step of a task run; None if its module is not imported."""
    return STEPS.get(row.task_key.rpartition("-")[0])


async def task_runs_of(run_id: UUID) -> list[TaskRun]:
    """Every task run of a flow run, of every try, in order."""
    of_run, rows = FlowRunFilter(id=FlowRunFilterId(any_=[run_id])), list[TaskRun]()
    while True:
        some = await server().read_task_runs(
            flow_run_filter=of_run, sort=TaskRunSort.EXPECTED_START_TIME_ASC, limit=PAGE, offset=len(rows)
        )
        rows += some
        if len(some) < PAGE:
            return rows


async def has_written() -> bool:
    """Whether the present run has begun a step that changes something outside Prefect."""
    rows = await task_runs_of(present_run().id)
    return any(step.outside for row in rows if (step := step_of(row)))
