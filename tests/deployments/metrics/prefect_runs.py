"""Runs in the real Prefect as flows, people and workers leave them: by calls of its API, no process runs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from pydantic import TypeAdapter

from rules.common.problems import Problem, Responsible
from rules.questions.questions import Question


class PrefectRuns:
    """Creates runs of flows."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self._api.post(path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def create(self, flow: str, *tags: str, name: str = "", **parameters: Any) -> str:
        """A run that has not begun; its id."""
        flow_id = (await self.post("/flows/", {"name": flow}))["id"]
        body = {"flow_id": flow_id, "tags": tags, "name": name or f"run {uuid4()}", "parameters": parameters}
        return str((await self.post("/flow_runs/", body))["id"])

    async def become(self, run: str, kind: str, name: str = "", message: str = "") -> None:
        """Set the state of a run."""
        state = {"type": kind, "name": name or kind.capitalize(), "message": message}
        await self.post(f"/flow_runs/{run}/set_state", {"state": state, "force": True})

    async def ended(self, flow: str, kind: str, state: str = "", *tags: str, **more: Any) -> str:
        """A run that has begun and ended."""
        run = await self.create(flow, *tags, **more)
        await self.become(run, "RUNNING")
        await self.become(run, kind, state)
        return run

    async def waiting(self, *, days: float, subject: str = "Acme") -> str:
        """A run whose question was asked so many days ago."""
        run = await self.create("onboarding", "waiting")
        await self.become(run, "PAUSED", "Suspended")
        asked = datetime.now(UTC) - timedelta(days=days)
        problem = Problem(Responsible.SALES, "Contact", "", "Phone", "empty", "Enter it.", "ONB-4")
        question = Question(1, asked, asked, subject, "006000000000001AAA", None, (problem,))
        value = TypeAdapter(Question).dump_json(question).decode()
        await self.post(f"/flow_runs/{run}/input", {"key": "question-1", "value": value, "sender": None})
        return run
