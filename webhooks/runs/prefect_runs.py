"""Starts, reads, resumes and retries flow runs.

A flow run counts as started when Prefect has answered that the run is in its database (D-5).
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import httpx
from pydantic import BaseModel

from rules.questions.questions import Decision
from webhooks.common.errors import ConflictError, MissingError, OutcomeUnknownError, PrefectError, TransientError
from webhooks.runs.flow_runs import NOTIFICATION, FlowRun, NewRun
from webhooks.runs.prefect_api import PrefectApi, parsed

PAGE: Final = 200  # Prefect's own limit
AT_REST: Final = ("PAUSED", "FAILED", "CRASHED")
RUNNING: Final = "RUNNING"
SCHEDULED: Final = "SCHEDULED"
NOT_BEGUN: Final = (SCHEDULED, "PENDING")
# Prefect suspends a run a moment before it saves the form for the answer.
FORM_SECONDS: Final = 1.0


class FormlessError(PrefectError):
    """Raised when a suspended run rejects the answer: its form was never saved, or is another one."""


class _Input(BaseModel):
    key: str
    value: str


class _Deployment(BaseModel):
    id: str


class _Orchestration(BaseModel):
    status: str


class PrefectRuns:
    """Flow runs in Prefect. Safe to use concurrently.

    Every method raises PrefectError when Prefect did not confirm what was asked. `page`: the most runs of one call.
    """

    def __init__(self, api: PrefectApi, page: int = PAGE) -> None:
        self._api, self._page_size = api, page
        self._deployment_ids: dict[str, str] = {}

    async def start(self, run: NewRun) -> FlowRun:
        """Create the flow run, or return the existing run with its key."""
        return await self._api.with_retries(lambda: self._create(run))

    async def read(self, run_id: str) -> FlowRun:
        """The current flow run.

        Raises:
            MissingError: it does not exist.
        """
        return await self._api.with_retries(lambda: self._read(run_id))

    async def tagged(self, tags: Iterable[str], *, of: Iterable[str] = (), states: Iterable[str] = ()) -> list[FlowRun]:
        """The runs with one of these tags and all tags in `of`; if `states` is not empty, only in these state types."""
        query: dict[str, Any] = {"tags": {"any_": sorted(tags)} | ({"all_": sorted(of)} if of else {})}
        return await self.matching(query | ({"state": {"type": {"any_": list(states)}}} if states else {}))

    async def matching(self, query: dict[str, Any]) -> list[FlowRun]:
        """Every run that a filter of Prefect finds."""
        runs: dict[str, FlowRun] = {}
        while True:
            # Not by offset: when a run changes its state meanwhile, another run moves to the page that was read.
            ids = query.get("id", {}) | ({"not_any_": list(runs)} if runs else {})
            page = await self._page({"flow_runs": query | ({"id": ids} if ids else {}), "limit": self._page_size})
            runs |= {run.id: run for run in page}
            if len(page) < self._page_size:
                return list(runs.values())

    async def not_begun(self, tags: Iterable[str]) -> list[FlowRun]:
        """Runs with all of these tags that have yet to start, or to start again; at most one page."""
        query = {"tags": {"all_": sorted(tags)}, "state": {"type": {"any_": NOT_BEGUN}}}
        return await self._page({"flow_runs": query, "limit": self._page_size})

    async def resume(self, run: FlowRun, decided_by: str) -> bool:
        """Answer a suspended run "Check again".

        Returns:
            Whether this call resumed the run; False when it was no longer suspended.

        Raises:
            FormlessError: the run is suspended, but rejects the answer.
        """
        answer = {"run_input": {"decision": Decision.CHECK, "decided_by": decided_by}}
        until = time.monotonic() + FORM_SECONDS

        async def attempt() -> bool:
            try:
                status = await self._status(f"/flow_runs/{run.id}/resume", answer)
            except ConflictError as error:
                raise TransientError("another answer is resuming the run") from error
            if status != "REJECT":
                return status == "ACCEPT"
            if time.monotonic() < until:
                raise TransientError("Prefect has not saved the run's form yet")
            raise FormlessError("the suspended run rejects the answer")

        return await self._once(attempt)

    async def retry(self, run: FlowRun, message: str) -> bool:
        """Retry a run as the dashboard's Retry button does, unless its state has changed since it was read.

        Returns:
            Whether this call scheduled the retry.
        """

        async def attempt() -> bool:
            # Prefect has no compare-and-set: read the state first.
            if (await self._read(run.id)).state.id != run.state.id:
                return False
            # With `force`, as the dashboard sends it: otherwise the run asks people again for answers they have given.
            state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": message}
            status = await self._status(f"/flow_runs/{run.id}/set_state", {"state": state, "force": True})
            if status != "ACCEPT":
                raise TransientError(f"Prefect refused the retry ({status})")
            return True

        return await self._once(attempt)

    async def add_input(self, run_id: str, key: str, value: str) -> bool:
        """Save an input with a run; False when the run already has an input with this key.

        Raises:
            MissingError: the run does not exist.
        """

        async def attempt() -> bool:
            try:
                await self._api.call("POST", f"/flow_runs/{run_id}/input", {"key": key, "value": value})
            except ConflictError:
                return False
            return True

        return await self._once(attempt)

    async def inputs(self, run_id: str, prefix: str) -> dict[str, str]:
        """The inputs of a run whose keys begin with `prefix`."""
        path, query = f"/flow_runs/{run_id}/input/filter", {"prefix": prefix, "limit": self._page_size}
        answer = await self._api.with_retries(lambda: self._api.call("POST", path, query))
        return {item.key: item.value for item in parsed(list[_Input], answer)}

    async def delete_input(self, run_id: str, key: str) -> None:
        """Delete an input of a run, if it exists."""

        async def attempt() -> None:
            with suppress(MissingError):
                await self._api.call("DELETE", f"/flow_runs/{run_id}/input/{key}")

        await self._api.with_retries(attempt)

    async def _create(self, run: NewRun) -> FlowRun:
        deployment_id = self._deployment_ids.get(run.deployment) or await self._find_deployment(run.deployment)
        body = {
            "idempotency_key": run.key,
            "parameters": dict(run.parameters),
            "tags": list(run.tags),
            "labels": {"started-by": run.by} | ({NOTIFICATION: run.notification} if run.notification else {}),
        }
        try:
            answer = await self._api.call("POST", f"/deployments/{deployment_id}/create_flow_run", body)
        except MissingError as error:
            self._deployment_ids.pop(run.deployment, None)
            raise TransientError("the deployment was replaced") from error
        is_new = answer.status_code == httpx.codes.CREATED
        return parsed(FlowRun, answer).model_copy(update={"is_new": is_new})

    async def _find_deployment(self, name: str) -> str:
        try:
            answer = await self._api.call("GET", f"/deployments/name/{name}")
        except MissingError as error:
            raise MissingError(f"Prefect has no deployment {name}: run the bootstrap") from error
        self._deployment_ids[name] = parsed(_Deployment, answer).id
        return self._deployment_ids[name]

    async def _read(self, run_id: str) -> FlowRun:
        return parsed(FlowRun, await self._api.call("GET", f"/flow_runs/{run_id}"))

    async def _page(self, query: dict[str, Any]) -> list[FlowRun]:
        answer = await self._api.with_retries(lambda: self._api.call("POST", "/flow_runs/filter", query))
        return parsed(list[FlowRun], answer)

    async def _status(self, path: str, body: dict[str, Any]) -> str:
        return parsed(_Orchestration, await self._api.call("POST", path, body)).status

    async def _once(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Repeat an attempt; True also when an earlier try, whose answer was lost, may have succeeded."""
        outcome_unknown = False

        async def try_once() -> bool:
            nonlocal outcome_unknown
            try:
                return await attempt() or outcome_unknown
            except OutcomeUnknownError:
                outcome_unknown = True
                raise

        return await self._api.with_retries(try_once)
