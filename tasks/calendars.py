"""The step that reads people's calendars in Salesforce: when they are out of office, and when they are busy (TRN-9)."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.policy import Policy
from blocks.salesforce import SalesforceOrg
from rules.availability import Absence
from rules.business_time import BusinessHours
from rules.meeting import Participant, Span
from rules.records import Person
from tasks.connections import connection
from tasks.salesforce_fields import Record, day, flag, midnight, moment, required, text
from tasks.salesforce_team import EVENT, absences_from, touching
from tasks.steps import reading

_OUT_OF_OFFICE, _BUSY = "OutOfOffice", "Busy"
_DAY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Calendar:
    """What stands in somebody's calendar: days out of office in the org's time zone, and other events."""

    absences: tuple[Absence, ...] = ()
    busy: tuple[Span, ...] = ()


@reading("Read calendars from {first} to {last}")
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
    (rows,) = await asyncio.to_thread(lambda: org.client().queries([calendars_statement(asked, first, last)]))
    return calendars_from(rows, asked, ZoneInfo(policy.time_zone))


def calendars_statement(user_ids: Sequence[str], first: date, last: date) -> str:
    """The SOQL of the events out of office, or shown as busy, of these users that touch these days."""
    shown = format_soql("ShowAs IN {} AND OwnerId IN {}", [_OUT_OF_OFFICE, _BUSY], list(user_ids))
    return f"SELECT {', '.join((*EVENT, 'ShowAs'))} FROM Event WHERE {shown} AND {touching(first, last)}"  # noqa: S608 - the columns are ours


def calendars_from(rows: Iterable[Record], user_ids: Iterable[str], zone: ZoneInfo) -> dict[str, Calendar]:
    """The calendars by user id, by the rows of `calendars_statement`; whole days are those of the zone."""
    events = list(rows)
    out = absences_from((row for row in events if text(row, "ShowAs") == _OUT_OF_OFFICE), zone)
    busy: dict[str, list[Span]] = {}
    for row in events:
        if text(row, "ShowAs") == _BUSY:
            busy.setdefault(required(row, "OwnerId"), []).append(_span(row, zone))
    return {one: Calendar(out.get(one, ()), tuple(busy.get(one, ()))) for one in user_ids}


def participant(person: Person, calendars: Mapping[str, Calendar], hours: BusinessHours) -> Participant:
    """Somebody who is to be at a meeting, at work in the house's hours."""
    calendar = calendars.get(person.id, Calendar())
    return Participant(person.id, person.name, hours, calendar.absences, calendar.busy)


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
