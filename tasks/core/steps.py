"""Read and write steps: Prefect tasks, each seen and re-run in the dashboard (CARD-1, CARD-4, CARD-5).

A *read* step is never cached: operations repair a record, press Retry, and the repaired record is read.
A *write* step keeps its result and its effects as JSON under its name, its inputs and the flow run: a Retry does not
repeat it, whatever was edited in its code since. It still looks before it acts, because that result can be lost.
Both are retried only when the vendor was unavailable.
"""

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypedDict, TypeVar, cast, overload

from prefect import State, Task, task
from prefect.cache_policies import NO_CACHE, RUN_ID, CachePolicy
from prefect.client.schemas.objects import TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.states import Completed
from prefect.tasks import TaskRunNameCallbackWithParameters
from prefect.utilities.annotations import opaque
from prefect.utilities.hashing import hash_objects

from blocks.common.errors import VendorUnavailable
from tasks.core.effects import Effect, collecting, record_effects
from tasks.core.errors import NotThereYet

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

_label: ContextVar[str] = ContextVar("label", default="")


class Kept(TypedDict):
    """The result of a write step as Prefect keeps it."""

    value: Any
    effects: list[Effect]


@dataclass
class EffectKey(CachePolicy):
    """The key of a write step's kept result: the step's name, and the inputs that tell one effect from another.

    Attributes:
        keyed_by: the names of those inputs; empty for all of them.
        per_try: each try of the flow run is told apart as well.
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
        return hash_objects(name, identity, _this_try() if self.per_try else "", raise_on_failure=True)


def _this_try() -> str:
    """Tells the tries of the present flow run apart: each begins in a state of its own."""
    context = FlowRunContext.get()
    return str(context.flow_run.state_id) if context and context.flow_run else ""


class Step(Generic[P, R]):
    """A step of a procedure: called like its function, it runs as a task of the present flow run.

    Attributes:
        fn: the function itself, for a step that is a part of another one.
    """

    def __init__(self, fn: Body[P, R], task_: Task[P, Coroutine[Any, Any, Any]], *, keeps_effects: bool) -> None:
        functools.update_wrapper(self, fn)
        self.fn, self._keeps_effects = fn, keeps_effects
        # Its arguments are marked as opaque: Prefect would look in every record for results of other tasks.
        self._task: Callable[..., Coroutine[Any, Any, Any]] = task_

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the step."""
        return await self._run("", *args, **kwargs)

    def labelled(self, label: str) -> Body[P, R]:
        """The same step, with a label for people: it stands in the step's title in place of `{label}`."""
        return functools.partial(self._run, label)

    async def _run(self, label: str, *args: P.args, **kwargs: P.kwargs) -> R:
        outer = _label.set(label)
        try:
            outcome = await self._task(*map(opaque, args), **{name: opaque(value) for name, value in kwargs.items()})
        finally:
            _label.reset(outer)
        if isinstance(outcome, State):  # of `_complete_if_not_there`
            missing: NotThereYet = await outcome.aresult()
            raise missing
        if self._keeps_effects:
            record_effects(outcome["effects"])
            outcome = outcome["value"]
        result: R = outcome
        return result


def read_task(title: str) -> Callable[[Body[P, R]], Step[P, R]]:
    """Make a step that only reads. `title` may use the step's arguments, and `{label}`: `"Read sale {label}"`."""

    def decorate(fn: Body[P, R]) -> Step[P, R]:
        read = _task(_complete_if_not_there(fn), title, cache_policy=NO_CACHE, persist_result=False)
        return Step(fn, read, keeps_effects=False)

    return decorate


def write_task(
    title: str, *, keyed_by: tuple[str, ...] = (), per_try: bool = False
) -> Callable[[Body[P, R]], Step[P, R]]:
    """Make a step that changes something outside. Its effects are recorded, also those of a kept result.

    Args:
        title: what it does to whom; may use the step's arguments, and `{label}`.
        keyed_by: the arguments that tell one effect from another; all of them when none is named.
        per_try: a Retry does it again, where a difference may have come back that looks like the one before.
    """

    def decorate(fn: Body[P, R]) -> Step[P, R]:
        policy = EffectKey(keyed_by=keyed_by, per_try=per_try) + RUN_ID
        kept = _task(_with_effects(fn), title, cache_policy=policy, persist_result=True, result_serializer="json")
        return Step(fn, kept, keeps_effects=True)

    return decorate


def _task(fn: Body[P, Any], title: str, **options: Any) -> Task[P, Coroutine[Any, Any, Any]]:
    def run_title(parameters: dict[str, Any]) -> str:
        return title.format(**parameters, label=_label.get())

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


def _with_effects(fn: Body[P, R]) -> Body[P, Kept]:
    """Return the effects beside the value; a step that fails halfway records at once what it has done."""

    @functools.wraps(fn)
    async def collected(*args: P.args, **kwargs: P.kwargs) -> Kept:
        lines: list[Effect] = []
        try:
            with collecting(lines):
                value = await fn(*args, **kwargs)
        except BaseException:
            record_effects(lines)
            raise
        return Kept(value=value, effects=lines)

    return collected


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
    """Wait as long as the vendor asked (Retry-After) before the failed try is handed to Prefect's retries."""

    @functools.wraps(fn)
    async def try_once(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await fn(*args, **kwargs)
        except VendorUnavailable as busy:
            if busy.retry_after and busy.retry_after <= LONGEST_WAIT and not _is_last_try():
                await asyncio.sleep(busy.retry_after)
            raise

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
