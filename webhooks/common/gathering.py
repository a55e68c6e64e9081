"""Runs awaitables concurrently."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

Result = TypeVar("Result")


async def gather_all(awaitables: Iterable[Awaitable[Result]]) -> list[Result]:
    """The results in order, after all awaitables have ended: a failure does not stop the others.

    Raises:
        BaseException: the first failure in order.
    """
    results = await asyncio.gather(*awaitables, return_exceptions=True)
    values: list[Result] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        values.append(result)
    return values
