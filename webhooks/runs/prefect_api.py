"""Calls to Prefect's REST API with retries, one deadline and a circuit breaker (ADR-11).

A call that had no connection or no answer, or a busy Prefect (5xx, 429), is repeated until it succeeds or the deadline
passes. While Prefect does not answer at all, most calls fail at once, and probes find out when it is back.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from webhooks.common.breaker import CircuitBreaker
from webhooks.common.errors import (
    ConflictError,
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

Result = TypeVar("Result")


REFUSALS: Final[dict[int, type[PrefectError]]] = {
    httpx.codes.NOT_FOUND: MissingError,
    httpx.codes.CONFLICT: ConflictError,
    httpx.codes.UNAUTHORIZED: LoginError,
    httpx.codes.FORBIDDEN: LoginError,
}
CANCELLED_AFTER: Final = 1.0
"""Seconds. A call that was cancelled later had no answer; a call that was cancelled sooner proves nothing."""


class PrefectApi:
    """Calls one Prefect server. One per process; safe to use concurrently.

    Args:
        client: from `prefect_client`.
        patience: seconds for a call with its retries.
        at_once: concurrent calls.
    """

    def __init__(self, client: httpx.AsyncClient, *, patience: float, at_once: int) -> None:
        self._client, self._patience = client, patience
        self._gate, self._breaker = asyncio.Semaphore(at_once), CircuitBreaker()

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Make one call and return the successful answer.

        Raises:
            PrefectError: the call failed; the class says whether a retry may help.
        """
        transient = TransientError if method == "GET" else OutcomeUnknownError
        try:
            answer = await self._send(method, path, body)
        except httpx.TransportError as error:
            raise transient(f"no answer from Prefect ({type(error).__name__})") from error
        if answer.is_success:
            return answer
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise transient(f"Prefect is busy (status {answer.status_code})")
        error_class = REFUSALS.get(answer.status_code, PrefectError)
        raise error_class(f"Prefect refused (status {answer.status_code}): {answer.text[:300]}")

    async def with_retries(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        """Repeat an attempt while it raises a TransientError.

        `patience` covers the wait for a free place among the concurrent calls, the calls, and the pauses between them.

        Raises:
            PrefectError: from the attempt; after `patience`, the last TransientError.
        """
        if not self._breaker.allows_call():
            raise TransientError("Prefect does not answer")
        reasons = ["Prefect does not answer"]
        try:
            async with asyncio.timeout(self._patience), self._gate:
                return await self._repeat(attempt, reasons)
        except TimeoutError:
            raise TransientError(reasons[-1]) from None

    async def _repeat(self, attempt: Callable[[], Awaitable[Result]], reasons: list[str]) -> Result:
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
            self._breaker.record_silence(begun)
            raise
        except asyncio.CancelledError:
            if time.monotonic() - begun > CANCELLED_AFTER:
                self._breaker.record_silence(begun)
            raise
        self._breaker.record_answer()
        return answer


def parsed(form: type[Result], answer: httpx.Response) -> Result:
    """Parse an answer as a model or a list of models.

    Raises:
        PrefectError: the answer has another form; perhaps another server sent it.
    """
    try:
        return TypeAdapter(form).validate_json(answer.content)
    except ValidationError as error:
        raise PrefectError("Prefect's answer has an unexpected form. Check PREFECT_API_URL.") from error


def prefect_client(settings: Settings) -> httpx.AsyncClient:
    """The HTTP client for the Prefect server in the settings; the caller closes it."""
    login = PrefectLogin(settings.prefect_api_url, settings.prefect_auth)
    return httpx.AsyncClient(base_url=settings.prefect_api_url, auth=login, timeout=TIMEOUT)
