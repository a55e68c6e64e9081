"""Which step of a run a person means, and whether it can be redone or skipped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.common.run_ids import run_ids_in
from rules.common.text import look_alikes, normalize

LISTED = 30
"""Steps that a refusal lists; it counts the others."""
_ALIKE = 3


class RefusedStep(ValueError):
    """Raised when a step cannot be redone or skipped; the message says why, and what to do instead."""


@dataclass(frozen=True)
class StepOfRun:
    """One step of a run, as the dashboard shows it.

    Attributes:
        title: for people; several steps of a run may have the same.
        attempt: the try of the run in which it ran, from 1.
        is_completed: whether it did what it is for, or found that done.
        writes: whether it changes something outside; a step that only reads runs in every try.
        is_skippable: whether later steps can do without it.
    """

    title: str
    attempt: int
    is_completed: bool
    writes: bool
    is_skippable: bool


class ChosenStep(NamedTuple):
    """The title of the steps that are meant, as the dashboard has it, and how many there are."""

    title: str
    number: int


def run_id_in(text: str) -> str:
    """The id of a flow run: the text itself, or the first id in the pasted address of its page; "" without one."""
    return next(iter(run_ids_in(text)), "")


def step_to_redo(steps: Sequence[StepOfRun], title: str) -> ChosenStep:
    """Return the step that a person wants to run again, though its result is kept.

    Args:
        steps: of the run, in every try.
        title: as the person entered it; case and white space do not count.

    Raises:
        RefusedStep: there is no such step, or it runs in every try anyway.
    """
    found = _steps_titled(steps, title)
    if not any(step.writes for step in found):
        raise RefusedStep(f'"{found[0].title}" changes nothing outside, and runs again in every try. Press Retry.')
    return ChosenStep(found[0].title, len(found))


def step_to_skip(steps: Sequence[StepOfRun], title: str) -> ChosenStep:
    """Return the failed step that a person wants to count as done.

    Args:
        steps: of the run, in every try.
        title: as the person entered it; case and white space do not count.

    Raises:
        RefusedStep: there is no such step, it did not fail, or later steps need it.
    """
    found = _steps_titled(steps, title)
    name, failed = found[0].title, [step for step in found if not step.is_completed]
    if not failed:
        raise RefusedStep(f'"{name}" did not fail: there is nothing to skip.')
    if not all(step.writes for step in failed):
        raise RefusedStep(
            f'"{name}" cannot be skipped: later steps need what it reads. Correct the cause, and press Retry.'
        )
    if not all(step.is_skippable for step in failed):
        raise RefusedStep(
            f'"{name}" cannot be skipped: later steps need what it does. Correct the cause and press Retry, or do '
            "it by hand and press Retry: the run finds it done."
        )
    return ChosenStep(name, len(failed))


def _steps_titled(steps: Sequence[StepOfRun], title: str) -> list[StepOfRun]:
    """The steps with a title, of the latest try that has one.

    Raises:
        RefusedStep: there is none.
    """
    found = [step for step in steps if normalize(step.title) == normalize(title)]
    if not found:
        raise RefusedStep(_unknown(title, steps))
    latest = max(step.attempt for step in found)
    return [step for step in found if step.attempt == latest]


def _unknown(title: str, steps: Iterable[StepOfRun]) -> str:
    """The message about a title that no step of the run has."""
    titles = list(dict.fromkeys(step.title for step in steps if step.writes))
    if not titles:
        return "The run has no step that changes anything outside, as far as Prefect has recorded it."
    alike = look_alikes(title, titles, _ALIKE)
    meant = f" Similar: {_quoted(alike)}." if alike else ""
    more = f", and {len(titles) - LISTED} more" if len(titles) > LISTED else ""
    return f"The run has no step {_quoted([title])}.{meant} Its steps that write: {_quoted(titles[:LISTED])}{more}."


def _quoted(titles: Iterable[str]) -> str:
    return ", ".join(f'"{title}"' for title in titles)
