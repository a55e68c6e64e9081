"""CSM-1, CSM-2: the team and its absences, whatever people enter in Salesforce's calendar and on its users."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from blocks.common.errors import UnexpectedResponse
from blocks.common.field_map import FieldMap
from rules.assignment.availability import Absence, HandOver, away
from rules.assignment.books import CsmTerms
from rules.common.records import Person
from tasks.salesforce.books import books_from, books_statement
from tasks.salesforce.team import (
    absences_from,
    asked_days,
    calendar_statement,
    csms_from,
    team_statement,
)
from tests.rules.builders.office_hours import WORKING_DAYS
from tests.support.past_sales import PastSales

NEW_YORK, TOKYO, LOS_ANGELES = map(ZoneInfo, ["America/New_York", "Asia/Tokyo", "America/Los_Angeles"])
HAND_OVER = HandOver(date(2026, 6, 15), days=7, return_buffer=1, working_days=WORKING_DAYS)
"""From Monday 15 to Monday 22 June 2026."""
MONDAY = date(2026, 6, 15)


def utc(*parts: int) -> str:
    return f"{datetime(*parts, tzinfo=UTC):%Y-%m-%dT%H:%M:%S.000+0000}"


def event(org: PastSales, csm: str, start: str | None, end: str | None, **fields) -> None:
    wanted = {"Subject": "Away", "ShowAs": "OutOfOffice", "IsAllDayEvent": False, "OwnerId": csm}
    org.plant("Event", **wanted | {"StartDateTime": start, "EndDateTime": end} | fields)


def absences(org: PastSales, zone: ZoneInfo = NEW_YORK):
    rows = org.client.query(calendar_statement(FieldMap(), *asked_days(HAND_OVER)))
    return absences_from(rows, zone)


def team(org: PastSales, terms=None):
    """The team as one call reads it, by first name."""
    statements = [team_statement(FieldMap()), books_statement(FieldMap(), "001000000000000AAA")]
    statements.append(calendar_statement(FieldMap(), *asked_days(HAND_OVER)))
    users, books, events = org.client.queries(statements)
    made = csms_from(
        users, books_from(books, {}), absences_from(events, NEW_YORK), fields=FieldMap(), terms=terms or {}
    )
    return {one.person.name.split()[0]: one for one in made}


# --- users


def test_csm_1_the_team_is_every_user_with_the_role_of_a_csm_inactive_ones_too(org):
    ada = org.csm("Ada", CS_Segments__c="SMB;Enterprise")
    org.csm("Ben", IsActive=False)
    org.user("Rosa")
    found = team(org)
    assert set(found) == {"Ada", "Ben"}
    assert found["Ada"].person == Person(ada, "Ada Roe", "ada@seller.example")
    assert found["Ada"].lead == Person(org.lead, "Tara Roe", "tara@seller.example")
    assert (found["Ada"].segments, found["Ada"].active) == (("SMB", "Enterprise"), True)
    assert (found["Ada"].books, found["Ada"].last_assigned, found["Ada"].absences) == ((), None, ())
    assert not found["Ben"].active


def test_csm_3_a_csm_without_an_active_manager_has_no_lead(org):
    left = org.user("Otto", CS_Role__c="Team Lead", IsActive=False)
    org.csm("Ada", ManagerId=None)
    org.csm("Ben", ManagerId=left)
    found = team(org)
    assert (found["Ada"].lead, found["Ben"].lead) == (None, None)


def test_csm_3_a_csm_without_segments_serves_none(org):
    org.csm("Ada", CS_Segments__c=None)
    assert team(org)["Ada"].segments == ()


def test_csm_1_terms_are_those_of_the_csms_e_mail_address_however_it_is_written(org):
    for first, address in (("Ada", "Ada.Roe@Seller.Example"), ("Ben", None)):
        org.plant("User", FirstName=first, LastName="Roe", Username=first, Email=address, CS_Role__c="CSM")
    part_time = CsmTerms(most_accounts=7)
    found = team(org, {"ada.roe@seller.example": part_time})
    assert (found["Ada"].terms, found["Ben"].terms) == (part_time, CsmTerms())


def test_csm_1_users_books_and_calendar_come_in_one_call(org):
    ada = org.csm("Ada")
    org.account(ada, None)
    event(org, ada, utc(2026, 6, 15, 12), utc(2026, 6, 15, 16))
    org.client.query("SELECT Id FROM Organization")
    since = org.sandbox.last()
    found = team(org)["Ada"]
    assert (found.accounts, len(found.absences)) == (1, 1)
    assert len(org.sandbox.journal("salesforce", since)) == 1


def test_csm_1_an_account_that_says_nothing_of_its_status_is_in_its_csms_book(org):
    org.account(org.csm("Ada"), None, CS_Status__c=None)
    assert team(org)["Ada"].accounts == 1


def test_csm_1_a_team_beyond_a_page_is_read_to_its_end(org):
    users = [
        {"type": "User", "LastName": f"N{n:04}", "Username": f"n{n}@x.example", "Email": f"n{n}@x.example",
         "CS_Role__c": "CSM", "ManagerId": org.lead}
        for n in range(2_001)
    ]  # fmt: skip
    org.sandbox.seed(salesforce={"records": users})
    (found,) = org.client.queries([team_statement(FieldMap())])
    assert len({row["Id"] for row in found}) == 2_001


# --- events


@pytest.mark.parametrize(
    ("start", "end", "zone", "days"),
    [
        pytest.param(utc(2026, 6, 15, 13), utc(2026, 6, 15, 17), NEW_YORK, (15, 15), id="half a day"),
        pytest.param(utc(2026, 6, 16, 3, 30), utc(2026, 6, 16, 3, 45), NEW_YORK, (15, 15), id="late in New York"),
        pytest.param(utc(2026, 6, 16, 3, 30), utc(2026, 6, 16, 4, 30), NEW_YORK, (15, 16), id="over midnight"),
        pytest.param(utc(2026, 6, 15, 4), utc(2026, 6, 16, 4), NEW_YORK, (15, 15), id="midnight to midnight: one day"),
        pytest.param(utc(2026, 6, 15, 4), utc(2026, 6, 16, 4), TOKYO, (15, 16), id="the same in Tokyo"),
        pytest.param(utc(2026, 6, 15, 4), utc(2026, 6, 16, 4), LOS_ANGELES, (14, 15), id="the same in Los Angeles"),
        pytest.param(utc(2026, 6, 15, 4), utc(2026, 6, 15, 4), NEW_YORK, (15, 15), id="a moment at midnight"),
        pytest.param(utc(2026, 6, 15, 12), None, NEW_YORK, (15, None), id="without an end"),
        pytest.param(None, utc(2026, 6, 17, 12), NEW_YORK, (None, 17), id="without a beginning"),
    ],
)
def test_csm_2_an_event_of_some_hours_takes_the_days_it_touches_in_the_orgs_time_zone(org, start, end, zone, days):
    ada = org.csm("Ada")
    event(org, ada, start, end)
    expected = Absence(*(day and date(2026, 6, day) for day in days))
    assert absences(org, zone) == {ada: (expected,)}


@pytest.mark.parametrize("zone", [NEW_YORK, TOKYO, LOS_ANGELES])
def test_csm_2_an_event_of_whole_days_has_no_time_zone(org, zone):
    ada = org.csm("Ada")
    event(org, ada, utc(2026, 6, 15), utc(2026, 6, 16), IsAllDayEvent=True, ActivityDate="2026-06-15")
    assert absences(org, zone) == {ada: (Absence(date(2026, 6, 15), date(2026, 6, 16)),)}


def test_csm_2_an_event_that_names_only_its_day_is_that_day(org):
    ada = org.csm("Ada")
    event(org, ada, None, None, ActivityDate="2026-06-16")
    assert absences(org) == {ada: (Absence(date(2026, 6, 16), date(2026, 6, 16)),)}


def test_csm_2_an_event_that_ends_before_it_starts_is_the_day_of_its_start(org):
    ada = org.csm("Ada")
    event(org, ada, utc(2026, 6, 18, 12), utc(2026, 6, 17, 12))
    assert away(absences(org)[ada], HAND_OVER) == (date(2026, 6, 18), date(2026, 6, 18))


def test_csm_2_overlapping_events_are_one_absence(org):
    ada = org.csm("Ada")
    event(org, ada, utc(2026, 6, 8, 12), utc(2026, 6, 16, 12))
    event(org, ada, utc(2026, 6, 15, 12), utc(2026, 6, 18, 12))
    event(org, ada, utc(2026, 6, 17, 12), utc(2026, 6, 17, 14))
    assert away(absences(org)[ada], HAND_OVER) == (date(2026, 6, 8), date(2026, 6, 18))


def test_csm_2_whoever_has_been_away_for_years_without_an_end_is_away(org):
    ada = org.csm("Ada")
    event(org, ada, utc(2023, 1, 2, 12), None)
    assert away(absences(org)[ada], HAND_OVER) == (date(2023, 1, 2), date.max)


@pytest.mark.parametrize("kind", ["Busy", "Free"])
def test_csm_2_other_events_are_no_absence(org, kind):
    event(org, org.csm("Ada"), utc(2026, 6, 15, 12), utc(2026, 6, 15, 16), ShowAs=kind)
    assert absences(org) == {}


def test_csm_2_events_of_who_is_no_active_csm_are_not_read(org):
    for owner in (org.lead, org.user("Rosa"), org.csm("Ben", IsActive=False)):
        event(org, owner, utc(2026, 6, 15, 12), utc(2026, 6, 15, 16))
    assert absences(org) == {}


def test_csm_2_what_is_long_past_or_far_ahead_is_not_read(org):
    ada = org.csm("Ada")
    event(org, ada, utc(2026, 6, 1, 12), utc(2026, 6, 5, 12))
    event(org, ada, utc(2026, 7, 6, 12), utc(2026, 7, 10, 12))
    assert absences(org) == {}


@pytest.mark.parametrize("field", ["OwnerId", "IsAllDayEvent", "ActivityDate", "StartDateTime", "EndDateTime"])
@pytest.mark.parametrize("wrong", [7, "tomorrow-ish", ["x"]])
def test_an_event_with_another_type_in_a_field_is_a_broken_promise(field, wrong):
    """A day that matters only where there are no times is read only there."""
    times = (None, None) if field == "ActivityDate" else (utc(2026, 6, 15, 12), utc(2026, 6, 15, 16))
    row = {"OwnerId": "005000000000001AAA", "IsAllDayEvent": False, "ActivityDate": f"{MONDAY}"}
    row |= dict(zip(("StartDateTime", "EndDateTime"), times, strict=True))
    assert absences_from([row], NEW_YORK) == {"005000000000001AAA": (Absence(MONDAY, MONDAY),)}
    if field == "OwnerId" and isinstance(wrong, str):
        return
    with pytest.raises(UnexpectedResponse, match=field):
        absences_from([row | {field: wrong}], NEW_YORK)
