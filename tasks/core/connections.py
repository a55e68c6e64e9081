"""Where a step gets its connection from: the block of that kind, read once per try of a flow run.

A block edited in the dashboard is therefore in force from the next run, or the next Retry, on. Runs that one process
does together read each block once for all of them.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar, cast

from prefect.blocks.core import Block
from prefect.context import FlowRunContext

from blocks.common.load_block import Stored, read_stored, stored, validated
from blocks.lms.block import Lms
from blocks.mail.block import MailServer
from blocks.outreach.block import OutreachApp
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.slack.block import SlackWorkspace

BLOCK_NAME = "default"
"""The name under which `lifecycle bootstrap` saves each block."""

_KINDS: tuple[type[Block], ...] = (SalesforceOrg, Policy, Lms, RecurlySite, SlackWorkspace)
"""What nearly every run needs, read in one call; the others are read when they are first asked for."""

B = TypeVar("B", bound=Block)
_together: ContextVar[tuple[object, ...] | None] = ContextVar("together", default=None)


@contextmanager
def shared_connections() -> Iterator[None]:
    """Have the flow runs that are done within read each block once for all of them, anew for this block of code."""
    outer = _together.set((object(),))
    # By the client of the present run, which outlives theirs.
    load_early((*_KINDS, MailServer, OutreachApp))
    try:
        yield
    finally:
        _together.reset(outer)


async def connection(kind: type[B]) -> B:
    """Return the block of this kind.

    Raises:
        WrongCredentials: the block does not exist or holds values that are not valid.
    """
    this_try = _this_try()
    if this_try is None:
        return await stored(kind, BLOCK_NAME)
    loading = _loading(kind, this_try, asyncio.get_running_loop())
    # Whoever else waits for it still does when one step is cancelled; one that fails does not fail the others.
    await asyncio.wait([loading])
    if loading.cancelled() or loading.exception():
        return await stored(kind, BLOCK_NAME)
    return cast("B", loading.result())


def load_early(kinds: Iterable[type[Block]] = _KINDS) -> None:
    """Begin to read the blocks that nearly every run needs, so that no step waits for its own.

    One that fails is read again by the step that asks for it.
    """
    if this_try := _this_try():
        for kind in kinds:
            _loading(kind, this_try, asyncio.get_running_loop()).add_done_callback(_seen)


def _this_try() -> tuple[object, ...] | None:
    """What tells this try of this flow run, or runs done together, from every other; None outside a flow run."""
    if together := _together.get():
        return together
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return None
    # A run that was suspended comes back under the same count.
    return context.flow_run.id, context.start_time


def _seen(loading: asyncio.Task[Any]) -> None:
    """Keep asyncio from reporting a failure that no step came to ask for."""
    if not loading.cancelled():
        loading.exception()


@lru_cache(maxsize=64)
def _loading(
    kind: type[Block],
    this_try: tuple[object, ...],
    loop: asyncio.AbstractEventLoop,
) -> asyncio.Task[Any]:
    if kind not in _KINDS:
        return loop.create_task(stored(kind, BLOCK_NAME))
    return loop.create_task(_one_of(kind, _reading(this_try, loop)))


@lru_cache(maxsize=64)
def _reading(
    this_try: tuple[object, ...],  # noqa: ARG001 - part of the key
    loop: asyncio.AbstractEventLoop,
) -> asyncio.Task[Stored]:
    return loop.create_task(read_stored(_KINDS, BLOCK_NAME))


async def _one_of(kind: type[B], reading: asyncio.Task[Stored]) -> B:
    return validated(kind, BLOCK_NAME, await asyncio.shield(reading))
