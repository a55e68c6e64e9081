"""The clock moved day by day: a night's sweep and its runs, then what people do; beside it, what is expected."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, StateType

from tests.quarter.acting import Town
from tests.quarter.expectation import Expected
from tests.quarter.life import Fields, Life
from tests.quarter.telling import BEFORE, Story
from tests.support.sweeps import Nights

AT_ONCE = 3
told = logging.getLogger(__name__)
"""How far it has come: `--log-cli-level=INFO` shows it."""


class BusyNights(Nights):
    """Nights whose runs of single accounts are worked on several at once."""

    def __init__(self) -> None:
        super().__init__()
        self.states: Counter[str] = Counter()
        self.sweeps: Counter[str] = Counter()

    async def sweep_up(self) -> None:
        """One night."""
        run = await self.night()
        self.sweeps[str(run.state_name)] += 1
        told.info("%s: %s", run.state_name, run.state.message if run.state else "")

    async def work(self) -> list[FlowRun]:
        """Run what is due, until nothing is."""
        done: dict[UUID, FlowRun] = {}
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(run: FlowRun) -> None:
            async with gate:
                done[run.id] = await self.account.work(run.id)
                self.states[str(done[run.id].state_name)] += 1

        while due := await self.due():
            await asyncio.gather(*map(one, due))
        return list(done.values())

    async def asking(self) -> set[str]:
        """The accounts with a run that waits for people."""
        waiting = await self.runs(StateType.PAUSED)
        return {tag.removeprefix("account:") for run in waiting for tag in run.tags if tag.startswith("account:")}


def lives(expected: Expected) -> Fields:
    """Company and publications as they are expected, in the words in which they are seen."""

    def life(one: Life) -> tuple[str, str | None]:
        return one.status, one.last_day.isoformat() if one.last_day else None

    publications = {key: life(one) for key, one in expected.publications.items()}
    return {"company": life(expected.company), "publications": publications}


@dataclass
class Difference:
    """The first night on which a client was not as expected."""

    story: Story
    day: int
    today: date
    what: dict[str, tuple[object, object]]

    def __str__(self) -> str:
        lines = [f"    {name}: {actual}\n      expected {expected}" for name, (actual, expected) in self.what.items()]
        return "\n".join([str(self.story), f"  on day {self.day}, {self.today}:", *lines])


@dataclass
class Quarter:
    """A town and its expectation, from night to night.

    Attributes:
        first: the first night's day.
        move: tells everybody what day it is.
        sleepless: the nights without a sweep.
    """

    town: Town
    nights: BusyNights
    first: date
    move: Callable[[date], None]
    sleepless: Collection[int]
    expected: list[Expected] = field(default_factory=list)
    differences: dict[int, Difference] = field(default_factory=dict)
    today: date = date.min

    def begin(self, stories: list[Story]) -> None:
        """Make the clients, the day before the first night."""
        self._wake(BEFORE)
        self.town.settle(stories)
        self.expected = [Expected() for _ in stories]
        self.live(BEFORE)

    async def pass_night(self, day: int, faults: Collection[Fields] = ()) -> None:
        """A night: the LMS, and unless it is left out, the sweep, which meets these faults."""
        self._wake(day)
        for one in self.expected:
            one.settle(self.today)
        if day in self.sleepless:
            return
        alike = [has == lives(one) for has, one in zip(self.town.lives(), self.expected, strict=True)]
        for fault in faults:
            self.town.sandbox.fault(**fault)
        await self.nights.sweep_up()
        self.town.sandbox.clear_faults()
        for one, same in zip(self.expected, alike, strict=True):
            one.sweep(self.today, disturbed=bool(faults), alike=same)

    async def compare(self, day: int, differing: Callable[[Expected, Fields], Fields]) -> None:
        """Keep each client's first difference."""
        asking = await self.nights.asking()
        for client, expected, seen in zip(self.town.clients, self.expected, self.town.seen(), strict=True):
            what = differing(expected, seen | {"asked": client.account in asking})
            if what and client.story.number not in self.differences:
                self.differences[client.story.number] = Difference(client.story, day, self.today, what)
                told.warning("%s", self.differences[client.story.number])

    def _wake(self, day: int) -> None:
        self.today = self.first + timedelta(days=day)
        self.move(self.today)

    def live(self, day: int) -> None:
        self.town.act(day)
        for client, expected in zip(self.town.clients, self.expected, strict=True):
            for _, kind, key, fields in client.story.on(day):
                expected.edit(kind, key, fields, self.today)

    def sum_up(self) -> None:
        """Tell how much was done."""
        sweeps, runs = dict(self.nights.sweeps), dict(self.nights.states)
        told.info("%d clients, sweeps %s, runs %s", len(self.expected), sweeps, runs)

    def report(self) -> str:
        """What is told when something differs."""
        found = list(self.differences.values())
        kinds = Counter(one.story.kind for one in found)
        return "\n".join([f"{len(found)} of {len(self.expected)} clients differ: {dict(kinds)}", *map(str, found)])
