from collections.abc import AsyncIterator

import pytest

from tests.support.sandbox import SandboxProcess
from tests.tasks.outreach_org import stored_app


@pytest.fixture
async def outreach_org(limits: None, stand_in_process: SandboxProcess) -> AsyncIterator[SandboxProcess]:  # noqa: ARG001 - the steps take them
    """The stand-ins with the org of tests/sandbox/outreach_calls.py; the block of the Outreach app points to them."""
    async with stored_app(stand_in_process) as org:
        yield org
