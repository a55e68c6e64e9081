"""What a write step keeps, and under which key a later try finds it (D-1, ADR-1)."""

from dataclasses import dataclass
from typing import Any, Final, NotRequired, TypedDict

from prefect.cache_policies import CachePolicy
from prefect.context import FlowRunContext, TaskRunContext
from prefect.utilities.hashing import hash_objects

from tasks.core.decisions import StepAction, decision_about
from tasks.core.effects import Effect

NOT_SKIPPABLE: Final = object()
"""Instead of the value of a skipped step: later steps need what this one does or returns."""


class Kept(TypedDict):
    """The result of a write step as Prefect keeps it; `skipped` is the decision of the person who skipped it."""

    value: Any
    effects: list[Effect]
    skipped: NotRequired[str]


@dataclass
class EffectKey(CachePolicy):
    """The key of a write step's kept result: the step's name, and the inputs that tell one effect from another.

    Attributes:
        keyed_by: the names of those inputs; empty for all of them.
        per_try: each try of the flow run is told apart as well.

    A person's decision to redo the step gives it a new key, so that it does not find the result that it has.
    """

    keyed_by: tuple[str, ...] = ()
    per_try: bool = False

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],  # noqa: ARG002 - the signature is Prefect's
        **_: Any,
    ) -> str | None:
        """The function's name survives edits of its body."""
        identity = {name: value for name, value in inputs.items() if not self.keyed_by or name in self.keyed_by}
        name = task_ctx.task.fn.__qualname__
        decision = decision_about(task_ctx.task_run.name)
        redone = (decision.at,) if decision and decision.action is StepAction.REDO else ()
        return hash_objects(name, identity, _this_try() if self.per_try else "", *redone, raise_on_failure=True)


def _this_try() -> str:
    """Tells the tries of the present flow run apart: each begins in a state of its own."""
    context = FlowRunContext.get()
    return str(context.flow_run.state_id) if context and context.flow_run else ""
