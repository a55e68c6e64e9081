"""REC-1: days with lost messages end as days without.

Every client has a twin. People change the contracts of both alike; of the client, each message starts a run, and of the
twin, some messages are lost. After a pass of the reconciliation, the LMS and Salesforce have both alike.
`QUARTER_CLIENTS` and `QUARTER_DAYS` make it longer, up to 12 and 14; `QUARTER_SEED` and `QUARTER_LOST` (a percentage)
make it another one. At least two messages are lost.
"""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType

from flows.onboarding import onboarding
from rules.reconciliation.missed_records import Missed
from tasks.reconciliation.missed import find_missed, make_up_for
from tests.quarter.life import Fields
from tests.quarter.watching import BusyNights
from tests.support.asking import Worker
from tests.support.publications import ClientIds, in_lms, make_client
from tests.support.sales import SalesPeople

pytestmark = [pytest.mark.flows, pytest.mark.timeout(3 * 3600)]

FIRST = date(2028, 1, 10)
CLIENTS = min(12, int(os.environ.get("QUARTER_CLIENTS", "3")))
DAYS = min(14, int(os.environ.get("QUARTER_DAYS", "4")))
SEED = int(os.environ.get("QUARTER_SEED", "5"))
LOST_PERCENT = int(os.environ.get("QUARTER_LOST", "5"))
AT_ONCE = 3
CHANGED_EACH_DAY = 0.5
EVERY_RUN = 100_000

Edit = tuple[int, int, Fields]
"""Day, number of the client, and the fields of its contract."""


@flow(name="hourly reconciliation")
async def reconcile(today: date) -> Missed:
    """What an hourly pass does, without its report."""
    plan = await find_missed(today, 1, EVERY_RUN)
    await make_up_for(plan)
    return plan


def edits(rng: Random) -> list[Edit]:
    """What people change in the contracts: publications come and go, ends move."""
    listed, made = {number: ["North"] for number in range(CLIENTS)}, []
    for day in range(DAYS):
        for number, names in listed.items():
            if rng.random() >= CHANGED_EACH_DAY:
                continue
            if rng.random() < 1 / 3:
                end = FIRST + timedelta(days=day + rng.choice((10, 20, 200, 400)))
                made.append((day, number, {"EndDate": end.isoformat()}))
                continue
            if len(names) > 1 and rng.random() < 1 / 3:
                names.remove(rng.choice(names))
            else:
                names.append(f"Issue {day}")
            made.append((day, number, {"Publications__c": "\n".join(names)}))
    return made


@dataclass
class Twins:
    """Clients and their twins in one org.

    Attributes:
        nights: the sweeps and the deployments of their runs.
        lost: the edits whose message does not reach us, for the twin.
        differed: how many clients were not like their twins before a pass.
    """

    people: SalesPeople
    nights: BusyNights
    lost: list[Edit]
    clients: list[ClientIds] = field(default_factory=list)
    twins: list[ClientIds] = field(default_factory=list)
    differed: int = 0

    def begin(self) -> None:
        """Make the clients and their twins."""
        for group in (self.clients, self.twins):
            group += [self._client() for _ in range(CLIENTS)]

    def _client(self) -> ClientIds:
        made = make_client(self.people, "North", there=({"publicationName": "North"},), CS_Status__c="Active")
        terms = {"StartDate": "2027-03-01", "EndDate": "2028-12-31"}
        self.people.edit("Contract", made.contract, **terms)
        return made

    async def pass_day(self, edits: list[Edit]) -> None:
        """People change contracts, and the messages that arrive start runs."""
        for edit in edits:
            _, number, fields = edit
            heard = [self.clients[number], *([] if edit in self.lost else [self.twins[number]])]
            for one in (self.clients[number], self.twins[number]):
                self.people.edit("Contract", one.contract, **fields)
            for one in heard:
                await self._deliver(one.contract, f"{edits.index(edit)}:{edit[0]}")
        await self.work()

    async def _deliver(self, contract: str, event: str) -> None:
        """What the receiver does."""
        async with get_client() as client:
            await client.create_flow_run_from_deployment(
                await self.nights.publications.deploy(),
                parameters={"contract_id": contract, "preview": False},
                tags=["publications", f"contract:{contract}"],
                idempotency_key=f"publications:{contract}:{event}",
            )

    async def work(self) -> None:
        """Run every run of publications that is due."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(run_id: UUID) -> None:
            async with gate:
                await self.nights.publications.work(run_id)

        while due := await self.nights.publications.runs(StateType.SCHEDULED):
            await asyncio.gather(*(one(run.id) for run in due))

    def unlike(self) -> list[str]:
        """The clients that are not like their twins."""
        pairs = zip(self.clients, self.twins, strict=True)
        return [
            f"{client.name}: {mine}\n{twin.name}: {other}"
            for client, twin in pairs
            if (mine := self._seen(client)) != (other := self._seen(twin))
        ]

    def _seen(self, client: ClientIds) -> Fields:
        companies = {one["id"]: one for one in self.people.sandbox.state("lms")["companies"]}
        publications = in_lms(self.people, client.company)
        return {name: _life(one) for name, one in publications.items()} | {
            "company": _life(companies[client.company]),
            "CS Status": self.people.read("Account", client.account)["CS_Status__c"],
        }


def _life(one: Fields) -> tuple[str, str | None]:
    return one["status"], one["deactivateOn"]


async def test_rec_1_days_with_lost_messages_end_as_days_without(town, nights, move):
    rng = Random(SEED)  # noqa: S311 - stories, not secrets
    story = edits(rng)
    lost = rng.sample(story, max(2, len(story) * LOST_PERCENT // 100))
    twins = Twins(town.people, nights, lost)
    await Worker(onboarding, "onboarding").deploy()
    move(FIRST - timedelta(days=1))
    twins.begin()
    for day in range(DAYS):
        today = FIRST + timedelta(days=day)
        move(today)
        await nights.sweep_up()
        await twins.pass_day([edit for edit in story if edit[0] == day])
        twins.differed += len(twins.unlike())
        await reconcile(today)
        await twins.work()
        assert twins.unlike() == [], f"day {day}, lost: {[edit for edit in lost if edit[0] == day]}"
    assert twins.differed, "no lost message made a difference"
