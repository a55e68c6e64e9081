"""What reading and writing steps are: Prefect tasks, each seen and re-run in the dashboard (CARD-1, CARD-4, CARD-5).

A *reading* step is never cached: ops repair a record, press Retry, and the repaired record is read.
A *writing* step keeps its result as JSON under its name, its inputs and the flow run: a Retry does not repeat it,
whatever was edited in its code since. It still looks before it acts, because that result can be lost.
Both are retried only when the vendor was unavailable.
"""

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import asdict, dataclass
from typing import Any, ParamSpec, TypeVar

from prefect import State, Task, task
from prefect.cache_policies import NO_CACHE, RUN_ID, CachePolicy, Inputs
from prefect.client.schemas.objects import TaskRun
from prefect.context import TaskRunContext

from blocks.common.errors import VendorUnavailable
from rules.common.records import Change

P = ParamSpec("P")
R = TypeVar("R")

RETRY_DELAYS = tuple(float(s) for s in os.environ.get("LIFECYCLE_RETRY_DELAYS", "1,4,15,60").split(","))
"""Seconds before each repeat of a step whose vendor was unavailable; as many repeats as numbers."""

LONGEST_WAIT = 300.0
"""The longest Retry-After, in seconds, that a step waits for inside a run."""


@dataclass
class StepName(CachePolicy):
    """Adds the step's name to the cache key: Prefect's INPUTS alone lets two steps with equal inputs share a result."""

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],  # noqa: ARG002 - the signature is Prefect's
        flow_parameters: dict[str, Any],  # noqa: ARG002 - the signature is Prefect's
        **_: Any,
    ) -> str:
        """The name of the step's function, which survives edits of its body."""
        return task_ctx.task.fn.__qualname__


async def _is_unavailable(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed try is worth repeating: only when the vendor was unavailable."""
    try:
        await state.aresult()
    except VendorUnavailable:
        return True
    except Exception:  # noqa: BLE001 - any other failure, of whatever kind, is not repeated
        return False
    return False


def _patient(step: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Wait as long as the vendor asked (Retry-After) before the failed try is handed to Prefect's retries."""

    @functools.wraps(step)
    async def try_once(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await step(*args, **kwargs)
        except VendorUnavailable as busy:
            if busy.retry_after and busy.retry_after <= LONGEST_WAIT and not _last_try():
                await asyncio.sleep(busy.retry_after)
            raise

    return try_once


def attempt() -> int:
    """Which try of the present step this is, from 1."""
    context = TaskRunContext.get()
    return context.task_run.run_count if context else 1


def _last_try() -> bool:
    return attempt() > len(RETRY_DELAYS)


def read_task(name: str) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Task[P, Coroutine[Any, Any, R]]]:
    """Make a step that only reads. `name` may use the step's arguments: `"Read sale {opportunity_id}"`."""

    def decorate(step: Callable[P, Coroutine[Any, Any, R]]) -> Task[P, Coroutine[Any, Any, R]]:
        return task(
            name=step.__name__.replace("_", " "),
            task_run_name=name,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=len(RETRY_DELAYS),
            retry_delay_seconds=list(RETRY_DELAYS),
            retry_jitter_factor=0.3,
            retry_condition_fn=_is_unavailable,
        )(_patient(step))

    return decorate


def write_task(
    name: str, *, not_in_key: tuple[str, ...] = ()
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Task[P, Coroutine[Any, Any, R]]]:
    """Make a step that changes something outside.

    Args:
        name: what it does to whom; may use the step's arguments.
        not_in_key: arguments that do not tell one effect from another, and so stay out of the key of its kept result.
    """

    def decorate(step: Callable[P, Coroutine[Any, Any, R]]) -> Task[P, Coroutine[Any, Any, R]]:
        return task(
            name=step.__name__.replace("_", " "),
            task_run_name=name,
            cache_policy=StepName() + Inputs(exclude=list(not_in_key)) + RUN_ID,
            persist_result=True,
            result_serializer="json",
            retries=len(RETRY_DELAYS),
            retry_delay_seconds=list(RETRY_DELAYS),
            retry_jitter_factor=0.3,
            retry_condition_fn=_is_unavailable,
        )(_patient(step))

    return decorate


async def gather_all(*steps: Awaitable[Any]) -> list[Any]:
    """Run independent steps at once and let each come to its end before the first failure, if any, is raised."""
    outcomes = await asyncio.gather(*steps, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes


def as_dicts(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Changes as a step takes them: plain data, so that its kept result is found again."""
    return [asdict(change) for change in changes]
