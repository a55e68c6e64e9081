"""One step of a run is run again, or counted as done, because a person decides so (CARD-5)."""

from typing import Annotated, Any

from prefect import State
from prefect.states import Completed
from pydantic import Field

from rules.common.going_live import Reach
from rules.common.step_choice import ChosenStep, RefusedStep, run_id_in, step_to_redo, step_to_skip
from tasks.core.decisions import StepAction, StepDecision
from tasks.core.errors import BadInput
from tasks.procedure import Preview, Run, procedure
from tasks.runs.claims import created
from tasks.runs.run_steps import RunToRepair, read_run, retry_with

TheRun = Annotated[
    str,
    Field(
        title="Run",
        description="The address of the run's page in the dashboard, or its id: 0685d5c2-4a3e-7c11-8000-9d1f1b1c2a3b.",
        min_length=1,
        max_length=500,
    ),
]
TheStep = Annotated[
    str,
    Field(
        title="Step",
        description="The step's title, as the run's page shows it: Set the modules of LMS company 48258.",
        min_length=1,
        max_length=500,
    ),
]
Name = Annotated[str, Field(title="Your name", description="For the audit.", min_length=1, max_length=200)]
Reason = Annotated[
    str, Field(title="Reason", description="For whoever reads the account's page.", min_length=1, max_length=500)
]


@procedure("steps", run_name="Redo a step", reach=Reach.RUNS)
async def redo_step(
    run: Run, run_id: TheRun, step: TheStep, *, name: Name, reason: Reason, preview: Preview = False
) -> State[Any]:
    """Run one step of a run again, though it was done; the run is retried, and all other steps keep their results.

    The step still looks before it acts: what is in the other system as it should be is not written again.
    """
    return await decide(run, run_id, step, StepAction.REDO, name=name, reason=reason)


@procedure("steps", run_name="Skip a step", reach=Reach.RUNS)
async def skip_step(
    run: Run, run_id: TheRun, step: TheStep, *, name: Name, reason: Reason, preview: Preview = False
) -> State[Any]:
    """Count one failed step of a run as done; the run is retried, and goes on after it.

    What the step was to change stays as it is: the run's end and its report say so, with name and reason.
    """
    return await decide(run, run_id, step, StepAction.SKIP, name=name, reason=reason)


async def decide(run: Run, run_id: str, step: str, action: StepAction, *, name: str, reason: str) -> State[Any]:
    """Store what a person decided about a step, and retry its run; a preview says what would happen.

    Raises:
        BadInput: the run or the step is not one that this can be decided about.
    """
    verb, at = "Redo" if action is StepAction.REDO else "Skip", f"{created():%Y-%m-%dT%H:%M:%S.%f%z}"
    if not (of_run := run_id_in(run_id)):
        raise BadInput("This names no run: enter the address of its page in the dashboard, or the id in it.")
    target = await run.begin(f"run:{of_run}", read_run(of_run, at))
    await run.open(f"{verb} “{step}” of {target.name}")
    if target.decided:
        return Completed(message=outcome(target, target.decided))
    chosen = choose(target, step, action)
    each = f" This holds for each of the {chosen.number} steps with this title." if chosen.number > 1 else ""
    if run.preview:
        then = f"{target.name} would be retried ({target.url}), and “{chosen.title}” would be {action}."
        return Completed(name="Previewed", message=f"{then}{each} Nothing was written.")
    decision = StepDecision(action, chosen.title, name.strip(), reason.strip(), at)
    await retry_with.labelled(target.name)(decision, target.id)
    return Completed(message=outcome(target, decision) + each)


def outcome(target: RunToRepair, decision: StepDecision) -> str:
    """What was decided about a step, and where the run goes on."""
    return f"{target.name}: “{decision.title}” is {decision}. The run is retried: {target.url}"


def choose(target: RunToRepair, step: str, action: StepAction) -> ChosenStep:
    """The step that a person means.

    Raises:
        BadInput: there is none, or it cannot be redone or skipped.
    """
    find = step_to_redo if action is StepAction.REDO else step_to_skip
    try:
        return find(target.steps, step)
    except RefusedStep as refused:
        raise BadInput(f"{target.name}: {refused}") from None
