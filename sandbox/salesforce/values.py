"""Reading the values people and programs send into fields, and refusing them as Salesforce does."""

import base64
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sandbox.salesforce import ids, schema
from sandbox.salesforce.errors import SalesforceError, json_error
from sandbox.salesforce.schema.model import NUMBERS, Field

_EMAIL = re.compile(r"[^\s@,;<>()\[\]\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")
_LARGEST = 10**16


def parse(field: Field, value: Any) -> Any:
    """Read a JSON value as what the field stores; None clears it.

    Dates are stored as `2026-01-02`, instants as `2026-01-02T03:04:05.000+0000`: text order is time order.

    Raises:
        SalesforceError: the value is not one for this field.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        if field.type == "boolean":
            raise json_error("boolean", value)
        return None
    reader = _READERS.get(field.type) or _text
    return reader(field, value)


@lru_cache(maxsize=16)
def instant(moment: datetime) -> str:
    """A point of time as Salesforce writes it, in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def read_instant(text: str) -> datetime:
    """A point of time in any of the forms Salesforce accepts; without an offset it is UTC.

    Raises:
        ValueError: it is none.
    """
    if "T" not in text:
        raise ValueError(f"{text} has no time")
    moment = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def in_order(field: Field, chosen: str) -> str:
    """The values of a multi-select in the picklist's order, each once; unknown ones behind."""
    wanted = list(dict.fromkeys(part.strip() for part in chosen.split(";") if part.strip()))
    known = {value.lower(): place for place, value in enumerate(field.values)}
    spelled = [field.values[known[part.lower()]] if part.lower() in known else part for part in wanted]
    return ";".join(sorted(spelled, key=lambda part: known.get(part.lower(), len(known))))


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise json_error(field.type, value)
    text = value.strip()
    if field.length and len(text) > field.length:
        raise SalesforceError(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {text} (max length={field.length})",
            fields=[field.name],
        )
    return text


def _email(field: Field, value: Any) -> str:
    text = _text(field, value)
    if not _EMAIL.fullmatch(text):
        raise SalesforceError(
            "INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", fields=[field.name]
        )
    return text


def _picklist(field: Field, value: Any) -> str:
    chosen = _text(field, value)
    parts = chosen.split(";") if field.type == "multipicklist" else [chosen]
    known = {option.lower() for option in field.values}
    for part in parts:
        if field.restricted and part.strip().lower() not in known:
            raise SalesforceError(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{field.label}: bad value for restricted picklist field: {part.strip()}",
                fields=[field.name],
            )
    return in_order(field, chosen) if field.type == "multipicklist" else _spelled(field, chosen)


def _spelled(field: Field, chosen: str) -> str:
    return next((option for option in field.values if option.lower() == chosen.lower()), chosen)


def _boolean(_: Field, value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise json_error("boolean", value)
    return value


def _number(field: Field, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise json_error(field.type, value)
    try:
        read = float(value)
    except (ValueError, OverflowError):
        raise json_error(field.type, value) from None
    if not math.isfinite(read) or abs(read) >= _LARGEST:
        raise SalesforceError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {value}",
            fields=[field.name],
        )
    return round(read) if field.type == "int" else round(read, field.scale)


def _base64(field: Field, value: Any) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise json_error("base64Binary", value) from None
    return _text(field, value)


def _date(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise json_error(field.type, value)
    try:
        return date.fromisoformat(value[:10] if "T" in value else value).isoformat()
    except (TypeError, ValueError):
        raise json_error(field.type, value) from None


def _datetime(field: Field, value: Any) -> str:
    try:
        return instant(read_instant(value))
    except (TypeError, ValueError, OverflowError):
        raise json_error(field.type, value) from None


def _reference(field: Field, value: Any) -> str:
    read = ids.normal(value) if isinstance(value, str) else None
    prefixes = {schema.EVERY[target].prefix for target in field.targets}
    if read is None or read[:3] not in prefixes:
        raise SalesforceError(
            "MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", fields=[field.name]
        )
    return read


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "email": _email,
    "base64": _base64,
    "picklist": _picklist,
    "multipicklist": _picklist,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "reference": _reference,
    **dict.fromkeys(NUMBERS, _number),
}
