"""A town of its own for each test: other stand-ins than the session's, and no run of anybody else's."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId

from blocks.policy.block import Policy
from deployments.provisioning.sandbox_blocks import sandbox_blocks
from tests.quarter.acting import Town
from tests.quarter.watching import BusyNights
from tests.support.sandbox import SandboxProcess, start_sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first: the others fill the time beside them."""
    items.sort(key=lambda item: "quarter" not in item.path.parts)


@pytest.fixture
def street(credentials) -> Iterator[SandboxProcess]:
    """Stand-ins with nobody in them."""
    with start_sandbox("empty", **credentials.for_sandbox()) as process:
        yield process


@pytest.fixture
async def town(street, override, credentials) -> Town:
    """The blocks point there, and the guard lets every sweep pass."""
    for block in sandbox_blocks(street.url, credentials, street.smtp_port):
        fields = {name: getattr(block, name) for name in type(block).model_fields}
        await override(block.get_block_type_slug(), **fields)
    await override(Policy.get_block_type_slug(), guard_max_count=100_000, guard_max_percent=100)
    return Town(street)


@pytest.fixture
async def nights() -> AsyncIterator[BusyNights]:
    nights = BusyNights()
    await _forget(nights)
    yield nights
    await _forget(nights)


async def _forget(nights: BusyNights) -> None:
    """What other tests' runs noted is about other accounts of the same ids."""
    async with get_client() as client:
        for worker in (nights.sweep, nights.account, nights.publications):
            which = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[await worker.deploy()]))
            while found := await client.read_flow_runs(flow_run_filter=which, limit=200):
                for run in found:
                    await client.delete_flow_run(run.id)


@pytest.fixture
def move(street, monkeypatch) -> Callable[[date], None]:
    """Tells us and the stand-ins what day it is."""

    def to(today: date) -> None:
        monkeypatch.setenv("LIFECYCLE_TODAY", today.isoformat())
        street.clock(today.isoformat())

    return to
