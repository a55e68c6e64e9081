"""Several calls to Salesforce in one, all or none: the request, and how its response is read.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr

from blocks.common.errors import UnexpectedResponse, VendorError
from blocks.common.responses import CamelCased, read
from blocks.salesforce.errors import SYSTEM, from_salesforce
from blocks.salesforce.responses import RECORD_ID, asked_object, plain_record

MAX_SUBREQUESTS = 25
MAX_RECORDS = 200
"""Records of one collection."""
COLLECTION = "composite/sobjects"
_API_NAME = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)
_FAILED = 300
_BAD_REQUEST = 400
_HALTED = "PROCESSING_HALTED"
_FOR_ANOTHER = frozenset({_HALTED, "ALL_OR_NONE_OPERATION_ROLLED_BACK"})
"""Error codes of a record that was not written because another one failed."""


@dataclass(frozen=True)
class Subrequest:
    """One call of a composite request.

    Attributes:
        method: GET, POST, PATCH or DELETE.
        path: relative to the API version, like `sobjects/Account/001000000000001AAA`.
        reference_id: letters, digits and underscore; others of the same request refer to it.
        body: the fields to write, or None.
    """

    method: str
    path: str
    reference_id: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Fields:
    """Fields to write to one record.

    Attributes:
        sobject: API name of the object.
        record_id: 15 or 18 characters.
        values: by the fields' API names.
    """

    sobject: str
    record_id: str
    values: Mapping[str, Any]


def api_name(name: str) -> str:
    """Check a name that goes into a query or an address; a ValueError for any other text."""
    if not _API_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the API name of a Salesforce object or field")
    return name


def checked_id(record_id: str) -> str:
    """Check an id that goes into an address; a ValueError for any other text."""
    if not RECORD_ID.fullmatch(record_id):
        raise ValueError(f"{record_id!r} is not a Salesforce id: 15 or 18 letters and digits")
    return record_id


def collections(records: Sequence[Fields]) -> list[Subrequest]:
    """The calls that write the records: one for every 200."""
    ordered = sorted(records, key=lambda record: record.sobject)
    chunks = [ordered[first : first + MAX_RECORDS] for first in range(0, len(ordered), MAX_RECORDS)]
    return [_collection(number, chunk) for number, chunk in enumerate(chunks)]


def _collection(number: int, records: Sequence[Fields]) -> Subrequest:
    rows = [
        {"attributes": {"type": api_name(record.sobject)}, "id": checked_id(record.record_id), **record.values}
        for record in records
    ]
    return Subrequest("PATCH", COLLECTION, f"records{number}", {"allOrNone": True, "records": rows})


def body_of(api_version: str, requests: Sequence[Subrequest]) -> dict[str, Any]:
    """The body of the composite request.

    Raises:
        ValueError: there are too many calls, or none.
    """
    if not 0 < len(requests) <= MAX_SUBREQUESTS:
        raise ValueError(f"A composite request holds 1 to {MAX_SUBREQUESTS} calls, not {len(requests)}")
    return {
        "allOrNone": True,
        "collateSubrequests": False,
        "compositeRequest": [
            {
                "method": request.method,
                "url": f"/services/data/v{api_version}/{request.path}",
                "referenceId": request.reference_id,
                **({} if request.body is None else {"body": dict(request.body)}),
            }
            for request in requests
        ],
    }


class Subresponse(CamelCased):
    """The response to one call of a composite request."""

    reference_id: str
    http_status_code: int
    body: Any = None


class CompositeResponse(CamelCased):
    """The responses to all calls."""

    composite_response: list[Subresponse]


def bodies(value: Any, requests: Sequence[Subrequest], secret: SecretStr | None = None) -> list[dict[str, Any]]:
    """The bodies of a composite response in the order of the calls, `{}` for an empty one and for a collection.

    Args:
        value: the whole response.
        requests: the calls.
        secret: the access token, which a response may repeat.

    Raises:
        VendorError: the failure that halted the others; it names its record.
        UnexpectedResponse: a response is missing, or all calls were halted for no reason given.
    """
    writes = any(request.method != "GET" for request in requests)
    responses = read(CompositeResponse, SYSTEM, "composite", value).composite_response
    by_id = {response.reference_id: response for response in responses}
    if set(by_id) != {call.reference_id for call in requests}:
        raise UnexpectedResponse(SYSTEM, "composite: the responses are not those to our calls")
    pairs = [(call, by_id[call.reference_id]) for call in requests]
    failures = [pair for pair in pairs if _has_failed(*pair)]
    cause = next((failure for failure in failures if not _is_halted(failure[1])), None)
    if cause is not None:
        raise _failure(*cause, writes=writes, secret=secret)
    if failures:
        raise UnexpectedResponse(SYSTEM, "composite: all calls were halted and no reason was given", code=_HALTED)
    return [_body(response) for _, response in pairs]


def _has_failed(call: Subrequest, response: Subresponse) -> bool:
    if response.http_status_code >= _FAILED or _is_halted(response):
        return True
    if call.path != COLLECTION:
        return False
    rows = response.body if isinstance(response.body, list) else []
    if len(rows) != len(_records(call)) or not all(
        isinstance(row, dict) and isinstance(row.get("success"), bool) for row in rows
    ):
        raise UnexpectedResponse(SYSTEM, "composite: a collection has not one result for each record")
    return not all(row["success"] for row in rows)


def _is_halted(response: Subresponse) -> bool:
    """Whether the call was halted because another one failed; a collection may say so with status 200."""
    rows = response.body if isinstance(response.body, list) else [response.body]
    errors = [error for row in rows if isinstance(row, dict) for error in [row, *_errors(row)]]
    codes = {error.get("errorCode") or error.get("statusCode") for error in errors} - {None}
    return _HALTED in codes and codes <= _FOR_ANOTHER


def _errors(row: dict[str, Any]) -> list[dict[str, Any]]:
    errors = row.get("errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _failure(call: Subrequest, response: Subresponse, *, writes: bool, secret: SecretStr | None) -> VendorError:
    status, body = response.http_status_code, response.body
    if status < _FAILED and isinstance(body, list):
        return _failed_record(call, body, writes=writes, secret=secret)
    return from_salesforce("composite", status, body, writes=writes, record=_subject(call.path), secret=secret)


def _failed_record(
    call: Subrequest, rows: list[dict[str, Any]], *, writes: bool, secret: SecretStr | None
) -> VendorError:
    """The failure of the record because of which a collection was not written."""
    failed = [
        (record, error)
        for record, row in zip(_records(call), rows, strict=True)
        if not row["success"]
        for error in _errors(row) or [{}]
    ]
    causes = [(record, error) for record, error in failed if error.get("statusCode") not in _FOR_ANOTHER]
    record, error = (causes or failed)[0]
    content = [{**error, "errorCode": error.get("statusCode")}]
    return from_salesforce("composite", _BAD_REQUEST, content, writes=writes, record=record, secret=secret)


def _subject(path: str) -> str:
    """The record that a call is about, or the object that a query asks for, for messages."""
    resource, _, parameters = path.partition("?")
    if resource == "query":
        return f"query of {asked_object(unquote(parameters.removeprefix('q=')))}"
    return resource.removeprefix("sobjects/").replace("/", " ")


def _body(response: Subresponse) -> dict[str, Any]:
    body = response.body
    return plain_record(body, frozenset(), lambda page: list(page.records)) if isinstance(body, dict) else {}


def _records(call: Subrequest) -> tuple[str, ...]:
    """The records of a collection: `Case 500…`."""
    rows = call.body["records"] if call.path == COLLECTION and call.body else ()
    return tuple(f"{row['attributes']['type']} {row['id']}" for row in rows)
