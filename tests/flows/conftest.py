import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

from tests.flows.end_of_service import TODAY
from tests.support.accounts import Book
from tests.support.calendar import Calendar, a_day
from tests.support.every_procedure import Org
from tests.support.links import Links
from tests.support.runs import Run
from tests.support.sales import SalesPeople
from tests.support.sandbox import SandboxProcess
from tests.support.transitions import Transitions

WAIT_SECONDS = 120


@pytest.fixture
def task_runs() -> Callable[..., Awaitable[set[str]]]:
    """The names of a run's task runs; the server writes them down some time after they happened."""

    async def named(run: Run, *, at_least: int) -> set[str]:
        async with get_client() as client, asyncio.timeout(WAIT_SECONDS):
            while True:
                rows = await client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
                if len(rows) >= at_least and all(row.state and row.state.is_final() for row in rows):
                    return {row.name for row in rows}
                await asyncio.sleep(0.1)

    return named


@pytest.fixture
async def calendar(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Calendar]:
    """A year that the test has for itself."""
    with a_day(sandbox, monkeypatch) as move:
        mine = Calendar(move)
        yield mine
        await mine.end()


@pytest.fixture
def at(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[date], None]]:
    """Moves the day from `TODAY` to another, for us and for the stand-ins; it stands still."""
    with a_day(sandbox, monkeypatch) as move:
        move(TODAY)
        yield move


@pytest.fixture
def transitions() -> Transitions:
    """The deployments of the account transition."""
    return Transitions()


@pytest.fixture
def book(people: SalesPeople) -> Book:
    """The accounts of the org by their names."""
    return Book(people)


@pytest.fixture
async def org(people: SalesPeople, tmp_path: Path) -> Org:
    """Where every procedure finds something to do."""
    made = Org(people, tmp_path)
    await made.deploy()
    return made


@pytest.fixture
async def every_link_leads(sandbox: SandboxProcess, prefect_api: str) -> AsyncIterator[Links]:  # noqa: ARG001 - it runs
    """At the end of the test, every address that it left for people leads to its record, run or page."""
    links = Links(sandbox, datetime.now(UTC))
    yield links
    dead = await links.dead()
    assert not dead, "\n".join(dead)
