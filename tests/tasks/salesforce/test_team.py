"""CSM-2: the team's calendar, as it is read from Salesforce."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blocks.common.field_map import FieldMap
from rules.assignment.availability import Absence, HandOver, away, just_back
from rules.common.business_time import WorkingDays
from tasks.salesforce.team import absences_from, asked_days, calendar_statement
from tests.rules.builders.csms import TODAY, absences
from tests.rules.builders.office_hours import WORKING_DAYS
from tests.support.past_sales import PastSales
from tests.support.sandbox import SandboxProcess

NEW_YORK = ZoneInfo("America/New_York")
ZONES = ["Pacific/Kiritimati", "Asia/Tokyo", "America/New_York", "Pacific/Pago_Pago"]


@pytest.fixture
def team(stand_in_process: SandboxProcess) -> PastSales:
    return PastSales(stand_in_process)


def june(day: int) -> date:
    return date(2026, 6, day)


def calendar(team: PastSales, hand_over: HandOver, zone: ZoneInfo = NEW_YORK):
    rows = team.client.query(calendar_statement(FieldMap(), *asked_days(hand_over)))
    return absences_from(rows, zone)


def whole_day(team: PastSales, csm: str, day: date) -> None:
    at = f"{day}T00:00:00.000+0000"
    team.plant(
        "Event", Subject="Leave", OwnerId=csm, ShowAs="OutOfOffice", IsAllDayEvent=True, ActivityDate=f"{day}",
        StartDateTime=at, EndDateTime=at, DurationInMinutes=1440,
    )  # fmt: skip


def half_an_hour(team: PastSales, csm: str, day: date, at: time, zone: ZoneInfo) -> None:
    start = datetime.combine(day, at, zone).astimezone(UTC)
    end = start + timedelta(minutes=30)
    team.plant(
        "Event", Subject="Dentist", OwnerId=csm, ShowAs="OutOfOffice", IsAllDayEvent=False, ActivityDate=f"{day}",
        StartDateTime=f"{start:%Y-%m-%dT%H:%M:%S.000+0000}", EndDateTime=f"{end:%Y-%m-%dT%H:%M:%S.000+0000}",
        DurationInMinutes=30,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "buffer", "first", "last"),
    [
        pytest.param(16, 1, 12, 23, id="Tuesday: Monday may be the last of the absence, Friday its first"),
        pytest.param(15, 1, 11, 22, id="Monday: Friday the last, Thursday the first"),
        pytest.param(18, 1, 16, 25, id="Thursday"),
        pytest.param(14, 1, 11, 22, id="Sunday: with the Friday before, the Monday after takes in the last weekend"),
        pytest.param(15, 6, 4, 22, id="six working days"),
        pytest.param(15, 0, 12, 22, id="without a buffer, what goes on over the weekend"),
    ],
)
def test_csm_2_the_calendar_is_asked_as_far_as_the_buffer_and_the_weekends_reach(start, buffer, first, last):
    assert asked_days(HandOver(june(start), 7, buffer, WORKING_DAYS)) == (june(first), june(last))


def test_csm_2_the_calendar_is_asked_by_the_working_days_of_the_policy():
    sunday_to_thursday = WorkingDays(frozenset({6, 0, 1, 2, 3}), frozenset({june(21)}))
    assert asked_days(HandOver(june(14), 6, 1, sunday_to_thursday)) == (june(10), june(22))


def test_csm_2_friday_and_monday_off_are_both_found_on_tuesday_and_are_one_absence(team):
    ada, hand_over = team.csm("Ada"), HandOver(june(16), 7, 1, WORKING_DAYS)
    for day in (12, 15):
        whole_day(team, ada, june(day))
    assert just_back(calendar(team, hand_over)[ada], hand_over) == (june(16), june(17))


@pytest.mark.parametrize("zone", ZONES)
def test_csm_2_in_every_time_zone_the_first_and_last_minutes_of_the_days_that_matter_are_found(team, zone):
    here, hand_over = ZoneInfo(zone), HandOver(june(16), 7, 1, WORKING_DAYS)
    early, late, leave = team.csm("Ada"), team.csm("Ben"), team.csm("Cleo")
    half_an_hour(team, early, june(12), time(0), here)
    half_an_hour(team, late, june(23), time(23, 29), here)
    for day in (june(12), june(23)):
        whole_day(team, leave, day)
    found = calendar(team, hand_over, here)
    assert found[early] == (Absence(june(12), june(12)),)
    assert found[late] == (Absence(june(23), june(23)),)
    assert set(found[leave]) == {Absence(june(12), june(12)), Absence(june(23), june(23))}


starts = st.integers(0, 6).map(lambda number: TODAY + timedelta(number))
hand_overs = st.builds(HandOver, starts, st.integers(0, 10), st.integers(0, 5), st.just(WORKING_DAYS))


def touches(absence: Absence, first: date, last: date) -> bool:
    until = absence.last and max(absence.last, absence.first or absence.last)
    return (absence.first is None or absence.first <= last) and (until is None or until >= first)


@given(st.lists(absences, max_size=6), hand_overs)
@example([Absence(june(12), june(12)), Absence(june(15), june(15))], HandOver(june(13), 0, 0, WORKING_DAYS))
@example([Absence(june(12), june(12)), Absence(june(15), june(15))], HandOver(june(16), 7, 1, WORKING_DAYS))
def test_csm_2_what_is_not_asked_for_would_change_nothing(whole, hand_over):
    asked = [one for one in whole if touches(one, *asked_days(hand_over))]
    assert (away(asked, hand_over) is None) == (away(whole, hand_over) is None)
    assert just_back(asked, hand_over) == just_back(whole, hand_over)
