"""The step that reads people's calendars in Salesforce: when they are out of office, and when they are busy (TRN-9)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.assignment.availability import Absence
from rules.common.business_time import BusinessHours
from rules.common.records import Person
from rules.transition.meeting import Participant, Span
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.salesforce.fields import Record, day, flag, midnight, moment, required, text
from tasks.salesforce.team import EVENT, absences_from, touching

_OUT_OF_OFFICE, _BUSY = "OutOfOffice", "Busy"
_DAY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Calendar:
    """What stands in somebody's calendar: days out of office, and other events.

    Attributes:
        absences: days by the clock of `zone`.
        busy: other events.
        zone: of the user's own record; None where it names none that is known: the org's counts.
    """

    absences: tuple[Absence, ...] = ()
    busy: tuple[Span, ...] = ()
    zone: ZoneInfo | None = None


@read_task("Read calendars from {first} to {last}")
async def read_calendars(user_ids: Sequence[str], first: date, last: date) -> dict[str, Calendar]:
    """Everybody's calendar by user id, in one call (TRN-9); events that are shown as free do not count.

    Args:
        user_ids: 18 characters each; who has no events has an empty calendar.
        first: first day that matters, in whatever time zone.
        last: last such day.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    asked = sorted(set(user_ids))
    if not asked:
        return {}
    # In a composite call's body the statement may be longer than an address.
    statements = [calendars_statement(asked, first, last), zones_statement(policy.field_map, asked)]
    rows, users = await asyncio.to_thread(lambda: org.client().queries(statements))
    return calendars_from(rows, asked, ZoneInfo(policy.time_zone), zones_from(users, policy.field_map))


def calendars_statement(user_ids: Sequence[str], first: date, last: date) -> str:
    """The SOQL of the events out of office, or shown as busy, of these users that touch these days."""
    shown = format_soql("ShowAs IN {} AND OwnerId IN {}", [_OUT_OF_OFFICE, _BUSY], list(user_ids))
    return f"SELECT {', '.join((*EVENT, 'ShowAs'))} FROM Event WHERE {shown} AND {touching(first, last)}"  # noqa: S608 - the columns are ours


def zones_statement(fields: FieldMap, user_ids: Sequence[str]) -> str:
    """The SOQL of the users' time zones."""
    return f"SELECT Id, {fields.user.time_zone} FROM User WHERE {format_soql('Id IN {}', list(user_ids))}"  # noqa: S608 - names are checked by the field map


def zones_from(rows: Iterable[Record], fields: FieldMap) -> dict[str, ZoneInfo]:
    """The time zones by user id, by the rows of `zones_statement`; one that is empty, or not known, is left out."""
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
    """The calendars by user id, by the rows of `calendars_statement`.

    Args:
        rows: the events.
        user_ids: whose calendars.
        zone: of the org, for those whose own is not known.
        zones: by user id: whole days are those of the user's own clock.
    """
    events, own = list(rows), zones or {}
    out: dict[str, list[Absence]] = {}
    busy: dict[str, list[Span]] = {}
    for row in events:
        user, shown = required(row, "OwnerId"), text(row, "ShowAs")
        clock = own.get(user, zone)
        if shown == _OUT_OF_OFFICE:
            out.setdefault(user, []).extend(absences_from([row], clock)[user])
        elif shown == _BUSY:
            busy.setdefault(user, []).append(_span(row, clock))
    return {one: Calendar(tuple(out.get(one, ())), tuple(busy.get(one, ())), own.get(one)) for one in user_ids}


def participant(person: Person, calendars: Mapping[str, Calendar], hours: BusinessHours) -> Participant:
    """Somebody who is to be at a meeting, at work in the org's hours by their own clock."""
    calendar = calendars.get(person.id, Calendar())
    own = replace(hours, zone=calendar.zone or hours.zone)
    return Participant(person.id, person.name, own, calendar.absences, calendar.busy)


def _span(row: Record, zone: ZoneInfo) -> Span:
    """When an event is; open where it names no beginning or no end."""
    begins, ends = moment(row, "StartDateTime"), moment(row, "EndDateTime")
    if begins is None and ends is None:
        only = day(row, "ActivityDate")
        return Span(midnight(only, zone), midnight(only + _DAY, zone)) if only else Span(*_EVER)
    if flag(row, "IsAllDayEvent"):
        # Salesforce writes whole days as midnight in UTC, wherever they are days, and means the last one too.
        begins = midnight(begins.date(), zone) if begins else None
        ends = midnight(ends.date() + _DAY, zone) if ends else None
    return Span(begins or _EVER[0], ends or _EVER[1])
