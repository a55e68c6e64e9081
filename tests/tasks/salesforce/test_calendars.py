"""TRN-9: people's calendars in one call, whatever they enter there, and the meetings that come of them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from blocks.common.errors import UnexpectedResponse
from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from rules.assignment.availability import Absence
from rules.common.records import Person
from rules.transition.meeting import MeetingTerms, Span, meetings
from tasks.core.policy import hours_of, meeting_terms_of
from tasks.salesforce.calendars import (
    Calendar,
    calendars_from,
    calendars_statement,
    participant,
    zones_from,
    zones_statement,
)
from tests.support.past_sales import PastSales

NEW_YORK, TOKYO = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
FIRST, LAST = date(2026, 6, 15), date(2026, 6, 29)
EVER = Span(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def utc(*parts: int) -> str:
    return f"{moment(*parts):%Y-%m-%dT%H:%M:%S.000+0000}"


def event(org: PastSales, owner: str, start: str | None, end: str | None, **fields) -> None:
    wanted = {"Subject": "Call", "ShowAs": "Busy", "IsAllDayEvent": False, "OwnerId": owner}
    org.plant("Event", **wanted | {"StartDateTime": start, "EndDateTime": end} | fields)


def calendars(org: PastSales, *owners: str, zone: ZoneInfo = NEW_YORK) -> dict[str, Calendar]:
    (rows,) = org.client.queries([calendars_statement(owners, FIRST, LAST)])
    return calendars_from(rows, owners, zone)


def test_trn_9_events_out_of_office_are_absences_and_others_are_busy_times(org):
    ada, ben = org.csm("Ada"), org.user("Ben")
    event(org, ada, utc(2026, 6, 16, 13), utc(2026, 6, 17, 13), ShowAs="OutOfOffice")
    event(org, ada, utc(2026, 6, 18, 13), utc(2026, 6, 18, 14))
    event(org, ben, utc(2026, 6, 19, 13), utc(2026, 6, 19, 14))
    event(org, ben, utc(2026, 6, 22, 13), utc(2026, 6, 22, 14), ShowAs="Free")
    assert calendars(org, ada, ben, org.lead) == {
        ada: Calendar(
            (Absence(date(2026, 6, 16), date(2026, 6, 17)),), (Span(moment(2026, 6, 18, 13), moment(2026, 6, 18, 14)),)
        ),
        ben: Calendar((), (Span(moment(2026, 6, 19, 13), moment(2026, 6, 19, 14)),)),
        org.lead: Calendar(),
    }


def test_trn_9_other_peoples_calendars_are_not_read(org):
    ada, ben = org.csm("Ada"), org.csm("Ben")
    event(org, ben, utc(2026, 6, 18, 13), utc(2026, 6, 18, 14))
    assert calendars(org, ada) == {ada: Calendar()}


def test_trn_9_somebody_who_has_left_has_a_calendar_too(org):
    ada = org.csm("Ada", IsActive=False)
    event(org, ada, utc(2026, 6, 18, 13), utc(2026, 6, 18, 14))
    assert calendars(org, ada)[ada].busy


def test_trn_9_what_is_long_past_or_far_ahead_is_not_read(org):
    ada = org.csm("Ada")
    event(org, ada, utc(2026, 6, 10, 13), utc(2026, 6, 10, 14))
    event(org, ada, utc(2026, 7, 6, 13), utc(2026, 7, 6, 14))
    assert calendars(org, ada) == {ada: Calendar()}


@pytest.mark.parametrize(
    ("start", "end", "fields", "span"),
    [
        pytest.param(utc(2026, 6, 18, 13), None, {}, Span(moment(2026, 6, 18, 13), EVER.end), id="without an end"),
        pytest.param(
            None, utc(2026, 6, 18, 13), {}, Span(EVER.start, moment(2026, 6, 18, 13)), id="without a beginning"
        ),
        pytest.param(
            utc(2026, 6, 18),
            utc(2026, 6, 19),
            {"IsAllDayEvent": True, "ActivityDate": "2026-06-18"},
            Span(moment(2026, 6, 18, 4), moment(2026, 6, 20, 4)),
            id="two whole days in New York",
        ),
        pytest.param(
            None,
            None,
            {"ActivityDate": "2026-06-18"},
            Span(moment(2026, 6, 18, 4), moment(2026, 6, 19, 4)),
            id="only its day",
        ),
    ],
)
def test_trn_9_an_event_is_busy_as_long_as_it_lasts(org, start, end, fields, span):
    ada = org.csm("Ada")
    event(org, ada, start, end, **fields)
    assert calendars(org, ada)[ada].busy == (span,)


def test_trn_9_whole_days_are_those_of_the_orgs_time_zone(org):
    ada = org.csm("Ada")
    event(org, ada, utc(2026, 6, 18), utc(2026, 6, 18), IsAllDayEvent=True, ActivityDate="2026-06-18")
    assert calendars(org, ada, zone=TOKYO)[ada].busy == (Span(moment(2026, 6, 17, 15), moment(2026, 6, 18, 15)),)


def test_trn_9_hundreds_of_people_are_asked_about_in_one_call(org):
    owners = [org.csm("Ada"), *(f"005{number:012d}AAA" for number in range(500))]
    event(org, owners[0], utc(2026, 6, 18, 13), utc(2026, 6, 18, 14))
    org.client.query("SELECT Id FROM Organization")
    since = org.sandbox.last()
    assert len(calendars(org, *owners)) == 501
    assert len(org.sandbox.journal("salesforce", since)) == 1


ROW = {
    "OwnerId": "005000000000001AAA",
    "IsAllDayEvent": False,
    "ActivityDate": "2026-06-18",
    "StartDateTime": utc(2026, 6, 18, 13),
    "EndDateTime": utc(2026, 6, 18, 14),
    "ShowAs": "Busy",
}


@pytest.mark.parametrize("field", ["OwnerId", "IsAllDayEvent", "StartDateTime", "EndDateTime", "ShowAs"])
@pytest.mark.parametrize("wrong", [7, ["x"], ...])
def test_an_event_with_another_type_in_a_field_or_none_is_a_broken_promise(field, wrong):
    row = {name: value for name, value in {**ROW, field: wrong}.items() if value is not ...}
    with pytest.raises(UnexpectedResponse, match=field):
        calendars_from([row], ["005000000000001AAA"], NEW_YORK)


# --- each by their own clock


def zones(org: PastSales, *owners: str) -> dict[str, ZoneInfo]:
    (rows,) = org.client.queries([zones_statement(FieldMap(), owners)])
    return zones_from(rows, FieldMap())


def test_trn_9_everybody_has_the_time_zone_of_their_own_user_record(org):
    ada, ben = org.csm("Ada", TimeZoneSidKey="America/Los_Angeles"), org.csm("Ben", TimeZoneSidKey="Asia/Kolkata")
    assert zones(org, ada, ben) == {ada: ZoneInfo("America/Los_Angeles"), ben: ZoneInfo("Asia/Kolkata")}


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../etc/passwd"])
def test_trn_9_without_a_known_time_zone_the_orgs_counts(name):
    rows = [{"Id": "005000000000001AAA", "TimeZoneSidKey": name}]
    assert zones_from(rows, FieldMap()) == {}
    one = Person("005000000000001AAA", "Ada", None)
    assert participant(one, {one.id: Calendar()}, hours_of(Policy())).hours.zone == NEW_YORK


def test_trn_9_whole_days_are_those_of_the_users_own_clock(org):
    ada, ben = org.csm("Ada", TimeZoneSidKey="Asia/Tokyo"), org.csm("Ben")
    for owner in (ada, ben):
        event(org, owner, utc(2026, 6, 18), utc(2026, 6, 18), IsAllDayEvent=True, ActivityDate="2026-06-18")
        event(org, owner, utc(2026, 6, 22, 20), utc(2026, 6, 22, 22), ShowAs="OutOfOffice")
    (rows,) = org.client.queries([calendars_statement((ada, ben), FIRST, LAST)])
    found = calendars_from(rows, (ada, ben), NEW_YORK, zones(org, ada, ben))
    assert found[ada].busy == (Span(moment(2026, 6, 17, 15), moment(2026, 6, 18, 15)),)
    assert found[ben].busy == (Span(moment(2026, 6, 18, 4), moment(2026, 6, 19, 4)),)
    assert found[ada].absences == (Absence(date(2026, 6, 23), date(2026, 6, 23)),)
    assert found[ben].absences == (Absence(date(2026, 6, 22), date(2026, 6, 22)),)
    people = [Person(one, name, None) for one, name in ((ada, "Ada"), (ben, "Ben"))]
    hours = [participant(one, found, hours_of(Policy())).hours for one in people]
    assert [(one.zone, one.opens) for one in hours] == [(TOKYO, hours[0].opens), (NEW_YORK, hours[0].opens)]


# --- from a calendar to a meeting


def test_trn_9_a_meeting_is_where_all_calendars_of_the_org_leave_room(org):
    ada, ben = (Person(org.csm(name), name, f"{name}@x.example") for name in ("Ada", "Ben"))
    event(org, ada.id, utc(2026, 6, 16, 13), utc(2026, 6, 16, 15))
    event(org, ben.id, utc(2026, 6, 16, 15, 15), utc(2026, 6, 16, 21))
    event(org, ada.id, utc(2026, 6, 17), utc(2026, 6, 17), ShowAs="OutOfOffice", IsAllDayEvent=True)
    read, hours, terms = calendars(org, ada.id, ben.id), hours_of(Policy()), meeting_terms_of(Policy())

    def first(now: datetime) -> datetime | None:
        return meetings(now, [[participant(one, read, hours) for one in (ada, ben)]], terms)[0].start

    assert first(moment(2026, 6, 15, 13)) == moment(2026, 6, 16, 15)
    assert first(moment(2026, 6, 15, 15, 1)) == moment(2026, 6, 18, 13)


def test_trn_9_notice_and_latest_day_are_the_policys():
    policy = Policy(transition_meeting_notice_days=2, transition_meeting_latest_days=5)
    terms = meeting_terms_of(policy)
    assert (terms.notice.days, terms.latest.days) == (2, 5)
    assert meeting_terms_of(Policy()) == MeetingTerms(notice=date(2026, 1, 2) - date(2026, 1, 1), latest=LAST - FIRST)
