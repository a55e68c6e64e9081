"""Work that is done at the same time."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

Result = TypeVar("Result")


async def gather_all(work: Iterable[Awaitable[Result]]) -> list[Result]:
    """The results, in order, once all of it has ended: what fails keeps nothing else from being done.

    Raises:
        BaseException: what the first of those that failed raised.
    """
    results = await asyncio.gather(*work, return_exceptions=True)
    done: list[Result] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done
