from collections.abc import AsyncIterator

import pytest

from blocks.lms.block import Lms
from tests.support.lms_traffic import Traffic


@pytest.fixture
def traffic() -> Traffic:
    """What the client and the sandbox say to each other in a test."""
    return Traffic()


@pytest.fixture
async def lms(lms: Lms, traffic: Traffic) -> AsyncIterator[Lms]:
    """The LMS of the sandbox. At its end, what was said must be as docs/going-live/lms-openapi.yaml has it."""
    lms.client()._http.event_hooks["response"].append(traffic.note)
    yield lms
    assert traffic.violations() == []
