"""Strict readers of one field of a row of Salesforce.

Each function raises UnexpectedResponse when the field is missing or has another type than Salesforce promises.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from blocks.common.errors import UnexpectedResponse
from rules.common.records import Person

Record = dict[str, Any]


def midnight(on: date, zone: ZoneInfo) -> datetime:
    """The moment (UTC) when a day begins in that time zone: SOQL compares date-times with moments, not with days."""
    return datetime.combine(on, time(), zone).astimezone(UTC)


def parent(record: Record, name: str) -> Record | None:
    """The record that a look-up field points to; None when the field is empty."""
    value = _value(record, name)
    if value is not None and not isinstance(value, dict):
        raise _broken(name)
    return value


def children(record: Record, name: str) -> list[Record]:
    """The rows of a child subquery."""
    rows = _value(record, name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _broken(name)
    return rows


def text(record: Record, name: str) -> str | None:
    """A text, the value of a picklist, or an id; None when empty."""
    value = _value(record, name)
    if value is not None and not isinstance(value, str):
        raise _broken(name)
    return value


def required(record: Record, name: str) -> str:
    """A text that is never empty in Salesforce."""
    value = text(record, name)
    if not value:
        raise _broken(name)
    return value


def several(record: Record, name: str) -> tuple[str, ...]:
    """The values of a multi-select picklist, which Salesforce separates by semicolons."""
    return tuple(part.strip() for part in (text(record, name) or "").split(";") if part.strip())


def flag(record: Record, name: str) -> bool:
    """The value of a checkbox."""
    value = _value(record, name)
    if not isinstance(value, bool):
        raise _broken(name)
    return value


def day(record: Record, name: str) -> date | None:
    """A date without a time."""
    value = text(record, name)
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise _broken(name) from None


def moment(record: Record, name: str) -> datetime | None:
    """A date and time, with its time zone; Salesforce returns UTC."""
    value = text(record, name)
    try:
        parsed = datetime.fromisoformat(value) if value else None
    except ValueError:
        raise _broken(name) from None
    if parsed is not None and parsed.tzinfo is None:
        raise _broken(name)
    return parsed


def required_moment(record: Record, name: str) -> datetime:
    """A moment that Salesforce itself sets, so it is never empty."""
    value = moment(record, name)
    if value is None:
        raise _broken(name)
    return value


def number(record: Record, name: str) -> Decimal | None:
    """A number, with exactly the digits that Salesforce sent."""
    value = _value(record, name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _broken(name)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise _broken(name) from None


def person(record: Record, name: str) -> Person | None:
    """The user that a look-up field points to; the query selects Id, Name and Email of the user."""
    row = parent(record, name)
    return user(row) if row is not None else None


def user(record: Record) -> Person:
    """The user of a row with Id, Name and Email."""
    return Person(required(record, "Id"), required(record, "Name"), text(record, "Email"))


def owner(record: Record) -> tuple[Person | None, Person | None]:
    """The owner of a record and the owner's manager; the query selects Id, Name, Email and IsActive of both."""
    row = parent(record, "Owner")
    manager = parent(row, "Manager") if row is not None else None
    return _with_status(row), _with_status(manager)


def _with_status(row: Record | None) -> Person | None:
    return replace(user(row), is_active=flag(row, "IsActive")) if row is not None else None


def _value(record: Record, name: str) -> Any:
    if name not in record:
        raise _broken(name)
    return record[name]


def _broken(name: str) -> UnexpectedResponse:
    return UnexpectedResponse("Salesforce", f"a row lacks the field {name}, or the field has an unexpected type.")
