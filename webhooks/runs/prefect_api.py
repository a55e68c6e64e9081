"""Calls to Prefect's REST API, made patiently.

What may pass by itself (no connection, no answer, busy: 5xx and 429) is repeated until it succeeds or patience ends.
While nothing answers at all, most calls fail at once, and a probe finds out when Prefect is back.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from webhooks.common.breaker import Breaker
from webhooks.common.errors import (
    ConflictError,
    DownError,
    LoginError,
    MissingError,
    OutcomeUnknownError,
    PrefectError,
    TransientError,
)
from webhooks.common.settings import Settings
from webhooks.runs.prefect_login import PrefectLogin

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
TIMEOUT = httpx.Timeout(5.0, connect=2.0)

Answer = TypeVar("Answer", bound=BaseModel)
Result = TypeVar("Result")


REFUSALS: Final[dict[int, type[PrefectError]]] = {
    httpx.codes.NOT_FOUND: MissingError,
    httpx.codes.CONFLICT: ConflictError,
    httpx.codes.UNAUTHORIZED: LoginError,
    httpx.codes.FORBIDDEN: LoginError,
}
CANCELLED_AFTER: Final = 1.0
"""A call that was given up after so many seconds had no answer; one that was given up sooner says nothing."""


class PrefectApi:
    """One Prefect. One per process; safe to use concurrently."""

    def __init__(self, client: httpx.AsyncClient, *, patience: float, at_once: int) -> None:
        self._client, self._patience = client, patience
        self._gate, self._breaker = asyncio.Semaphore(at_once), Breaker()

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Prefect's good answer to one call.

        Raises:
            PrefectError: there is none; the class says whether it is worth another try.
        """
        passing = TransientError if method == "GET" else OutcomeUnknownError
        try:
            answer = await self._send(method, path, body)
        except httpx.TransportError as error:
            raise passing(f"no answer from Prefect ({type(error).__name__})") from error
        if answer.is_success:
            return answer
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise passing(f"Prefect is busy (status {answer.status_code})")
        kind = REFUSALS.get(answer.status_code, PrefectError)
        raise kind(f"Prefect refused (status {answer.status_code}): {answer.text[:300]}")

    async def with_retries(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """The result of the first attempt that did not fail in passing.

        Patience covers everything: the wait for a turn, the calls, and the pauses between them.

        Raises:
            PrefectError: what the attempt raised; when patience ended, the last passing error.
        """
        if not self._breaker.lets_through():
            raise DownError("Prefect does not answer")
        reasons = ["Prefect does not answer"]
        try:
            async with asyncio.timeout(self._patience), self._gate:
                return await self._again_and_again(attempt, reasons)
        except TimeoutError:
            raise TransientError(reasons[-1]) from None

    async def _again_and_again(self, attempt: Callable[[], Awaitable[Result]], reasons: list[str]) -> Result:
        pause = FIRST_PAUSE
        while True:
            try:
                return await attempt()
            except TransientError as error:
                if self._breaker.is_open:
                    raise
                reasons.append(str(error))
                logger.debug("asking Prefect again", extra={"reason": str(error)})
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        begun = time.monotonic()
        try:
            answer = await self._client.request(method, path, json=body)
        except httpx.TransportError:
            self._breaker.unanswered(begun)
            raise
        except asyncio.CancelledError:
            if time.monotonic() - begun > CANCELLED_AFTER:
                self._breaker.unanswered(begun)
            raise
        self._breaker.answered()
        return answer


def parsed(kind: type[Answer], answer: httpx.Response) -> Answer:
    """The answer as what it must be.

    Raises:
        PrefectError: it is something else, such as a proxy's page.
    """
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise PrefectError("Prefect's answer is not what it promised; is its address right?") from error


def prefect_client(settings: Settings) -> httpx.AsyncClient:
    """The HTTP client to Prefect's API as the settings name it; the caller closes it."""
    login = PrefectLogin(settings.prefect_api_url, settings.prefect_auth)
    return httpx.AsyncClient(base_url=settings.prefect_api_url, auth=login, timeout=TIMEOUT)
