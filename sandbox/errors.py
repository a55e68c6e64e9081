"""How each vendor says no: the shape of its error bodies and the headers that belong to them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.responses import JSONResponse, Response

_USUAL_CODES: Final[dict[str, dict[int, str]]] = {
    "salesforce": {
        400: "UNKNOWN_EXCEPTION",
        401: "INVALID_SESSION_ID",
        403: "REQUEST_LIMIT_EXCEEDED",
        404: "NOT_FOUND",
        405: "METHOD_NOT_ALLOWED",
        503: "SERVER_UNAVAILABLE",
        0: "UNKNOWN_EXCEPTION",
    },
    "lms": {
        400: "bad_request",
        401: "unauthorized",
        404: "not_found",
        405: "method_not_allowed",
        409: "locked",
        415: "unsupported_media_type",
        422: "invalid",
        429: "rate_limited",
        503: "unavailable",
        0: "internal_error",
    },
    "recurly": {
        400: "bad_request",
        401: "unauthorized",
        403: "invalid_permissions",
        404: "not_found",
        406: "invalid_api_version",
        422: "validation",
        429: "rate_limited",
        503: "service_not_available",
        0: "internal_server_error",
    },
    "slack": {404: "unknown_method", 405: "unknown_method", 429: "ratelimited", 0: "internal_error"},
    "outreach": {
        401: "unauthorized",
        403: "unauthorizedRequest",
        404: "resourceNotFound",
        415: "unsupportedMediaType",
        422: "validationError",
        429: "rateLimitExceeded",
        503: "scheduledServerMaintenance",
        0: "internalServerError",
    },
}
_RETRY_AFTER: Final = {"Retry-After": "1"}
_OUTREACHS_TITLES: Final = {
    "unauthorizedOauthScope": "Unauthorized OAuth Scope",
    "unauthorizedRequest": "Unauthorized Request",
    "resourceNotFound": "Resource Not Found",
    "unsupportedMediaType": "Unsupported Media Type",
    "validationError": "Validation Error",
    "rateLimitExceeded": "Rate Limit Exceeded",
    "scheduledServerMaintenance": "Scheduled Server Maintenance",
}


class Refused(Exception):
    """Raised by a handler when its vendor says no; answered in the vendor's shape."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.details = status, code, details


def recurly_headers() -> dict[str, str]:
    """What every answer of Recurly carries; its client fails without the request id."""
    return {
        "X-Request-Id": "sandbox-request",
        "Recurly-Version": "recurly.v2021-02-25",
        "X-RateLimit-Limit": "400",
        "X-RateLimit-Remaining": "399",
        "X-RateLimit-Reset": str(int(time.time()) + 60),
    }


def vendor_error(
    system: str, status: int, code: str = "", message: str = "", *, path: str = "", **details: Any
) -> Response:
    """The answer with which the vendor reports an error.

    An empty code means a usual one for the status. The path that was asked matters where Salesforce's login
    answers in a shape of its own. Details are further members of the vendor's error object.
    """
    usual = _USUAL_CODES[system]
    code = code or usual.get(status, usual[0])
    shape = _oauth if "/oauth2/" in path else _SHAPES[system]
    return shape(status, code, message or code.replace("_", " "), details)


def _oauth(status: int, code: str, message: str, _details: dict[str, Any]) -> Response:
    return JSONResponse({"error": code.lower(), "error_description": message}, status)


def _salesforce(status: int, code: str, message: str, details: dict[str, Any]) -> Response:
    return JSONResponse([{"message": message, "errorCode": code, **details}], status)


def _lms(status: int, code: str, message: str, details: dict[str, Any]) -> Response:
    headers = _RETRY_AFTER if status in (429, 503) else None
    return JSONResponse({"error": {"code": code, "message": message, **details}}, status, headers)


def _recurly(status: int, code: str, message: str, details: dict[str, Any]) -> Response:
    headers = recurly_headers()
    if status == 429:  # noqa: PLR2004 - the HTTP status itself
        soon = str(int(time.time()) + int(_RETRY_AFTER["Retry-After"]))
        headers |= {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": soon, **_RETRY_AFTER}
    error = {"type": code, "message": message, "params": [], **details}
    return JSONResponse({"error": error}, status, headers, "application/json; charset=utf-8")


def _slack(status: int, code: str, _message: str, details: dict[str, Any]) -> Response:
    refused = {"ok": False, "error": code, **details}
    # Slack says no with 200; only too many requests and its own trouble have a status.
    said = status if status in (429, *range(500, 600)) else 200
    return JSONResponse(refused, said, _RETRY_AFTER if status in (429, 503) else None)


def _outreach(status: int, code: str, message: str, details: dict[str, Any]) -> Response:
    limits = {"X-RateLimit-Limit": "10000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
    error = {"id": code, "title": _OUTREACHS_TITLES.get(code, code), "detail": message, **details}
    # While it is being maintained, Outreach tells the instant of its return instead of seconds.
    back = {"Retry-After": (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    headers = {429: _RETRY_AFTER | limits, 503: back}.get(status)
    return JSONResponse({"errors": [error]}, status, headers, "application/vnd.api+json")


_SHAPES: Final[dict[str, Callable[[int, str, str, dict[str, Any]], Response]]] = {
    "salesforce": _salesforce,
    "lms": _lms,
    "recurly": _recurly,
    "slack": _slack,
    "outreach": _outreach,
}
