"""How far long work has come, on the page of its run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tasks.core.artifacts import move_progress_bar, show_progress_bar
from tasks.runs.claims import server

Advance = Callable[[int], Awaitable[None]]
"""Told of so many more that are done."""


@asynccontextmanager
async def progress(what: str, total: int) -> AsyncIterator[Advance]:
    """Show on the run's page how far long work has come; nothing where there is no work."""
    shown = await show_progress_bar(f"{what}: 0 of {total}") if total else None
    done, said, one_at_a_time = 0, 0, asyncio.Lock()

    async def advance(more: int) -> None:
        nonlocal done, said
        done += more
        async with one_at_a_time:  # of two words at once, the older could be the one that stays
            if shown is not None and said < done:
                said, text = done, f"{what}: {done} of {total}"
                await move_progress_bar(shown, 100.0 * done / total, text, server())

    yield advance
