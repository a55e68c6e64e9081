"""Salesforce's error codes as our errors, by who must act. The errorCode decides, not the HTTP status."""

import re
from typing import Any

import requests
from pydantic import SecretStr
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorRefused, VendorUnavailable
from blocks.common.masking import MOST_QUOTES, masked

SYSTEM = "Salesforce"

_SERVER_ERROR = 500
_TOO_MANY = 429

_FOR_HOURS, _FOR_SECONDS = 900.0, 5.0

_PASSING = {
    "UNABLE_TO_LOCK_ROW": "somebody else was saving the same record",
    "SERVER_UNAVAILABLE": "the server is not available",
    "QUERY_TIMEOUT": "the query took too long",
    "REQUEST_LIMIT_EXCEEDED": "the org's limit of API calls is used up",
}

_RIGHTS = {
    "INVALID_SESSION_ID": "Salesforce refuses the session right after a login. Check the connected app's policies",
    "INVALID_AUTH_HEADER": "Salesforce refuses the session. Check the connected app's policies",
    "INSUFFICIENT_ACCESS": "the integration user may not do this. Give it the permission",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the integration user may not change this record. Give it the permission",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "a linked record is hidden from the integration user. Share it",
    "API_DISABLED_FOR_ORG": "the integration user may not use the API. Tick 'API Enabled' in its profile",
    "API_CURRENTLY_DISABLED": "the API is switched off for this org. Ask Salesforce support",
}

# Errors of ours or of the field map. Salesforce's message quotes the query and is not repeated.
_DEFECTS = {
    "MALFORMED_QUERY": "Salesforce does not understand the query",
    "INVALID_FIELD": "this org has no such field. Correct the field map in the policy block",
    "INVALID_TYPE": "this org has no such object, or the integration user cannot see it",
    "MALFORMED_ID": "a record id is malformed",
    "JSON_PARSER_ERROR": "Salesforce does not understand the request",
    "METHOD_NOT_ALLOWED": "the call is not allowed",
}

_ADVICE = {
    "ENTITY_IS_LOCKED": "An approval holds the record: approve, reject or recall it, then press Retry",
    "ENTITY_IS_DELETED": "The record is in the recycle bin: restore it, then press Retry",
    "NOT_FOUND": "The record, object or report is missing, or the integration user cannot see it",
}

_FIELD = re.compile(r"[A-Za-z][\w.]{0,79}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,79}")
_NO_SUCH_COLUMN = re.compile(r"No such column '(\w+)' on (?:entity|sobject of type) '?(\w+)'?")


def first_error(content: Any) -> dict[str, Any]:
    """The first error of a response; an empty dict when the response has another shape."""
    error = content[0] if isinstance(content, list) and content else None
    code = error.get("errorCode") if isinstance(error, dict) else None
    return error if isinstance(error, dict) and isinstance(code, str) and _CODE.fullmatch(code) else {}


def from_salesforce(
    call: str, status: int, content: Any, *, writes: bool, record: str = "", secret: SecretStr | None = None
) -> VendorError:
    """Our error for a refusal of Salesforce.

    Args:
        call: the call, for the message.
        status: the HTTP status.
        content: the parsed body, or its text when it is not JSON.
        writes: whether the request would have changed something, if it was processed.
        record: the record of the call ("Account 001…"), if known.
        secret: the access token, which a response may repeat.
    """
    error = first_error(content)
    about = f"{call} ({record})" if record else call
    if not error:
        return _without_code(about, status, writes=writes)
    code = error["errorCode"]
    message = error["message"] if isinstance(error.get("message"), str) else ""
    if code in _PASSING:
        return VendorUnavailable(
            SYSTEM, f"{about}: {_PASSING[code]}", retry_after=_pause(code, message), code=code, status=status
        )
    if code in _RIGHTS:
        return CredentialsRejected(SYSTEM, f"{about}: {_RIGHTS[code]} ({code})", code=code, status=status)
    if status >= _SERVER_ERROR or status == _TOO_MANY:
        outcome_unknown = writes and status != _TOO_MANY
        return VendorUnavailable(SYSTEM, f"{about}: {code}", outcome_unknown=outcome_unknown, code=code, status=status)
    words = masked(message, secret) if writes else "refused"
    return _refused(about, status, error, words=words, record=record)


def from_network(call: str, error: requests.RequestException, *, writes: bool) -> VendorError:
    """Our error for a request that got no complete response."""
    if isinstance(error, requests.TooManyRedirects):
        return UnexpectedResponse(
            SYSTEM, f"{call}: Salesforce answered with a redirect. Check My Domain in the Salesforce org block"
        )
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return UnexpectedResponse(SYSTEM, f"{call}: the response is not readable")
    if isinstance(error, requests.exceptions.SSLError):
        return VendorUnavailable(SYSTEM, f"{call}: no secure connection (certificate or TLS)")
    if _never_sent(error):
        return VendorUnavailable(SYSTEM, f"{call}: no connection")
    if isinstance(error, requests.Timeout):
        return VendorUnavailable(SYSTEM, f"{call}: no answer in time", outcome_unknown=writes)
    return VendorUnavailable(SYSTEM, f"{call}: the connection was lost before the answer", outcome_unknown=writes)


def _never_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | NameResolutionError)


def _pause(code: str, message: str) -> float | None:
    if code != "REQUEST_LIMIT_EXCEEDED":
        return None
    return _FOR_HOURS if "TotalRequests" in message else _FOR_SECONDS


def _without_code(about: str, status: int, *, writes: bool) -> VendorError:
    if status >= _SERVER_ERROR or status == _TOO_MANY:
        outcome_unknown = writes and status != _TOO_MANY
        return VendorUnavailable(SYSTEM, f"{about}: HTTP {status}", outcome_unknown=outcome_unknown, status=status)
    return UnexpectedResponse(SYSTEM, f"{about}: HTTP {status} without Salesforce's error code", status=status)


def _refused(about: str, status: int, error: dict[str, Any], *, words: str, record: str) -> VendorRefused:
    code, column = error["errorCode"], _NO_SUCH_COLUMN.search(str(error.get("message", "")))
    if code in _DEFECTS:
        problem = f"{_DEFECTS[code]}{f': {column[2]}.{column[1]}' if column else ''}"
    elif code in _ADVICE:
        problem = _ADVICE[code]
    else:
        problem = words
    names = error.get("fields")
    named = [name for name in names if _FIELD.fullmatch(str(name))] if isinstance(names, list) else []
    fields = {str(name): problem for name in named[:MOST_QUOTES]}
    where = f" [{', '.join(fields)}]" if fields else ""
    details: dict[str, object] = {"record": record} if record else {}
    return VendorRefused(
        SYSTEM, f"{about}: {problem}{where} ({code})", code=code, status=status, fields=fields, details=details
    )
