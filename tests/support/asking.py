"""Runs that may wait for people: of a deployment, as a worker would run them, in the test's own process."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from prefect import Flow, State
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.states import Completed

from flows.onboarding import onboarding
from flows.reminders import move_on
from tasks.core.policy import load_policy
from tasks.procedure import Run, procedure
from tasks.questions.sweep import waiting_runs
from tests.support.outcome import messages
from tests.support.sandbox import SandboxProcess
from tests.support.stack import ROOT


class Worker:
    """Starts runs of a flow as a deployment's, and runs them whenever Prefect has them due."""

    def __init__(self, flow: Flow[..., Any] = onboarding, name: str = "") -> None:
        self.flow, self.name = flow, name or f"{flow.name}-tests"

    async def start(self, **parameters: Any) -> FlowRun:
        """Begin a run; answers it as it came to rest."""
        return await self.work((await self.create(**parameters)).id)

    async def create(self, **parameters: Any) -> FlowRun:
        """A run that is due."""
        deployment = await self.deploy()
        async with get_client() as client:
            given = self._as_form(preview=False) | parameters
            return await client.create_flow_run_from_deployment(deployment, parameters=given)

    async def deploy(self) -> UUID:
        """The deployment, made or found."""
        async with get_client() as client:
            flow_id = await client.create_flow(self.flow)
            where = {"entrypoint": f"{self.flow.fn.__module__}.{self.flow.fn.__name__}", "path": str(ROOT)}
            # A run that the project starts must say that it is no preview, whatever the form begins with.
            return await client.create_deployment(flow_id, self.name, parameters=self._as_form(preview=True), **where)

    def _as_form(self, *, preview: bool) -> dict[str, bool]:
        return {"preview": preview} if "preview" in self.flow.parameters.properties else {}

    async def runs(self, *states: StateType) -> list[FlowRun]:
        """The deployment's runs, in these states or in any."""
        which = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[await self.deploy()]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))) if states else None,
        )
        found: list[FlowRun] = []
        async with get_client() as client:
            while len(page := await client.read_flow_runs(flow_run_filter=which, limit=200, offset=len(found))):
                found += page
        return found

    async def work(self, run_id: UUID) -> FlowRun:
        """Run it as long as it is due, as the worker's processes would one after the other."""
        while (run := await read_run(run_id)).state is not None and run.state.is_scheduled():
            with suppress(Pause):
                await run_flow(self.flow, flow_run=run, return_type="state")
        return run

    async def resume(self, run_id: UUID, **answer: Any) -> FlowRun:
        """What the dashboard's Resume form sends, and what comes of it."""
        await resume(run_id, **answer)
        return await self.work(run_id)

    async def retry(self, run_id: UUID) -> FlowRun:
        """What the dashboard's Retry button does, and what comes of it."""
        async with get_client() as client:
            again: State[Any] = State(type=StateType.SCHEDULED, name="AwaitingRetry")
            await client.set_flow_run_state(run_id, again, force=True)
        return await self.work(run_id)


async def read_run(run_id: UUID) -> FlowRun:
    """The run as the server has it."""
    async with get_client() as client:
        return await client.read_flow_run(run_id)


async def resume(run_id: UUID, **answer: Any) -> str:
    """Resume a run with an answer; what Prefect said to it."""
    async with get_client() as client:
        result = await client.resume_flow_run(run_id, {"decision": "Check again", "decided_by": "Dana"} | answer)
    return result.status.value


async def note_press(run_id: UUID, **answer: str) -> str:
    """What the receiver writes when a button was pressed; it resumes the run after that."""
    said_by = {"who": "pat.seller", "user": "U1", "via": "Slack", "at": datetime.now(UTC).isoformat()}
    value = said_by | {"decision": "Check again", "topic": "", "choice": ""} | answer
    key = f"answer-{uuid4().hex}"
    async with get_client() as client:
        await client.request("POST", f"/flow_runs/{run_id}/input", json={"key": key, "value": json.dumps(value)})
    return key


@procedure("waiting-later", run_name="What waits in two minutes")
async def later(run: Run) -> State[Any]:  # noqa: ARG001 - every procedure has its run
    """The sweep as it will be when what was left behind counts as such."""
    rules = await load_policy()
    woken = await move_on(await waiting_runs(), datetime.now(UTC) + timedelta(minutes=2), rules.patience)
    return Completed(message=str(woken))


def state_of(run: FlowRun) -> str:
    """The name of the state that ops see."""
    assert run.state is not None
    return run.state.name or ""


def questions(sandbox: SandboxProcess, run: FlowRun) -> list[dict[str, Any]]:
    """Every message that puts a question of this run, oldest first."""
    return [one for one in messages(sandbox) if _key(one).startswith(f"question:{run.id}:") and not _reminds(one)]


def reminders(sandbox: SandboxProcess, run: FlowRun) -> list[dict[str, Any]]:
    """Every reminder of this run, oldest first."""
    return [one for one in messages(sandbox) if _key(one).startswith(f"question:{run.id}:") and _reminds(one)]


def said(message: dict[str, Any]) -> str:
    """All that a person reads in a message."""
    return json.dumps(message["blocks"]) if message["blocks"] else message["text"]


def buttons(message: dict[str, Any]) -> dict[str, str]:
    """The buttons of a message: label → action id."""
    elements = [element for block in message["blocks"] if block["type"] == "actions" for element in block["elements"]]
    return {element["text"]["text"]: element["action_id"] for element in elements}


def _key(message: dict[str, Any]) -> str:
    return str(((message["metadata"] or {}).get("event_payload") or {}).get("key", ""))


def _reminds(message: dict[str, Any]) -> bool:
    return _key(message).endswith((":reminded", ":escalated"))
