"""Wraps every handler: logs one line without secrets, counts, and turns every failure into a response, never a 500."""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from webhooks.common.errors import PrefectError
from webhooks.common.metrics import Metrics

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

MAX_REASON_LENGTH: Final = 300
UNAVAILABLE: Final = 503
RETRY_AFTER: Final = "5"
"""Seconds after which the sender may repeat a failed delivery."""


def failure(status: int, reason: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """The form of every error response: `{"error": reason}`, more fields, and Retry-After with a 503."""
    retry = {"Retry-After": RETRY_AFTER} if status == UNAVAILABLE else {}
    return JSONResponse({"error": reason[:MAX_REASON_LENGTH]} | more, status, retry | dict(headers or {}))


def observed(route: str, handler: Handler, metrics: Metrics) -> Handler:
    """Wrap a handler. `route` is the template of the path: the path itself may hold a token."""

    async def respond(request: Request) -> Response:
        begun = time.perf_counter()
        response, reason = await _respond(handler, request)
        seconds = time.perf_counter() - begun
        metrics.count_response(route, request.method, response.status_code, seconds)
        details = {"route": route, "method": request.method, "status": response.status_code}
        level = logging.DEBUG if request.method in ("GET", "HEAD") and not reason else logging.INFO
        logger.log(level, "answered", extra=details | {"seconds": round(seconds, 4), "reason": reason})
        return response

    return respond


async def _respond(handler: Handler, request: Request) -> tuple[Response, str]:
    try:
        return await handler(request), ""
    except HTTPException as error:
        return failure(error.status_code, error.detail, error.headers), error.detail
    except PrefectError as error:
        return failure(UNAVAILABLE, str(error)), str(error)
    except ClientDisconnect:
        return failure(400, "the sender closed the connection"), "the sender closed the connection"
    except Exception:
        reference = secrets.token_hex(4)
        logger.exception("unexpected error", extra={"reference": reference})
        return failure(UNAVAILABLE, f"unexpected error, reference {reference}"), "unexpected error"
