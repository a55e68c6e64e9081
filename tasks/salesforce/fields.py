"""One field of Salesforce's JSON, read strictly: a field that is missing from an answer is a broken promise.

Each function raises UnexpectedResponse when the field is missing, or is not of the type that Salesforce promises.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from blocks.common.errors import UnexpectedResponse
from rules.common.records import Person

Record = dict[str, Any]


def midnight(of: date, zone: ZoneInfo) -> datetime:
    """When a day begins in that time zone, in UTC: Salesforce compares its times with moments, not with days."""
    return datetime.combine(of, time(), zone).astimezone(UTC)


def parent(record: Record, name: str) -> Record | None:
    """What a look-up names; None where it names nothing."""
    found = _value(record, name)
    if found is not None and not isinstance(found, dict):
        raise _broken(name)
    return found


def children(record: Record, name: str) -> list[Record]:
    """The rows of a child subquery."""
    found = _value(record, name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _broken(name)
    return found


def text(record: Record, name: str) -> str | None:
    """A text, a picklist's value, an id."""
    found = _value(record, name)
    if found is not None and not isinstance(found, str):
        raise _broken(name)
    return found


def required(record: Record, name: str) -> str:
    """A text that Salesforce itself demands."""
    found = text(record, name)
    if not found:
        raise _broken(name)
    return found


def several(record: Record, name: str) -> tuple[str, ...]:
    """A multi-select picklist: values separated by semicolons."""
    return tuple(part.strip() for part in (text(record, name) or "").split(";") if part.strip())


def flag(record: Record, name: str) -> bool:
    """A box."""
    found = _value(record, name)
    if not isinstance(found, bool):
        raise _broken(name)
    return found


def day(record: Record, name: str) -> date | None:
    """A date without a time."""
    found = text(record, name)
    try:
        return date.fromisoformat(found) if found else None
    except ValueError:
        raise _broken(name) from None


def moment(record: Record, name: str) -> datetime | None:
    """A date and time; Salesforce gives them in UTC."""
    found = text(record, name)
    try:
        parsed = datetime.fromisoformat(found) if found else None
    except ValueError:
        raise _broken(name) from None
    if parsed is not None and parsed.tzinfo is None:
        raise _broken(name)
    return parsed


def required_moment(record: Record, name: str) -> datetime:
    """A moment that Salesforce itself enters."""
    found = moment(record, name)
    if found is None:
        raise _broken(name)
    return found


def number(record: Record, name: str) -> Decimal | None:
    """A number, exactly as it was sent."""
    found = _value(record, name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        raise _broken(name)
    try:
        return Decimal(str(found))
    except InvalidOperation:
        raise _broken(name) from None


def person(record: Record, name: str) -> Person | None:
    """The user a look-up names, of whom Id, Name and Email were asked for."""
    found = parent(record, name)
    return user(found) if found is not None else None


def user(record: Record) -> Person:
    """A user's row, with Id, Name and Email."""
    return Person(required(record, "Id"), required(record, "Name"), text(record, "Email"))


def owner(record: Record) -> tuple[Person | None, Person | None]:
    """The owner of a record and the owner's manager, of whom Id, Name, Email and IsActive were asked for."""
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
    return UnexpectedResponse("Salesforce", f"an answer lacks the field {name} or holds another type there.")
