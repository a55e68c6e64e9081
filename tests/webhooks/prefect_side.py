"""What ops see in Prefect, asked over its REST API."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from pydantic import BaseModel

from tests.webhooks.messages import new_id

SCHEMA = {
    "type": "object",
    "properties": {
        "opportunity_id": {"type": "string", "title": "opportunity_id", "position": 0},
        "preview": {"type": "boolean", "title": "preview", "position": 1, "default": False},
    },
    "required": ["opportunity_id"],
}
PUBLICATIONS = {
    "type": "object",
    "properties": {
        "account_id": {"type": "string"},
        "contract_id": {"type": "string"},
        "request": {"type": "object"},
        "preview": {"type": "boolean", "default": False},
    },
}
TRANSITIONS = {
    "type": "object",
    "properties": {"workbook": {"type": "string"}, "preview": {"type": "boolean", "default": False}},
}
REPAIRS = {
    "type": "object",
    "properties": {"sentence": {"type": "string"}, "preview": {"type": "boolean", "default": False}},
}
POOL = "receiver-tests"


class Form(BaseModel):
    """What a suspended run of ours asks in the dashboard's Resume form."""

    decision: Literal["Check again", "Cancel"]
    decided_by: str


@dataclass
class PrefectSide:
    """One deployment in Prefect and its runs."""

    api: httpx.AsyncClient
    deployment: str
    deployment_id: str = ""

    async def deploy(self, schema: dict[str, Any] = SCHEMA) -> None:
        flow, name = self.deployment.split("/")
        await self._ask("POST", "/work_pools/", {"name": POOL, "type": "process"}, exists=409)
        flow_id = (await self._ask("POST", "/flows/", {"name": flow})).json()["id"]
        body = {"name": name, "flow_id": flow_id, "work_pool_name": POOL, "parameter_openapi_schema": schema}
        answer = await self._ask("POST", "/deployments/", body | {"enforce_parameter_schema": True})
        self.deployment_id = answer.json()["id"]

    async def be_polled(self, worker: str = "a-worker", pool: str = POOL) -> None:
        """Let a worker of the pool be there, which takes up nothing."""
        await self._ask("POST", f"/work_pools/{pool}/workers/heartbeat", {"name": worker})

    async def change_pool(self, pool: str = POOL, **fields: Any) -> None:
        await self._ask("PATCH", f"/work_pools/{pool}", fields)

    async def pause(self, *, paused: bool) -> None:
        await self._ask("PATCH", f"/deployments/{self.deployment_id}", {"paused": paused})

    async def withdraw(self) -> None:
        await self._ask("DELETE", f"/deployments/{self.deployment_id}")

    async def runs(self, *opportunity_ids: str) -> list[dict[str, Any]]:
        """The runs of these opportunities, found by the tag that ops filter by."""
        return await self._tagged(*(f"opportunity:{each}" for each in opportunity_ids))

    async def made(self, *tags: str) -> list[dict[str, Any]]:
        """The runs of this deployment with any of these tags."""
        return [run for run in await self._tagged(*tags) if run["deployment_id"] == self.deployment_id]

    async def _tagged(self, *tags: str) -> list[dict[str, Any]]:
        query = {"flow_runs": {"tags": {"any_": tags}}, "limit": 200}
        found: list[dict[str, Any]] = (await self._ask("POST", "/flow_runs/filter", query)).json()
        return found

    async def the_run(self, opportunity_id: str) -> dict[str, Any]:
        (only,) = await self.runs(opportunity_id)
        return only

    async def set_state(self, run_id: str, kind: str, name: str, details: dict[str, Any] | None = None) -> None:
        body = {"state": {"type": kind, "name": name, "state_details": details or {}}, "force": True}
        answer = await self._ask("POST", f"/flow_runs/{run_id}/set_state", body)
        assert answer.json()["status"] == "ACCEPT"

    async def states(self, run_id: str) -> list[str]:
        """The names of the states the run went through, in order."""
        answer = await self._ask("GET", f"/flow_run_states/?flow_run_id={run_id}")
        return [each["name"] for each in sorted(answer.json(), key=lambda each: each["timestamp"])]

    async def add_run(self, *tags: str, name: str = "onboarding Acme", preview: bool = False) -> str:
        """A run of this deployment that no message started; its id."""
        body = {"name": name, "parameters": {"opportunity_id": new_id(), "preview": preview}, "tags": tags}
        answer = await self._ask("POST", f"/deployments/{self.deployment_id}/create_flow_run", body)
        return str(answer.json()["id"])

    async def begin(self, run_id: str, times: int) -> None:
        """Let a run begin so often."""
        for _ in range(times):
            await self.set_state(run_id, "PENDING", "Pending")
            await self.set_state(run_id, "RUNNING", "Running")

    async def tag(self, run_id: str, *tags: str) -> None:
        """Give a run these tags, and no others."""
        await self._ask("PATCH", f"/flow_runs/{run_id}", {"tags": tags})

    async def suspend(self, run_id: str, wait: int = 1, *, with_form: bool = True) -> None:
        """Bring a run to where `suspend_flow_run` brings it: suspended first, its form saved second."""
        await self.set_state(run_id, "RUNNING", "Running")
        key = f"question-1-wait-{wait}"
        keyset = {part: f"suspended-{key}-{part}" for part in ("schema", "response", "description")}
        details = {"pause_key": key, "pause_reschedule": True, "run_input_keyset": keyset}
        await self.set_state(run_id, "PAUSED", "Suspended", details)
        if with_form:
            await self.save_form(run_id, wait)

    async def save_form(self, run_id: str, wait: int = 1) -> None:
        schema = json.dumps(Form.model_json_schema())
        body = {"key": f"suspended-question-1-wait-{wait}-schema", "value": schema}
        await self._ask("POST", f"/flow_runs/{run_id}/input", body)

    async def waiting_run(self, *tags: str, name: str = "onboarding Acme") -> str:
        """A run that has asked people and is suspended; its id."""
        run_id = await self.add_run("waiting", *tags, name=name)
        await self.suspend(run_id)
        return run_id

    async def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self._ask("GET", f"/flow_runs/{run_id}")).json()
        return found

    async def inputs(self, run_id: str, prefix: str) -> dict[str, Any]:
        """What is kept with the run under keys that begin so."""
        body = {"prefix": prefix, "limit": 200}
        found = (await self._ask("POST", f"/flow_runs/{run_id}/input/filter", body)).json()
        return {each["key"]: json.loads(each["value"]) for each in found}

    async def delete_run(self, run_id: str) -> None:
        await self._ask("DELETE", f"/flow_runs/{run_id}")

    async def _ask(self, method: str, path: str, body: Any = None, exists: int = 200) -> httpx.Response:
        """Prefect's answer; a busy SQLite makes it say 503 now and then, before anything was done."""
        while (answer := await self.api.request(method, path, json=body)).status_code == 503:
            continue
        assert answer.is_success or answer.status_code == exists, answer.text
        return answer
