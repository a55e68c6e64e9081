"""Constants of a statement, read as values of the field they are compared with."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from sandbox.salesforce import ids, values
from sandbox.salesforce.errors import SalesforceError, malformed_query
from sandbox.salesforce.schema.model import NUMBERS, Field
from sandbox.salesforce.soql.columns import Getter
from sandbox.salesforce.soql.spans import span
from sandbox.salesforce.soql.syntax import Constant
from sandbox.state import Clock

_LONGEST_STRING = 4_000
_TYPES = {"date": "date", "datetime": "dateTime", "boolean": "boolean", "int": "int"}
_IDS = ("id", "reference")
_AS_THEY_ARE = NUMBERS | {*_IDS, "boolean"}


def fold(field: Field) -> Callable[[Any], Any]:
    """What a stored value is compared and sorted by: text without case. 18-character ids need no folding."""
    return _same if field.type in _AS_THEY_ARE else _lowered


def keyed(field: Field, get: Getter) -> Getter:
    """Reads the folded value of a row."""
    return get if field.type in _AS_THEY_ARE else lambda row: _lowered(get(row))


def _same(value: Any) -> Any:
    return value


def _lowered(value: Any) -> Any:
    return None if value is None else value.lower()


def constant(field: Field, literal: Constant) -> Any:
    """The comparable value of a constant; None for `null` and for the empty string.

    Raises:
        SalesforceError: INVALID_FIELD when its type is not the field's.
    """
    if literal.kind == "null":
        return None
    if field.type in _TYPES or field.type in NUMBERS:
        return _plain(field, literal)
    if literal.kind != "string":
        raise SalesforceError(
            "INVALID_FIELD",
            f"value of filter criterion for field '{field.name}' must be of type string and should be "
            "enclosed in quotes",
        )
    return _string(field, literal.text)


def range_of(field: Field, literal: Constant, clock: Clock) -> tuple[str, str]:
    """A date literal as the stored text of its beginning and of what follows it."""
    if field.type not in ("date", "datetime"):
        raise malformed_query(f"unexpected token: '{literal.text}'")
    start, end = span(literal.text, literal.count, clock.today())
    if field.type == "date":
        return start.isoformat(), end.isoformat()
    midnights = (datetime.combine(day, time(), clock.zone) for day in (start, end))
    first, after = (values.instant(midnight).lower() for midnight in midnights)
    return first, after


def _string(field: Field, text: str) -> str | None:
    if len(text) > _LONGEST_STRING:
        raise malformed_query(f"a string of a filter is limited to {_LONGEST_STRING} characters")
    if not text:
        return None
    if field.type in _IDS:
        read = ids.normal(text)
        if read is None:
            raise SalesforceError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return read
    return (values.in_order(field, text) if field.type == "multipicklist" else text).lower()


def _plain(field: Field, literal: Constant) -> Any:
    kind = "number" if field.type in NUMBERS else field.type
    if literal.kind != kind:
        wanted = _TYPES.get(field.type, "double")
        raise SalesforceError(
            "INVALID_FIELD",
            f"value of filter criterion for field '{field.name}' must be of type {wanted} and should not be "
            "enclosed in quotes",
        )
    if kind == "number":
        return float(literal.text)
    if kind == "boolean":
        return literal.text == "true"
    return _moment(literal)


def _moment(literal: Constant) -> str:
    try:
        moment = values.read_instant(literal.text.upper()) if literal.kind == "datetime" else None
        if moment is not None:
            return values.instant(moment).lower()
        return date.fromisoformat(literal.text).isoformat()
    except (ValueError, OverflowError):
        raise malformed_query(f"Invalid {literal.kind}: {literal.text}") from None
