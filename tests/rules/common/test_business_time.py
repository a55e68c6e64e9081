"""Business time: Monday to Friday from nine to five unless said otherwise; pandas counts it in another way."""

import importlib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.business_time import BusinessHours, WorkingDays, day_off, elapsed, is_working_day
from tests.rules.builders.office_hours import (
    ALWAYS,
    LONDON,
    MONDAY_TO_FRIDAY,
    NEW_YORK,
    OFFICE,
    at,
    moments,
    office_hours,
)

NOTHING = timedelta(0)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@cache
def pandas() -> Any:
    """Imported where it is asked: every test process loads this file, and pandas takes it most of a second."""
    return importlib.import_module("pandas")


def pandas_hours(hours: BusinessHours, number: int = 1) -> Any:
    """So many business hours, as pandas knows them."""
    return pandas().offsets.CustomBusinessHour(
        number,
        start=f"{hours.opens:%H:%M}",
        end=f"{hours.closes:%H:%M}",
        weekmask=" ".join(NAMES[day] for day in hours.days),
        holidays=sorted(hours.holidays),
    )


def local(moment: datetime, hours: BusinessHours) -> Any:
    return pandas().Timestamp(moment.astimezone(hours.zone).replace(tzinfo=None))


# --- by hand


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        pytest.param("2026-06-15T09:00", "2026-06-15T17:00", 8, id="a whole day"),
        pytest.param("2026-06-15T10:15", "2026-06-15T11:45", 1.5, id="within a day"),
        pytest.param("2026-06-15T16:00", "2026-06-16T10:00", 2, id="over night"),
        pytest.param("2026-06-12T16:00", "2026-06-15T10:00", 2, id="over the weekend"),
        pytest.param("2026-06-12T17:00", "2026-06-15T09:00", 0, id="the weekend alone"),
        pytest.param("2026-06-13T12:00", "2026-06-14T12:00", 0, id="Saturday to Sunday"),
        pytest.param("2026-06-15T00:00", "2026-06-15T09:00", 0, id="before opening"),
        pytest.param("2026-06-15T17:00", "2026-06-15T23:59", 0, id="after it has closed"),
        pytest.param("2026-06-15T03:00", "2026-06-15T22:00", 8, id="no more than the day's hours"),
        pytest.param("2026-06-08T09:00", "2026-06-15T09:00", 40, id="a week"),
        pytest.param("2026-01-01T00:00", "2027-01-01T00:00", 261 * 8, id="the 261 weekdays of 2026"),
        pytest.param("2026-06-15T10:00", "2026-06-15T10:00", 0, id="no time at all"),
        pytest.param("2026-06-15T11:00", "2026-06-15T10:00", 0, id="ends an hour before it starts"),
        pytest.param("2026-06-18T11:00", "2026-06-15T10:00", 0, id="ends days before it starts"),
    ],
)
def test_business_time_is_what_lies_within_the_hours_of_working_days(start, end, hours):
    assert elapsed(at(start), at(end), OFFICE) == hours * HOUR


def test_on_a_holiday_nobody_answers():
    thanksgiving = replace(OFFICE, holidays=frozenset({date(2026, 11, 26)}))
    assert elapsed(at("2026-11-25T16:00"), at("2026-11-27T10:00"), thanksgiving) == 2 * HOUR
    assert elapsed(at("2026-11-26T09:00"), at("2026-11-26T17:00"), thanksgiving) == NOTHING
    assert elapsed(at("2026-11-25T16:00"), at("2026-11-27T10:00"), OFFICE) == 10 * HOUR


def test_a_working_day_is_one_of_the_week_s_and_no_holiday():
    friday, saturday = date(2026, 6, 19), date(2026, 6, 20)
    assert is_working_day(friday, OFFICE)
    assert not is_working_day(saturday, OFFICE)
    assert not is_working_day(friday, replace(OFFICE, holidays=frozenset({friday})))
    sunday_to_thursday = replace(OFFICE, days=frozenset({6, 0, 1, 2, 3}))
    assert not is_working_day(friday, sunday_to_thursday)
    assert is_working_day(date(2026, 6, 21), sunday_to_thursday)


def test_hours_are_those_of_the_house_s_clock_wherever_the_moment_was_noted():
    summer = datetime(2026, 6, 15, 13, 30, tzinfo=UTC)  # 9:30 in New York
    winter = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)  # 9:30 there too
    for moment in (summer, winter):
        assert elapsed(moment - 2 * HOUR, moment, OFFICE) == HOUR / 2
    assert elapsed(at("2026-06-15T13:00", LONDON), at("2026-06-15T15:00", LONDON), OFFICE) == HOUR


def test_a_day_is_as_long_as_its_hours():
    assert OFFICE.length == 8 * HOUR
    assert replace(OFFICE, opens=time(8, 30)).length == 8.5 * HOUR


@pytest.mark.parametrize(("opens", "closes"), [(time(17), time(9)), (time(9), time(9)), (time(9), time(0))])
def test_a_house_that_closes_before_it_opens_cannot_be(opens, closes):
    with pytest.raises(ValueError, match=r"Business hours from .* to .* never begin"):
        BusinessHours(MONDAY_TO_FRIDAY, frozenset(), NEW_YORK, opens, closes)


def test_a_house_that_never_opens_cannot_be():
    with pytest.raises(ValueError, match="Without a working day"):
        replace(OFFICE, days=frozenset())


# --- when the clock is changed

CHANGES = [
    pytest.param(NEW_YORK, date(2026, 3, 6), id="New York, an hour is skipped on Sunday"),
    pytest.param(NEW_YORK, date(2026, 10, 30), id="New York, an hour is repeated on Sunday"),
    pytest.param(LONDON, date(2026, 3, 27), id="London, an hour is skipped on Sunday"),
    pytest.param(LONDON, date(2026, 10, 23), id="London, an hour is repeated on Sunday"),
]


@pytest.mark.parametrize(("zone", "friday"), CHANGES)
def test_a_night_in_which_the_clock_is_changed_makes_no_difference(zone, friday):
    office, monday = replace(OFFICE, zone=zone), friday + timedelta(3)
    assert elapsed(at(f"{friday}T16:00", zone), at(f"{monday}T10:00", zone), office) == 2 * HOUR
    week = friday - timedelta(4)
    assert elapsed(at(f"{week}T00:00", zone), at(f"{week + timedelta(14)}T00:00", zone), office) == 80 * HOUR


@pytest.mark.parametrize(("zone", "friday"), CHANGES)
def test_a_day_on_which_the_clock_is_changed_is_as_long_as_any(zone, friday):
    always, sunday = replace(ALWAYS, zone=zone), friday + timedelta(2)
    start, end = at(f"{sunday}T00:00", zone), at(f"{sunday + timedelta(1)}T00:00", zone)
    assert elapsed(start, end, always) == 24 * HOUR - MINUTE


def test_in_the_hour_that_is_repeated_the_clock_stands_still():
    start = at("2026-11-01T00:00")
    once, again = at("2026-11-01T01:59"), at("2026-11-01T01:00:30", fold=1)
    end_of_it = at("2026-11-01T01:59:30", fold=1)
    assert elapsed(start, once, ALWAYS) == 2 * HOUR - MINUTE
    assert elapsed(start, again, ALWAYS) == elapsed(start, end_of_it, ALWAYS) == 2 * HOUR
    assert elapsed(once, again, ALWAYS) == MINUTE
    assert elapsed(start, at("2026-11-01T02:01"), ALWAYS) == 2 * HOUR + MINUTE


# --- what always holds


@given(moments, st.integers(1, 3000), office_hours())
def test_so_many_hours_later_by_pandas_are_so_many_hours(start, number, hours):
    end = (local(start, hours) + pandas_hours(hours, number)).to_pydatetime().replace(tzinfo=hours.zone)
    assert elapsed(start, end, hours) == number * HOUR


@given(moments, st.integers(0, 90 * 24 * 60), office_hours())
def test_between_any_two_moments_there_are_as_many_minutes_as_pandas_knows(start, minutes, hours):
    hours = replace(hours, closes=hours.opens.replace(hour=hours.opens.hour + 3))  # pandas' range knows full hours only
    end = start + minutes * MINUTE
    first, last = local(start, hours), local(end, hours)
    full = pandas().date_range(first.normalize(), last, freq=pandas_hours(hours))
    overlaps = [min(last, begin + HOUR) - max(first, begin) for begin in full]
    assert elapsed(start, end, hours) == sum((max(one, NOTHING) for one in overlaps), NOTHING)


@given(st.lists(moments, min_size=3, max_size=3).map(sorted), office_hours())
def test_a_wait_in_two_pieces_is_as_long_as_the_whole(three, hours):
    start, between, end = three
    whole = elapsed(start, end, hours)
    assert elapsed(start, between, hours) + elapsed(between, end, hours) == whole


@given(moments, moments, moments, office_hours())
def test_waiting_longer_is_never_shorter_and_asking_later_never_longer(start, end, other, hours):
    sooner, later = sorted([end, other])
    assert elapsed(start, sooner, hours) <= elapsed(start, later, hours)
    assert elapsed(later, start, hours) <= elapsed(sooner, start, hours)


@given(st.integers(-180, 180), st.integers(0, 120))
def test_waiting_longer_is_never_shorter_while_the_clock_is_changed_either(minutes, more):
    start = at("2026-10-31T12:00")
    repeated = datetime(2026, 11, 1, 6, tzinfo=UTC) + minutes * MINUTE
    assert elapsed(start, repeated, ALWAYS) <= elapsed(start, repeated + more * MINUTE, ALWAYS)


@given(moments, moments, office_hours())
def test_business_time_is_no_longer_than_the_days_it_touches_allow(start, end, hours):
    days = abs((end - start).days) + 2
    assert NOTHING <= elapsed(start, end, hours) <= days * hours.length
    assert elapsed(start, end, hours) == NOTHING or start < end


def test_why_nobody_works_on_a_day():
    days = WorkingDays(frozenset(range(5)), frozenset([date(2026, 11, 26)]))
    assert day_off(date(2026, 11, 28), days) == "Saturday is not a working day"
    assert day_off(date(2026, 11, 26), days) == "2026-11-26 is a holiday"
    assert day_off(date(2026, 11, 27), days) == ""
