"""Read the team of CSMs and its calendar in Salesforce (CSM-1)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from rules.assignment.availability import Absence, HandOver
from rules.assignment.books import Csm, CsmTerms
from rules.common.business_time import working_day
from rules.common.records import Person
from tasks.salesforce.books import CsmBooks
from tasks.salesforce.fields import Record, day, flag, moment, parent, required, several, text, user
from tasks.salesforce.queries import select

CSM_ROLE = "CSM"
MANAGER = ("Manager.Id", "Manager.Name", "Manager.Email", "Manager.IsActive")
"""The columns that `lead_of` reads."""
EVENT = ("OwnerId", "IsAllDayEvent", "ActivityDate", "StartDateTime", "EndDateTime")
"""The columns that `absences_from` reads."""
_MOMENT = timedelta(microseconds=1)


def team_statement(fields: FieldMap) -> str:
    """The SOQL of every user with the role of a CSM."""
    columns = ("Id", "Name", "Email", "IsActive", fields.user.segments)
    return select((*columns, *MANAGER), "User", format_soql(f"WHERE {fields.user.cs_role} = {{}}", CSM_ROLE))


def calendar_statement(fields: FieldMap, first: date, last: date) -> str:
    """The SOQL of the CSMs' out-of-office events on these days, in any time zone."""
    team = select(["Id"], "User", format_soql(f"WHERE {fields.user.cs_role} = {{}} AND IsActive = true", CSM_ROLE))
    conditions = f"WHERE ShowAs = 'OutOfOffice' AND {touching(first, last)} AND OwnerId IN ({team})"
    return select(EVENT, "Event", conditions)


def touching(first: date, last: date) -> str:
    """The SOQL condition of events on these days, in any time zone."""
    since = datetime.combine(first - timedelta(days=2), time.min, UTC)
    until = datetime.combine(last + timedelta(days=3), time.min, UTC)
    return format_soql(
        "(EndDateTime >= {} OR EndDateTime = null) AND (StartDateTime < {} OR StartDateTime = null)", since, until
    )


def asked_days(hand_over: HandOver) -> tuple[date, date]:
    """The first and the last day whose absences can matter for a hand-over.

    The first day lies one working day before the earliest absence whose return buffer reaches the hand-over: an
    absence on both days lasts more than a day. The last day is the working day after the hand-over: a weekend
    between two days off counts as absent.
    """
    start, end = hand_over.start, hand_over.start + timedelta(days=hand_over.days)
    first = working_day(start, -hand_over.return_buffer - 1, hand_over.working_days)
    return first, working_day(end - timedelta(days=1), 1, hand_over.working_days)


def csms_from(
    users: Iterable[Record],
    books: Mapping[str, CsmBooks],
    absences: Mapping[str, tuple[Absence, ...]],
    *,
    fields: FieldMap,
    terms: Mapping[str, CsmTerms],
) -> tuple[Csm, ...]:
    """The team, from the rows of `team_statement`; `terms` by e-mail address in lower case."""
    return tuple(
        _csm(row, books.get(required(row, "Id"), CsmBooks()), absences.get(required(row, "Id"), ()), fields, terms)
        for row in users
    )


def absences_from(rows: Iterable[Record], zone: ZoneInfo) -> dict[str, tuple[Absence, ...]]:
    """The absences by the CSM's user id, from the rows of `calendar_statement`, as days in the time zone.

    An event with times is in UTC and covers every day that it touches; an event of whole days has no time zone.
    """
    absences: dict[str, tuple[Absence, ...]] = defaultdict(tuple)
    for row in rows:
        absences[required(row, "OwnerId")] += (_absence(row, zone),)
    return dict(absences)


def lead_of(row: Record) -> Person | None:
    """The user's team lead: the manager, or None when the manager's user is inactive."""
    manager = parent(row, "Manager")
    return user(manager) if manager is not None and flag(manager, "IsActive") else None


def _csm(
    row: Record, books: CsmBooks, absences: tuple[Absence, ...], fields: FieldMap, terms: Mapping[str, CsmTerms]
) -> Csm:
    return Csm(
        user(row),
        active=flag(row, "IsActive"),
        lead=lead_of(row),
        segments=several(row, fields.user.segments),
        books=books.books,
        last_assigned=books.last_assigned,
        absences=absences,
        terms=terms.get((text(row, "Email") or "").casefold(), CsmTerms()),
    )


def _absence(row: Record, zone: ZoneInfo) -> Absence:
    begins, ends = moment(row, "StartDateTime"), moment(row, "EndDateTime")
    if begins is None and ends is None:
        return Absence(day(row, "ActivityDate"), day(row, "ActivityDate"))
    if flag(row, "IsAllDayEvent"):
        return Absence(_day(begins, UTC), _day(ends, UTC))
    # An event that ends at midnight does not take the day that begins then.
    last_moment = ends - _MOMENT if ends and begins and ends > begins else ends
    return Absence(_day(begins, zone), _day(last_moment, zone))


def _day(at: datetime | None, zone: tzinfo) -> date | None:
    return at.astimezone(zone).date() if at else None
