"""Runs in the test's own process, against the real Prefect server."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from prefect import Flow, State
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import ArtifactSort
from prefect.flow_engine import run_flow

from flows.csm_assignment import csm_assignment
from flows.onboarding import onboarding

WAIT_SECONDS = 120
"""Until a run does something, on a machine that does other things as well."""


@dataclass(frozen=True)
class Run:
    """A run that came to an end: its name, state and message are what ops see."""

    id: UUID
    state: State[Any]
    flow: Flow[..., Any] = onboarding

    @property
    def ended(self) -> str:
        return self.state.name or ""

    @property
    def message(self) -> str:
        return self.state.message or ""


async def onboard(opportunity_id: str, *, preview: bool = False) -> Run:
    """Run the onboarding as a new run."""
    state = await onboarding(opportunity_id=opportunity_id, preview=preview, return_state=True)
    return run_of(state, onboarding)


async def assign(account_id: str, **parameters: bool) -> Run:
    """Run the assignment of a CSM as a new run."""
    state = await csm_assignment(account_id=account_id, **parameters, return_state=True)
    return run_of(state, csm_assignment)


async def press_retry(run: Run) -> Run:
    """Retry a run as the dashboard and the worker do together.

    The dashboard forces the run to AwaitingRetry; the worker's process then reads the run from the server and gives
    it to the engine, which begins the body again from the top under the same id, with run count + 1. Results that
    steps have kept under that id are found again.
    """
    await await_retry(run)
    async with get_client() as client:
        flow_run = await client.read_flow_run(run.id)
    return run_of(await run_flow(run.flow, flow_run=flow_run, return_type="state"), run.flow)


async def until(holds: Callable[[], object], acting: "asyncio.Task[Any]") -> None:
    """Wait for something that a run does; it must not end before."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not holds():
            assert not acting.done(), acting.result()
            await asyncio.sleep(0.02)


async def await_retry(run: Run) -> None:
    """What the dashboard's Retry button does by itself."""
    async with get_client() as client:
        retry: State[Any] = State(type=StateType.SCHEDULED, name="AwaitingRetry", message="Retry from the UI")
        await client.set_flow_run_state(run.id, retry, force=True)


async def retry_until_completed(run: Run, tries: int) -> Run:
    """Press Retry until the run has completed, as ops would, at most `tries` times."""
    for _ in range(tries):
        if run.state.is_completed():
            break
        run = await press_retry(run)
    assert run.state.is_completed(), run.message
    return run


async def flow_run(run: Run) -> FlowRun:
    """The run as the server has it."""
    async with get_client() as client:
        return await client.read_flow_run(run.id)


async def artifacts(key: str) -> list[str]:
    """Every version of an artifact, oldest first, as its text; a hyphen that does not wrap is shown as a hyphen."""
    async with get_client() as client:
        found = await client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])), sort=ArtifactSort.CREATED_DESC
        )
    return [str(one.data).replace("\u2011", "-") for one in reversed(found)]


async def latest_artifact(key: str) -> str:
    """The newest version of an artifact."""
    return (await artifacts(key))[-1]


async def audit_page(account_id: str) -> list[dict[str, Any]]:
    """The lines of the account's page, oldest first; none when there is no page."""
    versions = await artifacts(f"account-{account_id.lower()}")
    return list(json.loads(versions[-1])) if versions else []


def run_of(state: State[Any], flow: Flow[..., Any]) -> Run:
    """The run of a final state."""
    assert state.state_details.flow_run_id is not None
    return Run(state.state_details.flow_run_id, state, flow)
