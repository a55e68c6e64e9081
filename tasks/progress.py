"""How far long work has come, on the page of its run."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from tasks.runs import server

Advance = Callable[[int], Awaitable[None]]
"""Told of so many more that are done."""


@asynccontextmanager
async def progress(what: str, total: int) -> AsyncIterator[Advance]:
    """Show on the run's page how far long work has come; nothing where there is no work."""
    shown = await acreate_progress_artifact(0.0, description=f"{what}: 0 of {total}") if total else None
    done = 0

    async def advance(more: int) -> None:
        nonlocal done
        done += more
        if shown is not None:
            said = f"{what}: {done} of {total}"
            await aupdate_progress_artifact(shown, 100.0 * done / total, description=said, client=server())

    yield advance
