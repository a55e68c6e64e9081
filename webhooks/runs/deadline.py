"""One deadline for a whole delivery, however many calls it takes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from webhooks.common.errors import TransientError


@asynccontextmanager
async def in_time(until: float, who: str = "Prefect") -> AsyncIterator[None]:
    """Give up when the event loop's time is `until`.

    Raises:
        PassingError: it was not done in time; names who was waited for.
    """
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise TransientError(f"{who} did not answer in time") from None
