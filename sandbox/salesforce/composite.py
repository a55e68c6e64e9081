"""The resources `composite` and `composite/batch`: several calls in one."""

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.references import MissingReference, resolved
from sandbox.salesforce.store import Store
from sandbox.salesforce.usage import Usage

Dispatch = Callable[[Call], Answer]
_MOST: Final = 25
_MOST_HEAVY: Final = 5
_HEAVY: Final = ("query", "queryAll", "composite/sobjects")
_URL: Final = re.compile(r"/?(?:services/data/)?(v\d+\.\d)/(.+)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FORBIDDEN: Final = {"accept", "authorization", "content-type"}
_NOT_WITHIN: Final = ("composite", "composite/batch")
_BAD_REQUEST: Final = 400
# 300 as well: an upsert that matched several records wrote none.
_REFUSED: Final = 300
_HALTED = [
    {
        "errorCode": "PROCESSING_HALTED",
        "message": "The transaction was rolled back since another operation in the same transaction failed.",
    }
]


class _RolledBack(Exception):
    """Raised to undo a composite of which nothing may stay."""


class Composite:
    """Runs subrequests one after the other."""

    def __init__(self, store: Store, dispatch: Dispatch, usage: Usage) -> None:
        self._store, self._dispatch, self._usage = store, dispatch, usage

    def composite(self, call: Call) -> Answer:
        """POST composite: subrequests may use the results of earlier ones; all or none, if wished."""
        body = call.json_object()
        calls = _subrequests(body)
        every = body.get("allOrNone") is True
        answers: list[tuple[str, Answer]] = []
        try:
            self._together(calls, answers, every=every)
        except _RolledBack:
            done = len(answers)
            answers += [(reference, Answer(_BAD_REQUEST, _HALTED)) for reference, _ in calls[done:]]
            answers = [(reference, _undone(answer)) for reference, answer in answers]
        return Answer(200, {"compositeResponse": [_shown(*answer) for answer in answers]})

    def batch(self, call: Call) -> Answer:
        """POST composite/batch: independent subrequests."""
        body = call.json_object()
        wanted = body.get("batchRequests")
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= _MOST:
            raise SalesforceError("JSON_PARSER_ERROR", f"batchRequests must be a list of 1 to {_MOST} subrequests")
        self._usage.made += len(wanted)
        results: list[dict[str, Any]] = []
        halted = False
        for one in wanted:
            answer = _BATCH_HALTED if halted else self._dispatch(_call(one, "richInput"))
            halted = halted or (body.get("haltOnError") is True and _failed(answer))
            results.append({"statusCode": answer.status, "result": answer.body})
        failed = any(result["statusCode"] >= _BAD_REQUEST for result in results)
        return Answer(200, {"hasErrors": failed, "results": results})

    def _together(
        self, calls: list[tuple[str, dict[str, Any]]], answers: list[tuple[str, Answer]], *, every: bool
    ) -> None:
        with self._store.transaction():
            self._run(calls, answers, every=every)
            if every and any(_failed(answer) for _, answer in answers):
                raise _RolledBack

    def _run(self, calls: list[tuple[str, dict[str, Any]]], answers: list[tuple[str, Answer]], *, every: bool) -> None:
        results: dict[str, Any] = {}
        for reference, one in calls:
            try:
                answer = self._dispatch(_call(resolved(one, results), "body"))
            except MissingReference as missing:
                answer = Answer(_BAD_REQUEST, [{"errorCode": "PROCESSING_HALTED", "message": str(missing)}])
            answers.append((reference, answer))
            if _failed(answer):
                if every:
                    return
            else:
                results[reference] = answer.body


_BATCH_HALTED = Answer(
    412, [{"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}]
)


def _subrequests(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    wanted = body.get("compositeRequest")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, dict) for one in wanted):
        raise SalesforceError("JSON_PARSER_ERROR", "compositeRequest must be a list of subrequests")
    if len(wanted) > _MOST:
        raise SalesforceError("LIMIT_EXCEEDED", f"Composite requests are limited to {_MOST} subrequests")
    if sum(_call(one, "body").path.startswith(_HEAVY) for one in wanted) > _MOST_HEAVY:
        raise SalesforceError(
            "LIMIT_EXCEEDED", f"Composite requests are limited to {_MOST_HEAVY} queries and collections"
        )
    names = [one.get("referenceId") for one in wanted]
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise SalesforceError("JSON_PARSER_ERROR", f"The referenceId is missing or invalid: {name}")
    if len(set(names)) < len(names):
        raise SalesforceError("JSON_PARSER_ERROR", "Duplicate referenceId in composite request")
    return list(zip(names, wanted, strict=True))


def _call(one: Any, body: str) -> Call:
    """A subrequest as a call of its own.

    Args:
        one: the subrequest.
        body: the name of the member that holds its body.
    """
    if not isinstance(one, dict) or not isinstance(one.get("method"), str) or not isinstance(one.get("url"), str):
        raise SalesforceError("JSON_PARSER_ERROR", "A subrequest must have a method and a url")
    given = one.get("httpHeaders") or {}
    if not isinstance(given, dict):
        raise SalesforceError("JSON_PARSER_ERROR", "httpHeaders must be an object")
    headers = {name.lower(): str(value) for name, value in given.items()}
    if _FORBIDDEN & headers.keys():
        raise SalesforceError("JSON_PARSER_ERROR", f"Headers not allowed: {sorted(_FORBIDDEN & headers.keys())}")
    address, _, asked = one["url"].partition("?")
    found = _URL.fullmatch(address)
    if not found or found[2] in _NOT_WITHIN:
        raise SalesforceError("JSON_PARSER_ERROR", f"The url of a subrequest is invalid: {one['url']}")
    query = dict(parse_qsl(asked, keep_blank_values=True))
    return Call(one["method"].upper(), unquote(found[2]).strip("/"), found[1], query, headers, one.get(body))


def _failed(answer: Answer) -> bool:
    """Whether a call was refused, or any row of a collection was."""
    rows = answer.body if isinstance(answer.body, list) else []
    return answer.status >= _REFUSED or any(row.get("success") is False for row in rows if isinstance(row, dict))


def _undone(answer: Answer) -> Answer:
    return answer if _failed(answer) else Answer(_BAD_REQUEST, _HALTED)


def _shown(reference: str, answer: Answer) -> dict[str, Any]:
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": reference,
    }
