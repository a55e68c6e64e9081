"""The steps of another run, and the retry of it after a person's decision about one of them."""

import importlib
from dataclasses import dataclass
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, TaskRun
from prefect.exceptions import ObjectNotFound

from rules.common.step_choice import StepOfRun
from tasks.core.decisions import StepDecision, decisions_in
from tasks.core.errors import BadInput
from tasks.core.steps import read_task
from tasks.runs.claims import UNDER_WAY, created, page, server, try_again
from tasks.runs.written import step_of, task_runs_of

_FLOWS = "flows."
"""Where the procedures of this project are."""


@dataclass(frozen=True)
class RunToRepair:
    """A run that has ended, and whose step is redone or skipped.

    Attributes:
        id: of the flow run.
        name: for people.
        url: its page.
        steps: in every try.
        decided: an earlier try of the present run has stored its decision and retried the run; None if not.
    """

    id: str
    name: str
    url: str
    steps: tuple[StepOfRun, ...]
    decided: StepDecision | None


@read_task("Read the steps of the run")
async def read_run(run_id: str, at: str) -> RunToRepair:
    """The run whose step a person decides about.

    Args:
        run_id: of the run.
        at: of the present run's decision.

    Raises:
        BadInput: there is no such run, it is under way, or it is not one whose steps can be redone or skipped.
    """
    run = await _existing(run_id)
    await _import_procedure(run)
    if run.parameters.get("preview"):
        raise BadInput(f"{run.name} is a preview, which writes nothing.")
    stored = next((one for one in decisions_in(run.labels) if one.at == at), None)
    decided = stored if run.state and run.state.timestamp > created() else None
    if decided is None and run.state_type in UNDER_WAY:
        raise BadInput(f"{run.name} is {run.state_name}, so no step of it can be decided about. {_what_now(run)}")
    rows = await task_runs_of(run.id)
    return RunToRepair(str(run.id), run.name, page(run.id), tuple(map(_step, rows)), decided)


@read_task("Retry {label}")
async def retry_with(decision: StepDecision, run_id: str) -> None:
    """Store a decision with a run, and retry the run.

    Args:
        decision: about one of its steps.
        run_id: of the run.
    """
    run = UUID(run_id)
    await server().update_flow_run_labels(run, decision.as_label())
    await try_again(run, f'"{decision.title}" is {decision}')


async def _existing(run_id: str) -> FlowRun:
    try:
        return await server().read_flow_run(UUID(run_id))
    except ObjectNotFound:
        raise BadInput(f"Prefect has no run {run_id}.") from None


async def _import_procedure(run: FlowRun) -> None:
    """Make the steps of a run's procedure known.

    Raises:
        BadInput: the run is none of this project's, or nothing could retry it.
    """
    deployment = await server().read_deployment(run.deployment_id) if run.deployment_id else None
    entrypoint = deployment.entrypoint or "" if deployment else ""
    if not entrypoint.startswith(_FLOWS):
        raise BadInput(f"{run.name} is no run of a deployment of this project.")
    importlib.import_module(entrypoint.rpartition(".")[0])


def _what_now(run: FlowRun) -> str:
    if run.state and run.state.is_paused():
        return "Answer its question first, or cancel the run."
    return "Wait until it has ended."


def _step(row: TaskRun) -> StepOfRun:
    step = step_of(row)
    return StepOfRun(
        title=row.name,
        attempt=row.flow_run_run_count,
        is_completed=bool(row.state and row.state.is_completed()),
        writes=bool(step and step.writes),
        is_skippable=bool(step and step.is_skippable),
    )
