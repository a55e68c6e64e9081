"""The progress of long work, on the page of its run."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tasks.core.artifacts import move_progress_bar, show_progress_bar
from tasks.runs.claims import server

Advance = Callable[[int], Awaitable[None]]
"""Reports that so many more are done."""


@asynccontextmanager
async def progress(what: str, total: int) -> AsyncIterator[Advance]:
    """Show the progress of long work on the run's page; nothing if there is no work."""
    shown = await show_progress_bar(f"{what}: 0 of {total}", key=_key(what)) if total else None
    done, shown_count, one_at_a_time = 0, 0, asyncio.Lock()

    async def advance(more: int) -> None:
        nonlocal done, shown_count
        done += more
        async with one_at_a_time:  # of two updates at once, the older one could win
            if shown is not None and shown_count < done:
                shown_count, text = done, f"{what}: {done} of {total}"
                await move_progress_bar(shown, 100.0 * done / total, text, server())

    yield advance


def _key(what: str) -> str:
    return f"progress-{re.sub('[^a-z0-9]+', '-', what.lower()).strip('-')}"
