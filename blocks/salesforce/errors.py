"""Salesforce's error codes, told by who must act (contracts: decide on errorCode, not on the HTTP status)."""

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

# Nothing was stored; the same call may succeed in a moment.
_PASSING = {
    "UNABLE_TO_LOCK_ROW": "somebody else was saving the same record",
    "SERVER_UNAVAILABLE": "the server is not available",
    "QUERY_TIMEOUT": "the query took too long",
    "REQUEST_LIMIT_EXCEEDED": "the org's limit of API calls is used up",
}

_RIGHTS = {
    "INVALID_SESSION_ID": "the session is refused right after a login. Check the connected app's policies",
    "INVALID_AUTH_HEADER": "the session is refused. Check the connected app's policies",
    "INSUFFICIENT_ACCESS": "the integration user may not do this. Give it the right",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the integration user may not change this record. Give it the right",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "a linked record is hidden from us. Share it",
    "API_DISABLED_FOR_ORG": "the integration user may not use the API. Tick 'API Enabled' in its profile",
    "API_CURRENTLY_DISABLED": "the API is switched off for this org. Ask Salesforce support",
}

# Ours or the field map's fault; the vendor's message quotes the query and is not repeated.
_DEFECTS = {
    "MALFORMED_QUERY": "the query is not understood",
    "INVALID_FIELD": "a field is unknown to this org. Correct the field map in the policy block",
    "INVALID_TYPE": "an object is unknown to this org, or hidden from the integration user",
    "MALFORMED_ID": "a record id is malformed",
    "JSON_PARSER_ERROR": "the request is not understood",
    "METHOD_NOT_ALLOWED": "the call is not allowed",
}

_ADVICE = {
    "ENTITY_IS_LOCKED": "An approval holds the record: approve, reject or recall it, then press Retry",
    "ENTITY_IS_DELETED": "The record is in the recycle bin: restore it, then press Retry",
    "NOT_FOUND": "The record, object or report is not there, or hidden from the integration user",
}

_FIELD = re.compile(r"[A-Za-z][\w.]{0,79}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,79}")
_NO_SUCH_COLUMN = re.compile(r"No such column '(\w+)' on (?:entity|sobject of type) '?(\w+)'?")


def first_error(content: Any) -> dict[str, Any]:
    """The error of an answer's array, or an empty dict when the answer is of another shape."""
    error = content[0] if isinstance(content, list) and content else None
    code = error.get("errorCode") if isinstance(error, dict) else None
    return error if isinstance(error, dict) and isinstance(code, str) and _CODE.fullmatch(code) else {}


def from_salesforce(
    what: str, status: int, content: Any, *, writes: bool, record: str = "", secret: SecretStr | None = None
) -> VendorError:
    """Our error for a refusal of Salesforce.

    Args:
        what: the call, for the message.
        status: the HTTP status.
        content: the parsed body, or its text when it is not JSON.
        writes: whether the request would have changed something, if it was processed.
        record: what the call was about ("Account 001…"), when it is known.
        secret: the access token, which an answer may repeat.
    """
    error = first_error(content)
    about = f"{what} ({record})" if record else what
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


def from_network(what: str, error: requests.RequestException, *, writes: bool) -> VendorError:
    """Our error for a request that got no whole answer."""
    if isinstance(error, requests.TooManyRedirects):
        return UnexpectedResponse(
            SYSTEM, f"{what}: answered with a redirect. Check My Domain in the Salesforce org block"
        )
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return UnexpectedResponse(SYSTEM, f"{what}: the answer is not readable")
    if isinstance(error, requests.exceptions.SSLError):
        return VendorUnavailable(SYSTEM, f"{what}: no secure connection (certificate or TLS)")
    if _never_sent(error):
        return VendorUnavailable(SYSTEM, f"{what}: no connection")
    if isinstance(error, requests.Timeout):
        return VendorUnavailable(SYSTEM, f"{what}: no answer in time", outcome_unknown=writes)
    return VendorUnavailable(SYSTEM, f"{what}: the connection was lost before the answer", outcome_unknown=writes)


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
        said = f"{_DEFECTS[code]}{f': {column[2]}.{column[1]}' if column else ''}"
    elif code in _ADVICE:
        said = _ADVICE[code]
    else:
        said = words
    names = error.get("fields")
    named = [name for name in names if _FIELD.fullmatch(str(name))] if isinstance(names, list) else []
    fields = {str(name): said for name in named[:MOST_QUOTES]}
    where = f" [{', '.join(fields)}]" if fields else ""
    details: dict[str, object] = {"record": record} if record else {}
    return VendorRefused(
        SYSTEM, f"{about}: {said}{where} ({code})", code=code, status=status, fields=fields, details=details
    )
