"""Read calendars in Salesforce: when people are out of office, and when they are busy (TRN-9)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from rules.assignment.availability import Absence
from rules.common.business_time import BusinessHours
from rules.common.records import Person
from rules.transition.meeting import Participant, Span
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.salesforce.fields import Record, day, flag, midnight, moment, required, text
from tasks.salesforce.queries import run_queries, select
from tasks.salesforce.team import EVENT, absences_from, touching

_OUT_OF_OFFICE, _BUSY = "OutOfOffice", "Busy"
_DAY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Calendar:
    """A user's calendar: days out of office, and other events.

    Attributes:
        absences: days in the time zone `zone`.
        busy: other events.
        zone: of the user's record; None where that is empty or unknown, then the org's time zone applies.
    """

    absences: tuple[Absence, ...] = ()
    busy: tuple[Span, ...] = ()
    zone: ZoneInfo | None = None


@read_task("Read calendars from {first} to {last}")
async def read_calendars(user_ids: Sequence[str], first: date, last: date) -> dict[str, Calendar]:
    """The calendars by user id, in one call (TRN-9), without events that are shown as free.

    Args:
        user_ids: 18 characters each; a user without events has an empty calendar.
        first: first day, in any time zone.
        last: last day.
    """
    policy, ids = await connection(Policy), sorted(set(user_ids))
    if not ids:
        return {}
    statements = [calendars_statement(ids, first, last), zones_statement(policy.field_map, ids)]
    events, users = await run_queries(statements)
    return calendars_from(events, ids, ZoneInfo(policy.time_zone), zones_from(users, policy.field_map))


def calendars_statement(user_ids: Sequence[str], first: date, last: date) -> str:
    """The SOQL of these users' events on these days that are shown as out of office or as busy."""
    shown = format_soql("WHERE ShowAs IN {} AND OwnerId IN {}", [_OUT_OF_OFFICE, _BUSY], list(user_ids))
    return select((*EVENT, "ShowAs"), "Event", f"{shown} AND {touching(first, last)}")


def zones_statement(fields: FieldMap, user_ids: Sequence[str]) -> str:
    """The SOQL of the users' time zones."""
    return select(("Id", fields.user.time_zone), "User", format_soql("WHERE Id IN {}", list(user_ids)))


def zones_from(rows: Iterable[Record], fields: FieldMap) -> dict[str, ZoneInfo]:
    """The time zones by user id, from the rows of `zones_statement`; without empty and unknown ones."""
    named = {required(row, "Id"): text(row, fields.user.time_zone) for row in rows}
    return {user: zone for user, name in named.items() if (zone := _zone(name))}


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def calendars_from(
    rows: Iterable[Record], user_ids: Iterable[str], zone: ZoneInfo, zones: Mapping[str, ZoneInfo] | None = None
) -> dict[str, Calendar]:
    """The calendars by user id, from the rows of `calendars_statement`.

    Args:
        rows: the events.
        user_ids: whose calendars.
        zone: of the org, for users whose own is unknown.
        zones: by user id; whole days are days in the user's own time zone.
    """
    own = zones or {}
    absences: dict[str, list[Absence]] = {}
    busy: dict[str, list[Span]] = {}
    for row in rows:
        user, shown = required(row, "OwnerId"), text(row, "ShowAs")
        clock = own.get(user, zone)
        if shown == _OUT_OF_OFFICE:
            absences.setdefault(user, []).extend(absences_from([row], clock)[user])
        elif shown == _BUSY:
            busy.setdefault(user, []).append(_span(row, clock))
    return {
        user: Calendar(tuple(absences.get(user, ())), tuple(busy.get(user, ())), own.get(user)) for user in user_ids
    }


def participant(person: Person, calendars: Mapping[str, Calendar], hours: BusinessHours) -> Participant:
    """A guest of a meeting, who works the org's business hours in their own time zone."""
    calendar = calendars.get(person.id, Calendar())
    own = replace(hours, zone=calendar.zone or hours.zone)
    return Participant(person.id, person.name, own, calendar.absences, calendar.busy)


def _span(row: Record, zone: ZoneInfo) -> Span:
    """The time of an event; open-ended where it has no start or no end."""
    begins, ends = moment(row, "StartDateTime"), moment(row, "EndDateTime")
    if begins is None and ends is None:
        only = day(row, "ActivityDate")
        return Span(midnight(only, zone), midnight(only + _DAY, zone)) if only else Span(*_EVER)
    if flag(row, "IsAllDayEvent"):
        # Salesforce gives whole days as midnight in UTC, whatever the time zone; the last day is included.
        begins = midnight(begins.date(), zone) if begins else None
        ends = midnight(ends.date() + _DAY, zone) if ends else None
    return Span(begins or _EVER[0], ends or _EVER[1])
