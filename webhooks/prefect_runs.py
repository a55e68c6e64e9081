"""The few calls to Prefect's REST API that the receiver lives by.

A flow run counts as started once Prefect has answered that it is in its database (design decision 5).
What may pass by itself (no connection, no answer, busy: 5xx and 429) is repeated with the same key.
"""

import asyncio
import base64
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from webhooks.settings import Settings

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
READY_SECONDS = 3.0
TIMEOUT = httpx.Timeout(5.0, connect=2.0)

Answer = TypeVar("Answer", bound=BaseModel)
Result = TypeVar("Result")


class PrefectError(Exception):
    """Raised when Prefect did not do what it was asked, in the time we had; says why, for the engineer."""


class PassingError(PrefectError):
    """Raised when the same call may succeed in a moment."""


class MissingError(PrefectError):
    """Raised when what we asked for does not exist in Prefect."""


class State(BaseModel):
    """A flow run's state; a new id with every change."""

    id: str
    type: str
    name: str
    timestamp: datetime


class FlowRun(BaseModel):
    """A flow run, as far as the receiver decides on it. `is_new`: this very call created it."""

    id: str
    state: State
    is_new: bool = False


class _Deployment(BaseModel):
    id: str


class _Orchestration(BaseModel):
    status: str


@dataclass(frozen=True)
class NewRun:
    """What to start: `key` makes it one run, however often it is asked for; `by` is told in the audit."""

    key: str
    parameters: Mapping[str, str]
    tags: tuple[str, ...]
    by: str


class PrefectRuns:
    """Starts, reads and wakes the runs of one deployment. One per process; safe to use concurrently."""

    def __init__(self, client: httpx.AsyncClient, deployment: str, *, patience: float, at_once: int) -> None:
        self._client, self._deployment, self._patience = client, deployment, patience
        self._deployment_id: str | None = None
        self._gate = asyncio.Semaphore(at_once)

    async def start(self, run: NewRun) -> FlowRun:
        """The flow run with this key, created now or found.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        return await self._patiently(lambda: self._create(run))

    async def retry(self, run: FlowRun, message: str) -> bool:
        """Do what the dashboard's Retry button does, unless the run has left the state it was seen in.

        Returns:
            Whether the run is to start again because of this call.

        Raises:
            PrefectError: Prefect did not confirm it.
        """
        tried = False

        async def attempt() -> bool:
            # Prefect cannot compare and swap, and the call before may have succeeded unheard: look first.
            nonlocal tried
            if (await self._read(run.id)).state.id != run.state.id:
                return tried
            tried = True
            # `force`, as the dashboard sends it: without it, answers people gave to the run are asked again.
            state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": message}
            answer = await self._call("POST", f"/flow_runs/{run.id}/set_state", {"state": state, "force": True})
            return _parsed(_Orchestration, answer).status == "ACCEPT"

        return await self._patiently(attempt)

    async def check(self) -> None:
        """Look, once, whether Prefect answers and has the deployment.

        Raises:
            PrefectError: it does not; says which.
        """
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._find_deployment()
        except TimeoutError:
            raise PassingError("Prefect does not answer") from None

    async def _create(self, run: NewRun) -> FlowRun:
        deployment_id = self._deployment_id or await self._find_deployment()
        body = {
            "idempotency_key": run.key,
            "parameters": dict(run.parameters),
            "tags": list(run.tags),
            "labels": {"started-by": run.by},
        }
        try:
            answer = await self._call("POST", f"/deployments/{deployment_id}/create_flow_run", body)
        except MissingError as error:
            self._deployment_id = None
            raise PassingError("the deployment was replaced") from error
        is_new = answer.status_code == httpx.codes.CREATED
        return _parsed(FlowRun, answer).model_copy(update={"is_new": is_new})

    async def _read(self, run_id: str) -> FlowRun:
        return _parsed(FlowRun, await self._call("GET", f"/flow_runs/{run_id}"))

    async def _find_deployment(self) -> str:
        try:
            answer = await self._call("GET", f"/deployments/name/{self._deployment}")
        except MissingError as error:
            raise MissingError(f"Prefect has no deployment {self._deployment}: run the bootstrap") from error
        self._deployment_id = _parsed(_Deployment, answer).id
        return self._deployment_id

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise PassingError(f"no answer from Prefect ({type(error).__name__})") from error
        if answer.is_success:
            return answer
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise PassingError(f"Prefect is busy (status {answer.status_code})")
        kind = MissingError if answer.status_code == httpx.codes.NOT_FOUND else PrefectError
        raise kind(f"Prefect refused (status {answer.status_code}): {answer.text[:300]}")

    async def _patiently(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        reason = "Prefect does not answer"
        async with self._gate:
            try:
                async with asyncio.timeout(self._patience):
                    pause = FIRST_PAUSE
                    while True:
                        try:
                            return await attempt()
                        except PassingError as error:
                            reason = str(error)
                            logger.info("asking Prefect again", extra={"reason": reason})
                        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
                        pause = min(2 * pause, LONGEST_PAUSE)
            except TimeoutError:
                raise PassingError(reason) from None


def _parsed(kind: type[Answer], answer: httpx.Response) -> Answer:
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise PrefectError("Prefect's answer is not what it promised; is its address right?") from error


def prefect_client(settings: Settings) -> httpx.AsyncClient:
    """The HTTP client to Prefect's API as the settings name it; the caller closes it."""
    headers = {}
    if settings.prefect_auth is not None:
        secret = base64.b64encode(settings.prefect_auth.get_secret_value().encode()).decode()
        headers["Authorization"] = f"Basic {secret}"
    return httpx.AsyncClient(base_url=settings.prefect_api_url, headers=headers, timeout=TIMEOUT)
