"""What ops see in Prefect, asked over its REST API."""

from dataclasses import dataclass
from typing import Any

import httpx

SCHEMA = {
    "type": "object",
    "properties": {
        "opportunity_id": {"type": "string", "title": "opportunity_id", "position": 0},
        "preview": {"type": "boolean", "title": "preview", "position": 1, "default": False},
    },
    "required": ["opportunity_id"],
}
POOL = "receiver-tests"


@dataclass
class PrefectSide:
    """One deployment in Prefect and its runs."""

    api: httpx.AsyncClient
    deployment: str
    deployment_id: str = ""

    async def deploy(self) -> None:
        flow, name = self.deployment.split("/")
        await self._ask("POST", "/work_pools/", {"name": POOL, "type": "process", "is_paused": True}, exists=409)
        flow_id = (await self._ask("POST", "/flows/", {"name": flow})).json()["id"]
        body = {"name": name, "flow_id": flow_id, "work_pool_name": POOL, "parameter_openapi_schema": SCHEMA}
        answer = await self._ask("POST", "/deployments/", body | {"enforce_parameter_schema": True})
        self.deployment_id = answer.json()["id"]

    async def withdraw(self) -> None:
        await self._ask("DELETE", f"/deployments/{self.deployment_id}")

    async def runs(self, *opportunity_ids: str) -> list[dict[str, Any]]:
        """The runs of these opportunities, found by the tag that ops filter by."""
        tags = [f"opportunity:{each}" for each in opportunity_ids]
        query = {"flow_runs": {"tags": {"any_": tags}}, "limit": 200}
        found: list[dict[str, Any]] = (await self._ask("POST", "/flow_runs/filter", query)).json()
        return found

    async def the_run(self, opportunity_id: str) -> dict[str, Any]:
        (only,) = await self.runs(opportunity_id)
        return only

    async def set_state(self, run_id: str, kind: str, name: str) -> None:
        body = {"state": {"type": kind, "name": name}, "force": True}
        answer = await self._ask("POST", f"/flow_runs/{run_id}/set_state", body)
        assert answer.json()["status"] == "ACCEPT"

    async def states(self, run_id: str) -> list[str]:
        """The names of the states the run went through, in order."""
        answer = await self._ask("GET", f"/flow_run_states/?flow_run_id={run_id}")
        return [each["name"] for each in sorted(answer.json(), key=lambda each: each["timestamp"])]

    async def _ask(self, method: str, path: str, body: Any = None, exists: int = 200) -> httpx.Response:
        """Prefect's answer; a busy SQLite makes it say 503 now and then, before anything was done."""
        while (answer := await self.api.request(method, path, json=body)).status_code == 503:
            continue
        assert answer.is_success or answer.status_code == exists, answer.text
        return answer
