"""The few things the receiver does with flow runs.

A flow run counts as started once Prefect has answered that it is in its database (D-5).
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import httpx
from pydantic import BaseModel, RootModel

from rules.questions.questions import Decision
from webhooks.common.errors import ConflictError, MissingError, OutcomeUnknownError, PrefectError, TransientError
from webhooks.runs.flow_runs import NOTIFICATION, FlowRun, NewRun, State
from webhooks.runs.prefect_api import PrefectApi, parsed

__all__ = ["AT_REST", "RUNNING", "FlowRun", "FormlessError", "NewRun", "PrefectRuns", "State"]

PAGE: Final = 200  # Prefect's own limit
AT_REST: Final = ("PAUSED", "FAILED", "CRASHED")
RUNNING: Final = "RUNNING"
NOT_BEGUN: Final = ("SCHEDULED", "PENDING")
# A run is seen suspended a moment before the form of its answer is saved (Prefect saves it second).
FORM_SECONDS: Final = 1.0


class FormlessError(PrefectError):
    """Raised when a suspended run takes no answer: it ended before its form was saved, or has another form."""


class _Page(RootModel[list[FlowRun]]):
    pass


class _Input(BaseModel):
    key: str
    value: str


class _Inputs(RootModel[list[_Input]]):
    pass


class _Deployment(BaseModel):
    id: str


class _Orchestration(BaseModel):
    status: str


class PrefectRuns:
    """Starts runs, reads them and moves them on. Safe to use concurrently.

    Every method raises PrefectError when Prefect did not confirm what was asked. `page`: runs found by one call.
    """

    def __init__(self, api: PrefectApi, page: int = PAGE) -> None:
        self._api, self._page_size = api, page
        self._deployment_ids: dict[str, str] = {}

    async def start(self, run: NewRun) -> FlowRun:
        """The flow run with this key, created now or found."""
        return await self._api.with_retries(lambda: self._create(run))

    async def read(self, run_id: str) -> FlowRun:
        """The flow run as it is now.

        Raises:
            MissingError: there is none.
        """
        return await self._api.with_retries(lambda: self._read(run_id))

    async def at_rest(self, tags: Iterable[str]) -> list[FlowRun]:
        """The runs of any flow with one of these tags that are paused, failed or crashed."""
        return await self.tagged(tags, states=AT_REST)

    async def tagged(self, tags: Iterable[str], *, of: Iterable[str] = (), states: Iterable[str] = ()) -> list[FlowRun]:
        """The runs with one of these tags and all tags of `of`; in one of these types of state, if any is named."""
        wanted: dict[str, Any] = {"tags": {"any_": sorted(tags)} | ({"all_": sorted(of)} if of else {})}
        return await self.matching(wanted | ({"state": {"type": {"any_": list(states)}}} if states else {}))

    async def matching(self, wanted: dict[str, Any]) -> list[FlowRun]:
        """Every run that Prefect's filter finds."""
        found: dict[str, FlowRun] = {}
        while True:
            # Not by offset: runs that wake meanwhile would move others from the next page to the last.
            ids = wanted.get("id", {}) | ({"not_any_": list(found)} if found else {})
            query = wanted | ({"id": ids} if ids else {})
            page = await self._page({"flow_runs": query, "limit": self._page_size})
            found |= {run.id: run for run in page}
            if len(page) < self._page_size:
                return list(found.values())

    async def not_begun(self, tags: Iterable[str]) -> list[FlowRun]:
        """Runs of any flow with all of these tags that are yet to begin, or to begin again; a page at most."""
        wanted = {"tags": {"all_": sorted(tags)}, "state": {"type": {"any_": NOT_BEGUN}}}
        return await self._page({"flow_runs": wanted, "limit": self._page_size})

    async def resume(self, run: FlowRun, decided_by: str) -> bool:
        """Answer a suspended run "Check again".

        Returns:
            Whether the run goes on because of this call; False when it was not suspended any more.

        Raises:
            FormlessError: it is suspended, but takes no answer.
        """
        answer = {"run_input": {"decision": Decision.CHECK, "decided_by": decided_by}}
        until = time.monotonic() + FORM_SECONDS

        async def attempt() -> bool:
            try:
                status = await self._status(f"/flow_runs/{run.id}/resume", answer)
            except ConflictError as error:
                raise TransientError("the run is being resumed by another answer") from error
            if status != "REJECT":
                return status == "ACCEPT"
            if time.monotonic() < until:
                raise TransientError("the run's suspension is being saved")
            raise FormlessError("the suspended run takes no answer")

        return await self._once(attempt)

    async def retry(self, run: FlowRun, message: str) -> bool:
        """Do what the dashboard's Retry button does, unless the run has left the state it was seen in.

        Returns:
            Whether the run is to start again because of this call.
        """

        async def attempt() -> bool:
            # Prefect cannot compare and swap: look first.
            if (await self._read(run.id)).state.id != run.state.id:
                return False
            # `force`, as the dashboard sends it: without it, answers people gave to the run are asked again.
            state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": message}
            status = await self._status(f"/flow_runs/{run.id}/set_state", {"state": state, "force": True})
            if status != "ACCEPT":
                raise TransientError(f"Prefect did not take the retry ({status})")
            return True

        return await self._once(attempt)

    async def add_input(self, run_id: str, key: str, value: str) -> bool:
        """Leave an input with a run, once; False when it had one with this key before.

        Raises:
            MissingError: there is no such run.
        """

        async def attempt() -> bool:
            try:
                await self._api.call("POST", f"/flow_runs/{run_id}/input", {"key": key, "value": value})
            except ConflictError:
                return False
            return True

        return await self._once(attempt)

    async def inputs(self, run_id: str, prefix: str) -> dict[str, str]:
        """What is left with a run under keys that begin so, as it was left."""
        path, query = f"/flow_runs/{run_id}/input/filter", {"prefix": prefix, "limit": self._page_size}
        answer = await self._api.with_retries(lambda: self._api.call("POST", path, query))
        return {one.key: one.value for one in parsed(_Inputs, answer).root}

    async def drop_input(self, run_id: str, key: str) -> None:
        """Take an input away from a run; it need not be there."""

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
        return parsed(_Page, answer).root

    async def _status(self, path: str, body: dict[str, Any]) -> str:
        return parsed(_Orchestration, await self._api.call("POST", path, body)).status

    async def _once(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Whether the attempt did it, be it in an earlier try whose success was not heard of."""
        unheard = False

        async def again() -> bool:
            nonlocal unheard
            try:
                return await attempt() or unheard
            except OutcomeUnknownError:
                unheard = True
                raise

        return await self._api.with_retries(again)
