"""Around every handler: a log line without secrets, numbers, and an answer whatever happens (never a 500)."""

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

LONGEST_REASON: Final = 300
UNAVAILABLE: Final = 503
RETRY_AFTER: Final = "5"
"""Seconds after which a delivery that failed may be repeated."""


def failure(status: int, reason: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """What every refusal and failure looks like: `{"error": reason}`, and when to repeat it where that may help."""
    again = {"Retry-After": RETRY_AFTER} if status == UNAVAILABLE else {}
    return JSONResponse({"error": reason[:LONGEST_REASON]} | more, status, again | dict(headers or {}))


def observed(route: str, handler: Handler, metrics: Metrics) -> Handler:
    """The handler, answering in every case. `route` is the template: the path itself may hold a token."""

    async def answer(request: Request) -> Response:
        begun = time.perf_counter()
        response, reason = await _answer(handler, request)
        seconds = time.perf_counter() - begun
        metrics.answered(route, request.method, response.status_code, seconds)
        facts = {"route": route, "method": request.method, "status": response.status_code}
        level = logging.DEBUG if request.method in ("GET", "HEAD") and not reason else logging.INFO
        logger.log(level, "answered", extra=facts | {"seconds": round(seconds, 4), "reason": reason})
        return response

    return answer


async def _answer(handler: Handler, request: Request) -> tuple[Response, str]:
    try:
        return await handler(request), ""
    except HTTPException as refused:
        return failure(refused.status_code, refused.detail, refused.headers), refused.detail
    except PrefectError as error:
        return failure(503, str(error)), str(error)
    except ClientDisconnect:
        return failure(400, "the sender went away"), "the sender went away"
    except Exception:
        reference = secrets.token_hex(4)
        logger.exception("unexpected error", extra={"reference": reference})
        return failure(503, f"unexpected error, reference {reference}"), "unexpected error"
