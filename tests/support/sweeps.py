"""A night's sweep and the runs that it starts, in the test's own process, as the worker would run them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, StateType

from flows.deactivation import deactivate_account, end_of_contract
from flows.publications import publications
from tests.support.asking import Worker


class Nights:
    """The deployments of the end of contract; runs of publications are started by it, and not run here."""

    def __init__(self) -> None:
        self.sweep = Worker(end_of_contract, "end-of-contract")
        self.account = Worker(deactivate_account, "deactivate-account")
        self.publications = Worker(publications, "publications")

    async def night(self, **parameters: Any) -> FlowRun:
        """One sweep, and everything that is due after it."""
        run = await self._swept(**parameters)
        await self.work()
        return run

    async def night_of(self, accounts: Collection[str]) -> FlowRun:
        """One sweep, and what is due for these accounts alone."""
        run = await self._swept()
        for one in await self.due():
            if one.parameters["account_id"] in accounts:
                await self.account.work(one.id)
        return run

    async def _swept(self, **parameters: Any) -> FlowRun:
        await self.account.deploy()
        await self.publications.deploy()
        return await self.sweep.start(**parameters)

    async def work(self) -> list[FlowRun]:
        """Run what is due, until nothing is; answers the runs as they came to rest."""
        done: dict[UUID, FlowRun] = {}
        while due := await self.due():
            for run in due:
                done[run.id] = await self.account.work(run.id)
        return list(done.values())

    async def due(self) -> list[FlowRun]:
        """The runs of single accounts that are due."""
        return await self.runs(StateType.SCHEDULED)

    async def runs(self, *states: StateType) -> list[FlowRun]:
        """The runs of single accounts, in these states or in any."""
        return await self.account.runs(*states)
