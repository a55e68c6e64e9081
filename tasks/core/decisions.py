"""Decisions of people about one step of a run: run it again, or count it as done.

A decision is a label of the flow run. A process gets the labels with its run, so reading them costs no call.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from prefect.context import FlowRunContext

from rules.common.accepted import SkippedStep, fields_of
from rules.common.records import Change
from tasks.core.effects import Effect

_PREFIX = "step-decision:"


class StepAction(StrEnum):
    """What happens to a step in the next try of its run."""

    REDO = "redone"
    SKIP = "skipped"


@dataclass(frozen=True)
class StepDecision:
    """A person's decision about the steps of a run that have a title.

    Attributes:
        action: what happens to them.
        title: of the steps, as the dashboard shows it.
        by: the name that the person entered.
        at: when (UTC, ISO 8601); tells two decisions to redo a step apart.
    """

    action: StepAction
    title: str
    by: str
    reason: str
    at: str

    def __str__(self) -> str:
        return f"{self.action} by {self.by}: {self.reason}"

    @property
    def effect(self) -> Effect:
        """The line of the audit."""
        return Effect(
            at=self.at, system="Prefect", record="Step", field=self.title, before="", after=str(self), rule="", note=""
        )

    def as_label(self) -> dict[str, bool | int | float | str]:
        """The label of the flow run; a later decision about the same title replaces it."""
        return {_key(self.title): json.dumps(asdict(self))}


def decision_about(title: str) -> StepDecision | None:
    """The decision about a step of the present run, by its title; None without one."""
    context = FlowRunContext.get()
    labels: Mapping[str, Any] = context.flow_run.labels if context and context.flow_run else {}
    stored = labels.get(_key(title))
    return _decision(stored) if stored else None


def decisions_in(labels: Mapping[str, Any]) -> list[StepDecision]:
    """The decisions among the labels of a flow run."""
    return [_decision(stored) for key, stored in labels.items() if key.startswith(_PREFIX)]


def _decision(stored: str) -> StepDecision:
    values = json.loads(stored)
    return StepDecision(**values | {"action": StepAction(values["action"])})


def _key(title: str) -> str:
    return _PREFIX + hashlib.sha256(title.encode()).hexdigest()[:16]


_skipped: ContextVar[list[SkippedStep] | None] = ContextVar("skipped", default=None)


@contextmanager
def collecting_skipped(steps: list[SkippedStep]) -> Iterator[None]:
    """Add every step that is skipped inside the block to these."""
    outer = _skipped.set(steps)
    try:
        yield
    finally:
        _skipped.reset(outer)


def note_skipped(title: str, decision: str, arguments: Iterable[object]) -> None:
    """Remember for the present run that a step was skipped, and which changes it was to make.

    Args:
        title: of the step.
        decision: `skipped by <name>: <reason>`.
        arguments: of the step; the changes among them were not made.
    """
    steps = _skipped.get()
    if steps is not None:
        steps.append(SkippedStep(title, decision, fields_of(_changes(arguments))))


def _changes(arguments: Iterable[object]) -> Iterator[Change]:
    for argument in arguments:
        if isinstance(argument, list | tuple):
            yield from (one for one in argument if isinstance(one, Change))
