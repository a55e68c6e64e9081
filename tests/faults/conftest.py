from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from tests.flows.conftest import calendar

__all__ = ["calendar", "new_session"]

_VERSIONS = count(1)


@pytest.fixture
def new_session(override) -> Callable[[], Awaitable[None]]:
    """Makes the next run log in to Salesforce: an edited block has a client of its own."""

    async def renew() -> None:
        # Any other value makes it another block; the stand-in has one version's behaviour for all.
        await override("salesforce-org", timeout_seconds=1 + next(_VERSIONS) / 1000)

    return renew
