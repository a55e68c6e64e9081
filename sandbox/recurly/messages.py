"""What comes in to the stand-in Recurly, checked, and what goes out, with the headers its client needs."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.errors import Refused, recurly_headers
from sandbox.recurly import lists

_LONGEST_CODE: Final = 50


def key(request: Request) -> str:
    """The API key of the Basic authorization, "" when there is none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().removesuffix(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def given(request: Request, known: Sequence[str]) -> dict[str, Any]:
    """The fields of the request's JSON object.

    Raises:
        Refused: it is none, or has fields that Recurly does not know here.
    """
    try:
        fields = await request.json()
    except ValueError:
        raise Refused(400, "bad_request", "The body is not JSON") from None
    if not isinstance(fields, dict):
        raise Refused(400, "bad_request", "The body is not a JSON object")
    if unknown := set(fields) - set(known):
        raise invalid(min(unknown), "is not a known parameter")
    return fields


def check_code(code: Any) -> None:
    """Refuse a code that is missing or that no path could hold."""
    if not isinstance(code, str) or not code:
        raise invalid("code", "can't be blank")
    if len(code) > _LONGEST_CODE or code.startswith(".") or set(code) & set("/;"):
        raise invalid("code", "is invalid")


def invalid(name: str, message: str) -> Refused:
    """The refusal of one parameter."""
    return Refused(422, "validation", f"{name} {message}", params=[{"param": name, "message": message}])


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """A successful answer."""
    return JSONResponse(body, status, recurly_headers(), "application/json; charset=utf-8")


def list_answer(request: Request, table: lists.Table, wanted: Callable[[lists.Row], bool]) -> Response:
    """A page of a list, or for HEAD its total alone."""
    params = dict(request.query_params)
    if request.method == "HEAD":
        total = str(lists.count(table, params, wanted))
        return Response(headers={**recurly_headers(), "Recurly-Total-Records": total})
    return answer(lists.page(table, request.url.path, params, wanted))
