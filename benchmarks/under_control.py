"""A measurement, with the controls of its stack's sandbox at hand."""

from collections.abc import Awaitable, Callable

from benchmarks.control import Control
from benchmarks.runs import FellShort
from deployments.stack.processes import NotReady
from deployments.stack.stack import Stack


async def under_control(stack: Stack, measure: Callable[[Stack, Control], Awaitable[int]]) -> int:
    """Measure, and show it.

    Returns:
        0, or 1 when a promised bound is broken.

    Raises:
        NotReady: something that should go without trouble did not.
    """
    control = Control(stack.settings.sandbox_url)
    try:
        return await measure(stack, control)
    except FellShort as reason:
        raise NotReady(str(reason)) from None
    finally:
        await control.aclose()
