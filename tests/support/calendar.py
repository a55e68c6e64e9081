"""What day it is, for us and for the stand-ins; nights of a year in which no other client's contract ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType

from rules.contracts.service_term import DAY
from tests.support.clients import ClientRecords
from tests.support.sandbox import SandboxProcess
from tests.support.sweeps import Nights

if TYPE_CHECKING:
    import pytest

_years = count(2040)


@contextmanager
def a_day(sandbox: SandboxProcess, monkeypatch: "pytest.MonkeyPatch") -> Iterator[Callable[[date], None]]:
    """Makes it another day, which stands still; in the end it is again the org's own."""

    def move(day: date) -> None:
        monkeypatch.setenv("LIFECYCLE_TODAY", day.isoformat())
        sandbox.clock(day.isoformat())

    yield move
    sandbox.clock(org_today().isoformat())


def org_today() -> date:
    """The date in the time zone of the org; the machine's may be another one."""
    return datetime.now(ZoneInfo("America/New_York")).date()


class Calendar:
    """The day it is, and the nights."""

    def __init__(self, move: Callable[[date], None]) -> None:
        self._move, self.nights = move, Nights()
        self._sweeps: list[FlowRun] = []
        self.go(date(next(_years), 3, 10))

    def go(self, day: date) -> None:
        """Make it this day, for us and for the stand-ins."""
        self.today = day
        self._move(day)

    def on(self, days: int) -> date:
        """The day so many days from today."""
        return self.today + days * DAY

    async def deploy(self) -> None:
        """Make the deployments of which a sweep starts runs."""
        await self.nights.account.deploy()
        await self.nights.publications.deploy()

    async def night(self, *clients: ClientRecords, **parameters: Any) -> FlowRun:
        """One sweep, and the runs of these clients as far as they are due; the sweep's run."""
        await self.deploy()
        run = await self.nights.sweep.start(**parameters)
        self._sweeps.append(run)
        await self.work(*clients)
        return run

    async def work(self, *clients: ClientRecords) -> None:
        """Run what is due for these clients; what other tests left behind is theirs."""
        due = await self.nights.due()
        for client in clients:
            for run in due:
                if f"account:{client.account}" in run.tags:
                    await self.nights.account.work(run.id)

    async def runs(self, *clients: ClientRecords) -> list[list[FlowRun]]:
        """The runs of each client, oldest first."""
        found = sorted(await self.nights.runs(), key=lambda run: str(run.created))
        return [[run for run in found if f"account:{client.account}" in run.tags] for client in clients]

    async def only_run(self, client: ClientRecords) -> FlowRun:
        """The client's only run."""
        ((run,),) = await self.runs(client)
        return run

    async def end(self) -> None:
        """Call off the sweeps that wait: they would hold up those of the next test."""
        async with get_client() as client:
            for sweep in self._sweeps:
                if sweep.state_type is StateType.PAUSED:
                    await client.set_flow_run_state(sweep.id, State(type=StateType.CANCELLED), force=True)
