"""A night's sweep and the runs that it starts, in the test's own process, as the worker would run them."""

from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId, FlowRunFilterState
from prefect.client.schemas.filters import FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType

from flows.deactivation import deactivate_account, end_of_contract
from tests.support.asking import Worker


class Nights:
    """Both deployments of the end of contract."""

    def __init__(self) -> None:
        self.sweep = Worker(end_of_contract, "end-of-contract")
        self.account = Worker(deactivate_account, "deactivate-account")

    async def night(self, **parameters: Any) -> FlowRun:
        """One sweep, and everything that is due after it."""
        await self.account.deploy()
        run = await self.sweep.start(**parameters)
        await self.work()
        return run

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
        which = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[await self.account.deploy()]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))) if states else None,
        )
        found: list[FlowRun] = []
        async with get_client() as client:
            while len(page := await client.read_flow_runs(flow_run_filter=which, limit=200, offset=len(found))):
                found += page
        return found
