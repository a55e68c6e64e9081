"""The team of CSMs, its books of business and its calendar, asked of Salesforce together with the account (CSM-1)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.field_map import FieldMap
from rules.assignment.availability import Absence, HandOver
from rules.assignment.books import ENDED, Book, Csm, CsmTerms
from rules.common.business_time import working_day
from rules.common.records import Person
from tasks.salesforce.fields import Record, day, flag, moment, number, parent, required, several, text, user

CSM_ROLE = "CSM"
MANAGER = ("Manager.Id", "Manager.Name", "Manager.Email", "Manager.IsActive")
"""What `lead_of` reads."""
EVENT = ("OwnerId", "IsAllDayEvent", "ActivityDate", "StartDateTime", "EndDateTime")
"""What `absences_from` reads."""
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Held:
    """All books of a CSM; `last_assigned` in UTC."""

    books: tuple[Book, ...] = ()
    last_assigned: datetime | None = None


def team_statement(fields: FieldMap) -> str:
    """The SOQL of every user with the role of a CSM."""
    columns = ("Id", "Name", "Email", "IsActive", fields.user.segments)
    where = format_soql(f"WHERE {fields.user.cs_role} = {{}}", CSM_ROLE)
    return f"SELECT {', '.join((*columns, *MANAGER))} FROM User {where}"  # noqa: S608 - names are checked by the field map


def books_statement(fields: FieldMap, but: str) -> str:
    """The SOQL of all books in one aggregate query; an account that is to be assigned is in none."""
    account = fields.account
    where = format_soql(
        f"WHERE {account.csm} != null AND {account.cs_status} NOT IN {{}} AND Id != {{}}", list(ENDED), but
    )
    return f"SELECT {book_columns(fields)} FROM Account {where} GROUP BY {account.csm}, {account.segmentation}"  # noqa: S608 - names are checked by the field map


def book_columns(fields: FieldMap) -> str:
    """What `books_from` reads of accounts that are grouped by CSM and segmentation."""
    account = fields.account
    return (
        f"{account.csm} csm, {account.segmentation} segment, COUNT(Id) accounts, SUM({account.mrr}) mrr,"
        f" MAX({account.csm_assigned_on}) assigned"
    )


def calendar_statement(fields: FieldMap, first: date, last: date) -> str:
    """The SOQL of the CSMs' events out of office that touch these days, in whatever time zone they are days."""
    team = format_soql(f"SELECT Id FROM User WHERE {fields.user.cs_role} = {{}} AND IsActive = true", CSM_ROLE)  # noqa: S608 - as above
    return (
        f"SELECT {', '.join(EVENT)} FROM Event"  # noqa: S608 - as above
        f" WHERE ShowAs = 'OutOfOffice' AND {touching(first, last)} AND OwnerId IN ({team})"
    )


def touching(first: date, last: date) -> str:
    """The SOQL condition of events that touch these days, in whatever time zone they are days."""
    since = datetime.combine(first - timedelta(days=2), time.min, UTC)
    until = datetime.combine(last + timedelta(days=3), time.min, UTC)
    return format_soql(
        "(EndDateTime >= {} OR EndDateTime = null) AND (StartDateTime < {} OR StartDateTime = null)", since, until
    )


def asked_days(hand_over: HandOver) -> tuple[date, date]:
    """The days whose absences can matter.

    From the working day before the earliest last day of an absence whose buffer reaches the hand-over: an absence on
    both is one of more than a day. To the hand-over's last day, or the working day after that: between
    two days off, a weekend counts as absent.
    """
    start, end = hand_over.start, hand_over.start + timedelta(days=hand_over.days)
    first = working_day(start, -hand_over.return_buffer - 1, hand_over.working_days)
    return first, working_day(end - timedelta(days=1), 1, hand_over.working_days)


def csms_from(
    users: Iterable[Record],
    books: Mapping[str, Held],
    absences: Mapping[str, tuple[Absence, ...]],
    *,
    fields: FieldMap,
    terms: Mapping[str, CsmTerms],
) -> tuple[Csm, ...]:
    """The team, by the rows of `team_statement`; `terms` by e-mail address in lower case."""
    return tuple(
        _csm(row, books.get(required(row, "Id"), Held()), absences.get(required(row, "Id"), ()), fields, terms)
        for row in users
    )


def books_from(rows: Iterable[Record]) -> dict[str, Held]:
    """The books by the CSM's user id, by rows of `book_columns`."""
    found: dict[str, Held] = defaultdict(Held)
    for row in rows:
        csm_id, assigned = required(row, "csm"), moment(row, "assigned")
        held = found[csm_id]
        book = Book(text(row, "segment") or "", int(number(row, "accounts") or 0), number(row, "mrr") or Decimal())
        moments = [one for one in (held.last_assigned, assigned) if one is not None]
        found[csm_id] = Held((*held.books, book), max(moments, default=None))
    return dict(found)


def absences_from(rows: Iterable[Record], zone: ZoneInfo) -> dict[str, tuple[Absence, ...]]:
    """The absences by the CSM's user id, by the rows of `calendar_statement`: days in the org's time zone.

    An event of some hours is given in UTC and takes the days it touches; one of whole days has no time zone.
    """
    found: dict[str, tuple[Absence, ...]] = defaultdict(tuple)
    for row in rows:
        found[required(row, "OwnerId")] += (_absence(row, zone),)
    return dict(found)


def lead_of(row: Record) -> Person | None:
    """A user's team lead: the manager, if that user is active."""
    manager = parent(row, "Manager")
    return user(manager) if manager is not None and flag(manager, "IsActive") else None


def _csm(
    row: Record, held: Held, absences: tuple[Absence, ...], fields: FieldMap, terms: Mapping[str, CsmTerms]
) -> Csm:
    return Csm(
        user(row),
        active=flag(row, "IsActive"),
        lead=lead_of(row),
        segments=several(row, fields.user.segments),
        books=held.books,
        last_assigned=held.last_assigned,
        absences=absences,
        terms=terms.get((text(row, "Email") or "").casefold(), CsmTerms()),
    )


def _absence(row: Record, zone: ZoneInfo) -> Absence:
    begins, ends = moment(row, "StartDateTime"), moment(row, "EndDateTime")
    if begins is None and ends is None:
        return Absence(day(row, "ActivityDate"), day(row, "ActivityDate"))
    if flag(row, "IsAllDayEvent"):
        return Absence(_day(begins, _as_written), _day(ends, _as_written))

    def here(at: datetime) -> date:
        return at.astimezone(zone).date()

    # Who is back at midnight is back on that day.
    last_moment = ends - _MOMENT if ends and begins and ends > begins else ends
    return Absence(_day(begins, here), _day(last_moment, here))


def _as_written(at: datetime) -> date:
    return at.date()


def _day(at: datetime | None, to_day: Callable[[datetime], date]) -> date | None:
    return to_day(at) if at else None
