"""The log of a run: one line for each step, which says what happened.

Prefect logs `Finished in state Completed()` for each step, errors without the name of their step, and a run that waits
for people as an error. A filter drops the first, adds the step's title to the second, and turns the third into a
sentence.
"""

import ast
import logging
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from prefect.client.schemas.objects import TaskRun
from prefect.context import TaskRunContext
from prefect.logging.loggers import task_run_logger

from tasks.core.effects import Effect

LISTED = 3
"""Changes that one line names; it counts the others."""
LONGEST_VALUE = 60
_FINISHED, _ENGINE = "Finished in state ", "task_engine"
_WAITS = re.compile(r"Finished in state ([^(]+)\((?:(.*), )?type=(?:PAUSED|SCHEDULED)\)", re.DOTALL)


class StepCall:
    """One call of a step.

    Attributes:
        title: of its task run, as the dashboard shows it; "" before it has begun.
    """

    def __init__(self, label: str) -> None:
        self.title, self._label = "", label
        self._parameters: Mapping[str, Any] = {}
        self._context: TaskRunContext | None = None

    @staticmethod
    def present() -> "StepCall":
        """The call that the present code is part of."""
        call = _call.get()
        return call or StepCall("")

    def begin(self, title: str, parameters: dict[str, Any]) -> str:
        """The title of the call, whose task run has begun."""
        self._parameters, self._context = parameters, TaskRunContext.get()
        self.title = title.format(**parameters, label=self._label)
        return self.title

    def log(
        self, done: str, value: Any, *, effects: Sequence[Effect] | None = None, skipped: str | None = None
    ) -> None:
        """Log what happened, in one line.

        Args:
            done: the step's own words; "" for none.
            value: what the step returned.
            effects: of a write step.
            skipped: the decision of the person who skipped it.
        """
        if skipped:
            line = f"{self.title}: {skipped}"
        elif self._task_run and self._task_run.state_name == "Cached":
            line = f"{self.title}: done in an earlier try"
        elif not done or effects == []:
            line = f"{self.title}{_summary(effects or ())}"
        else:
            line = self._in_own_words(done, value, len(effects or ()))
        self.write(line)

    @property
    def _task_run(self) -> TaskRun | None:
        return self._context.task_run if self._context else None

    def _in_own_words(self, done: str, value: Any, count: int) -> str:
        try:
            shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
            number_of = {name: len(one) for name, one in (*self._parameters.items(), ("value", value)) if _is_list(one)}
            return done.format(**self._parameters, label=self._label, value=shown, count=count, number_of=number_of)
        except (AttributeError, LookupError, TypeError, ValueError):
            return self.title

    def write(self, line: str) -> None:
        """Log a line of the step."""
        if self._context:
            task_run_logger(self._context.task_run, self._context.task).info("%s", line)


_call: ContextVar[StepCall | None] = ContextVar("call", default=None)


@contextmanager
def calling(call: StepCall) -> Iterator[StepCall]:
    """A call of a step for the block."""
    outer = _call.set(call)
    try:
        yield call
    finally:
        _call.reset(outer)


def _summary(effects: Sequence[Effect]) -> str:
    """What was changed, for the end of a line; "" for nothing."""
    named = [f"{one['field']} = {_short(one['after']) or 'empty'}" for one in effects[:LISTED]]
    more = [f"{len(effects) - LISTED} more"] if len(effects) > LISTED else []
    return f": {', '.join([*named, *more])}" if named else ""


def _short(value: str) -> str:
    return textwrap.shorten(value, LONGEST_VALUE, placeholder="…")


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _says_what_happened(record: logging.LogRecord) -> bool:
    """Whether to keep a record of a task run: our own line says more than Prefect's at the end of a step.

    Other records of Prefect's own get the step's title.
    """
    call, message = _call.get(), str(record.msg)
    if call is None or record.module != _ENGINE:
        return True
    if record.levelno == logging.INFO and message.startswith(_FINISHED):
        return False
    if call.title:
        title = call.title.replace("%", "%%") if record.args else call.title
        record.msg = f"{title}: {message.removeprefix(_FINISHED)}"
    return True


def _waiting_is_no_error(record: logging.LogRecord) -> bool:
    """Turn Prefect's error about a run that waits into a sentence; every record is kept."""
    if found := _WAITS.fullmatch(str(record.msg)):
        message = ast.literal_eval(found[2]) if found[2] else f"{found[1]}."
        record.msg, record.levelno, record.levelname = message, logging.INFO, "INFO"
    return True


logging.getLogger("prefect.task_runs").addFilter(_says_what_happened)
logging.getLogger("prefect.flow_runs").addFilter(_waiting_is_no_error)
