"""Read and write steps: Prefect tasks, each seen and re-run in the dashboard (CARD-1, CARD-4, CARD-5).

A *read* step is never cached: operations repair a record, press Retry, and the repaired record is read.
A *write* step keeps its result and its effects as JSON under its name, its inputs and the flow run: a Retry does not
repeat it, whatever was edited in its code since. It still looks before it acts, because that result can be lost.
Both are retried only when the vendor was unavailable.
"""

import asyncio
import functools
import inspect
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from prefect import State, Task, task
from prefect.cache_policies import NO_CACHE, RUN_ID
from prefect.client.schemas.objects import TaskRun
from prefect.context import TaskRunContext
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import Completed
from prefect.tasks import TaskRunNameCallbackWithParameters
from prefect.utilities.annotations import opaque

from blocks.common.errors import VendorUnavailable
from tasks.core.decisions import StepAction, StepDecision, decision_about, note_skipped
from tasks.core.effects import collecting, record_effects
from tasks.core.errors import NotThereYet
from tasks.core.gate import pass_gate
from tasks.core.kept import NOT_SKIPPABLE, EffectKey, Kept
from tasks.core.step_log import StepCall, calling

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
Body = Callable[P, Coroutine[Any, Any, R]]

RETRY_DELAYS = tuple(float(s) for s in os.environ.get("LIFECYCLE_RETRY_DELAYS", "1,4,15,60").split(","))
"""Seconds before each repeat of a step whose vendor was unavailable; as many repeats as numbers."""

LONGEST_WAIT = 300.0
"""The longest Retry-After, in seconds, that a step waits for inside a run."""

SKIPPED = "Skipped"
"""The state of a step that a person skipped."""
STEPS: "dict[str, Step[..., Any]]" = {}
"""Every step of the modules that are imported, by its function's name."""


class Step(Generic[P, R]):
    """A step of a procedure: called like its function, it runs as a task of the present flow run.

    Attributes:
        fn: the function itself, for a step that is a part of another one.
        title: for people; may use the step's arguments, and `{label}`.
        writes: it keeps its result.
        outside: it changes something outside Prefect; no preview takes it.
        is_skippable: a person may count it as done.
    """

    def __init__(
        self,
        fn: Body[P, R],
        task_: Task[P, Coroutine[Any, Any, Any]],
        title: str,
        *,
        writes: bool,
        done: str,
        outside: bool = False,
        is_skippable: bool = False,
    ) -> None:
        functools.update_wrapper(self, fn)
        self.fn, self.title, self.writes, self.outside = fn, title, writes, outside
        self.is_skippable, self._done = is_skippable, done
        STEPS[fn.__qualname__] = self
        # Its arguments are marked as opaque: Prefect would look in every record for results of other tasks.
        self._task: Callable[..., Coroutine[Any, Any, Any]] = task_

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the step."""
        return await self._run("", *args, **kwargs)

    def labelled(self, label: str) -> Body[P, R]:
        """The same step, with a label for people: it stands in the step's title in place of `{label}`."""
        return functools.partial(self._run, label)

    async def _run(self, label: str, *args: P.args, **kwargs: P.kwargs) -> R:
        if self.writes:
            await pass_gate(self._title_of(label, *args, **kwargs), outside=self.outside)
        with calling(StepCall(label)) as call:
            outcome = await self._task(*map(opaque, args), **{name: opaque(value) for name, value in kwargs.items()})
        if isinstance(outcome, State):  # of `_complete_if_not_there` or `_with_effects`
            outcome = await outcome.aresult()
        if isinstance(outcome, NotThereYet):
            call.write(str(outcome))
            raise outcome
        if not self.writes:
            call.log(self._done, outcome)
            result: R = outcome
            return result
        kept: Kept = outcome
        record_effects(kept["effects"])
        if skipped := kept.get("skipped"):
            note_skipped(call.title, skipped, (*args, *kwargs.values()))
        call.log(self._done, kept["value"], effects=kept["effects"], skipped=skipped)
        value: R = kept["value"]
        return value

    def _title_of(self, label: str, *args: P.args, **kwargs: P.kwargs) -> str:
        given = inspect.signature(self.fn).bind(*args, **kwargs)
        given.apply_defaults()
        return self.title.format(**given.arguments, label=label)


def read_task(title: str, *, done: str = "") -> Callable[[Body[P, R]], Step[P, R]]:
    """Make a step that only reads.

    Args:
        title: may use the step's arguments, and `{label}`: `"Read sale {label}"`.
        done: the run's log says this of the step; may also use `{value}`, what it returned, and `{number_of[value]}`.
            "" stands for the title.
    """

    def decorate(fn: Body[P, R]) -> Step[P, R]:
        read = _task(_complete_if_not_there(fn), title, cache_policy=NO_CACHE, persist_result=False)
        return Step(fn, read, title, writes=False, done=done)

    return decorate


def write_task(
    title: str,
    *,
    keyed_by: tuple[str, ...] = (),
    per_try: bool = False,
    done: str = "",
    skip_value: object = NOT_SKIPPABLE,
    outside: bool = True,
) -> Callable[[Body[P, R]], Step[P, R]]:
    """Make a step that changes something outside. Its effects are recorded, also those of a kept result.

    Args:
        title: what it does to whom; may use the step's arguments, and `{label}`.
        keyed_by: the arguments that tell one effect from another; all of them when none is named.
        per_try: a Retry does it again, where a difference may have come back that looks like the one before.
        done: the run's log says this of the step once it has changed something. It may also use `{value}`, what it
            returned, `{number_of[…]}` of an argument that is a list, and `{count}` of changes. "" stands for the
            title and the changes.
        skip_value: what the step returns if a person skips it; by default, nobody can.
        outside: it changes something outside Prefect, so that no preview may take it. Otherwise it only reads, or
            starts runs, each of which decides for itself.
    """

    def decorate(fn: Body[P, R]) -> Step[P, R]:
        policy = EffectKey(keyed_by=keyed_by, per_try=per_try) + RUN_ID
        body = _with_effects(fn, skip_value, outside=outside)
        kept = _task(body, title, cache_policy=policy, persist_result=True, result_serializer="json")
        can_skip = skip_value is not NOT_SKIPPABLE
        return Step(fn, kept, title, writes=True, done=done, outside=outside, is_skippable=can_skip)

    return decorate


def _task(fn: Body[P, Any], title: str, **options: Any) -> Task[P, Coroutine[Any, Any, Any]]:
    def run_title(parameters: dict[str, Any]) -> str:
        return StepCall.present().begin(title, parameters)

    return task(
        name=fn.__name__.replace("_", " "),
        task_run_name=cast("TaskRunNameCallbackWithParameters", run_title),
        retries=len(RETRY_DELAYS),
        retry_delay_seconds=list(RETRY_DELAYS),
        retry_jitter_factor=0.3,
        retry_condition_fn=_is_unavailable,
        **options,
    )(_honor_retry_after(fn))


def _complete_if_not_there(fn: Body[P, R]) -> Body[P, R | State[Any]]:
    """Complete a step that finds nothing yet, instead of failing it: the run looks again by itself."""

    @functools.wraps(fn)
    async def looked(*args: P.args, **kwargs: P.kwargs) -> R | State[Any]:
        try:
            return await fn(*args, **kwargs)
        except NotThereYet as missing:
            return Completed(name="Not there yet", message=str(missing), data=missing)

    return looked


def _with_effects(fn: Body[P, R], skip_value: object, *, outside: bool) -> Body[P, Kept | State[Any]]:
    """Return the effects beside the value; a step that fails halfway records at once what it has done.

    A step that a person has skipped does nothing. It is recorded, as is that a person had it done again.
    """

    @functools.wraps(fn)
    async def collected(*args: P.args, **kwargs: P.kwargs) -> Kept | State[Any]:
        if attempt() > 1:  # the vendor was unavailable, and meanwhile everything may have been stopped
            await pass_gate(StepCall.present().title, outside=outside)
        decision = decision_about(StepCall.present().title)
        if decision and decision.action is StepAction.SKIP and skip_value is not NOT_SKIPPABLE:
            return _skipped(decision, skip_value)
        lines = [decision.effect] if decision and decision.action is StepAction.REDO else []
        try:
            with collecting(lines):
                value = await fn(*args, **kwargs)
        except BaseException:
            record_effects(lines)
            raise
        return Kept(value=value, effects=lines)

    return collected


def _skipped(decision: StepDecision, value: object) -> State[Any]:
    """The state of a skipped step, whose result is kept like any other."""
    note = str(decision)
    kept = Kept(value=value, effects=[decision.effect], skipped=note)
    return Completed(name=SKIPPED, message=f"{note[0].upper()}{note[1:]}", data=kept)


async def _is_unavailable(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed try is worth repeating: only when the vendor was unavailable."""
    try:
        await state.aresult()
    except VendorUnavailable:
        return True
    except Exception:  # noqa: BLE001 - any other failure, of whatever kind, is not repeated
        return False
    return False


def _honor_retry_after(fn: Body[P, R]) -> Body[P, R]:
    """Wait as long as the vendor asked (Retry-After) before the failed try is handed to Prefect's retries.

    Prefect's own server counts as unavailable when it fails, for example while its Redis is being restarted.
    """

    @functools.wraps(fn)
    async def try_once(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await fn(*args, **kwargs)
        except VendorUnavailable as busy:
            if busy.retry_after and busy.retry_after <= LONGEST_WAIT and not _is_last_try():
                await asyncio.sleep(busy.retry_after)
            raise
        except PrefectHTTPStatusError as error:
            if not error.response.is_server_error:
                raise
            code = error.response.status_code
            raise VendorUnavailable("Prefect", f"its server failed with {code}", status=code) from error

    return try_once


def attempt() -> int:
    """Which try of the present step this is, from 1."""
    context = TaskRunContext.get()
    return context.task_run.run_count if context else 1


def _is_last_try() -> bool:
    return attempt() > len(RETRY_DELAYS)


@overload
async def gather_all(_a: Awaitable[A], _b: Awaitable[B], /) -> tuple[A, B]: ...
@overload
async def gather_all(_a: Awaitable[A], _b: Awaitable[B], _c: Awaitable[C], /) -> tuple[A, B, C]: ...
@overload
async def gather_all(
    _a: Awaitable[A], _b: Awaitable[B], _c: Awaitable[C], _d: Awaitable[D], /
) -> tuple[A, B, C, D]: ...
@overload
async def gather_all(
    _a: Awaitable[A], _b: Awaitable[B], _c: Awaitable[C], _d: Awaitable[D], _e: Awaitable[E], /
) -> tuple[A, B, C, D, E]: ...
@overload
async def gather_all(*steps: Awaitable[R]) -> Sequence[R]: ...
async def gather_all(*steps: Awaitable[Any]) -> Sequence[Any]:
    """Run independent steps at once and let each come to its end before the first failure, if any, is raised."""
    outcomes = await asyncio.gather(*steps, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return tuple(outcomes)
