"""One deadline for all calls of a delivery."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from webhooks.common.errors import TransientError


@asynccontextmanager
async def deadline(until: float, system: str = "Prefect") -> AsyncIterator[None]:
    """Stop the body of the `async with` when the event loop's time is `until`.

    Raises:
        TransientError: the body was stopped; names the system that did not answer.
    """
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise TransientError(f"{system} did not answer in time") from None
