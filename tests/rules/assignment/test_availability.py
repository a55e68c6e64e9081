"""CSM-2: who is away in a hand-over that begins on Monday 15 June 2026 and takes the seven days after it."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.assignment.availability import FAR_FUTURE, Absence, HandOver, away, just_back
from rules.common.business_time import WorkingDays, working_day
from tests.rules.builders.csms import HAND_OVER, absences, days
from tests.rules.builders.office_hours import WORKING_DAYS
from tests.rules.builders.sales import TODAY

calendars = st.lists(absences, max_size=5)
starts = st.integers(0, 6).map(lambda number: TODAY + timedelta(number))
hand_overs = st.builds(HandOver, starts, st.integers(0, 10), st.integers(0, 5), st.just(WORKING_DAYS))
past_days = st.integers(-15, -1).map(lambda number: TODAY + timedelta(number))
past_calendars = st.lists(st.builds(Absence, past_days | st.none(), past_days), max_size=4)


def june(day: int) -> date:
    return date(2026, 6, day)


def away_days(calendar, start, length):
    """Every day out of office, one by one, as far as matters here."""
    horizon = [start + timedelta(number) for number in range(-60, length + 60)]
    return {
        day
        for one in calendar
        for day in horizon
        if (one.first is None or one.first <= day) and (one.last is None or day <= max(one.last, one.first or date.min))
    }


def with_weekends(out):
    """The days out of office, and those of the weekends between them."""
    found = set(out)
    for day in out:
        gap = [day + timedelta(number) for number in range(1, 4)]
        until = next(number for number, one in enumerate(gap) if one in out or one.isoweekday() <= 5)
        if gap[until] in out:
            found |= set(gap[:until])
    return found


def is_away(calendar, hand_over):
    """The procedure day by day: out of office on a day of the hand-over."""
    out = with_weekends(away_days(calendar, hand_over.start, hand_over.days))
    return any(hand_over.start + timedelta(number) in out for number in range(hand_over.days + 1))


def is_just_back(calendar, hand_over):
    """The procedure day by day: so many working days at most, today's among them, since more than one day away."""
    out = with_weekends(away_days(calendar, hand_over.start, hand_over.days))
    day, worked = hand_over.start, 0
    while worked <= hand_over.return_buffer and (hand_over.start - day).days < 50:
        day -= timedelta(1)
        if {day, day - timedelta(1)} <= out and day + timedelta(1) not in out:
            return worked < hand_over.return_buffer
        worked += day.isoweekday() <= 5
    return False


# --- one absence on the calendar


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        pytest.param(june(1), june(12), None, id="long over"),
        pytest.param(june(8), june(14), None, id="over the day before"),
        pytest.param(june(10), june(15), (june(10), june(15)), id="last day is the first of the hand-over"),
        pytest.param(june(15), june(15), (june(15), june(15)), id="the first day alone"),
        pytest.param(june(18), june(18), (june(18), june(18)), id="a day in its midst"),
        pytest.param(june(1), june(30), (june(1), june(30)), id="all of it"),
        pytest.param(june(22), june(22), (june(22), june(22)), id="the last day alone"),
        pytest.param(june(22), june(30), (june(22), june(30)), id="from the last day on"),
        pytest.param(june(23), june(30), None, id="from the day after it on"),
        pytest.param(june(22), None, (june(22), FAR_FUTURE), id="open end from the last day on"),
        pytest.param(june(23), None, None, id="open end from the day after it on"),
        pytest.param(june(1), date(9999, 12, 31), (june(1), FAR_FUTURE), id="the end of all calendars"),
        pytest.param(date(9999, 12, 31), None, None, id="beginning at the end of all calendars"),
        pytest.param(None, june(18), (june(15), june(18)), id="open beginning"),
        pytest.param(None, june(14), None, id="open beginning, over the day before"),
        pytest.param(date(1, 1, 1), june(18), (june(15), june(18)), id="the beginning of all calendars"),
        pytest.param(None, None, (june(15), FAR_FUTURE), id="both open"),
        pytest.param(june(20), june(18), (june(20), june(20)), id="ends before it begins"),
        pytest.param(june(23), june(15), None, id="ends before it begins, after the hand-over"),
        pytest.param(june(14), june(1), None, id="ends before it begins, one day before the hand-over"),
    ],
)
def test_csm_2_an_absence_is_told_if_it_touches_the_hand_over(first, last, told):
    assert away([Absence(first, last)], HAND_OVER) == told


def test_csm_2_without_absences_everybody_is_there():
    assert away([], HAND_OVER) is None


def test_csm_2_a_hand_over_may_be_the_day_of_the_assignment_alone():
    hand_over = HandOver(TODAY, 0, 0, WORKING_DAYS)
    assert away([Absence(june(15), june(15))], hand_over) == (june(15), june(15))
    assert away([Absence(june(16), june(20))], hand_over) is None


# --- several of them


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        pytest.param([(8, 12), (11, 15)], (8, 15), id="overlapping"),
        pytest.param([(16, 16), (17, 17)], (16, 17), id="two single days in a row are one of two days"),
        pytest.param([(16, 16), (18, 18)], (16, 16), id="two single days with a day between stay single"),
        pytest.param([(1, 15), (5, 6)], (1, 15), id="one within the other"),
        pytest.param([(12, 12), (15, 15)], (12, 15), id="Friday and Monday are one"),
        pytest.param([(12, 12), (16, 16)], (16, 16), id="Friday and Tuesday are two"),
        pytest.param([(11, 11), (15, 15)], (15, 15), id="Thursday and Monday are two"),
        pytest.param([(5, 6), (8, 12), (14, 15)], (5, 15), id="over two weekends"),
        pytest.param([(20, 21), (16, 17)], (16, 17), id="the first of two is told"),
        pytest.param([(1, 3), (10, 12), (26, 30)], None, id="none of many touches it"),
        pytest.param([(1, 3), (22, 24), (25, 26)], (22, 26), id="one that goes on after the hand-over"),
    ],
)
def test_csm_2_absences_that_meet_are_one(spans, told):
    calendar = [Absence(june(first), june(last)) for first, last in spans]
    assert away(calendar, HAND_OVER) == (told and (june(told[0]), june(told[1])))


def test_csm_2_an_open_end_takes_in_whatever_begins_later():
    calendar = [Absence(june(18), None), Absence(june(20), june(21)), Absence(june(30), None)]
    assert away(calendar, HAND_OVER) == (june(18), FAR_FUTURE)


def test_csm_2_between_friday_and_monday_off_nobody_is_there_on_the_weekend():
    calendar = [Absence(june(12), june(12)), Absence(june(15), june(15))]
    assert away(calendar, HandOver(june(13), 0, 0, WORKING_DAYS)) == (june(12), june(15))


# --- back from an absence


@pytest.mark.parametrize(
    ("first", "last", "start", "told"),
    [
        pytest.param(8, 12, 15, (15, 16), id="ended on Friday, Monday"),
        pytest.param(8, 12, 16, None, id="ended on Friday, Tuesday"),
        pytest.param(8, 12, 13, (15, 16), id="ended on Friday, Saturday"),
        pytest.param(8, 14, 15, (15, 16), id="ended on Sunday, Monday"),
        pytest.param(8, 14, 16, None, id="ended on Sunday, Tuesday"),
        pytest.param(13, 14, 15, (15, 16), id="two days, on the weekend"),
        pytest.param(8, 11, 12, (12, 13), id="ended on Thursday, Friday"),
        pytest.param(8, 11, 13, None, id="ended on Thursday, Saturday"),
        pytest.param(8, 10, 11, (11, 12), id="ended on Wednesday, Thursday"),
        pytest.param(8, 10, 12, None, id="ended on Wednesday, Friday"),
        pytest.param(12, 12, 15, None, id="a Friday alone"),
        pytest.param(14, 14, 15, None, id="a Sunday alone"),
        pytest.param(10, 8, 11, None, id="ends before it begins: a day alone"),
        pytest.param(8, 15, 15, None, id="not back yet"),
        pytest.param(16, 17, 15, None, id="still to come"),
    ],
)
def test_csm_2_nobody_is_given_an_account_on_the_working_day_after_more_than_a_day_away(first, last, start, told):
    found = just_back([Absence(june(first), june(last))], HandOver(june(start), 7, 1, WORKING_DAYS))
    assert found == (told and (june(told[0]), june(told[1])))


@pytest.mark.parametrize(
    ("buffer", "in_it"), [(0, []), (1, [13, 14, 15]), (2, [13, 14, 15, 16]), (6, [*range(13, 23)])]
)
def test_csm_2_the_buffer_is_as_many_working_days_as_policy_says(buffer, in_it):
    week = [Absence(june(8), june(12))]
    assert [day for day in range(13, 30) if just_back(week, HandOver(june(day), 7, buffer, WORKING_DAYS))] == in_it


def test_csm_2_friday_and_monday_off_are_more_than_one_day():
    calendar = [Absence(june(12), june(12)), Absence(june(15), june(15))]
    assert just_back(calendar, HandOver(june(16), 7, 1, WORKING_DAYS)) == (june(16), june(17))
    assert just_back(calendar[1:], HandOver(june(16), 7, 1, WORKING_DAYS)) is None


def test_csm_2_a_single_day_off_does_not_end_the_buffer_of_a_longer_absence_before_it():
    calendar = [Absence(june(1), june(9)), Absence(june(11), june(11))]
    assert just_back(calendar, HandOver(june(12), 7, 3, WORKING_DAYS)) == (june(10), june(13))


def test_csm_2_of_two_absences_the_later_buffer_is_told():
    calendar = [Absence(june(1), june(9)), Absence(june(11), june(12))]
    assert just_back(calendar, HandOver(TODAY, 7, 5, WORKING_DAYS)) == (june(15), june(20))


def test_csm_2_an_absence_since_ever_has_a_buffer_too():
    assert just_back([Absence(None, june(14))], HAND_OVER) == (june(15), june(16))


def test_csm_2_without_absences_nobody_is_just_back():
    assert just_back([], HAND_OVER) is None


@pytest.mark.parametrize(
    ("day", "number", "found"),
    [
        (12, 1, 15),
        (13, 1, 15),
        (14, 1, 15),
        (15, 1, 16),
        (12, 6, 22),
        (13, 0, 13),
        (15, -1, 12),
        (14, -1, 12),
        (15, -6, 5),
    ],
)
def test_working_days_are_counted_from_monday_to_friday(day, number, found):
    assert working_day(june(day), number, WORKING_DAYS) == june(found)


# --- other weeks

SUNDAY_TO_THURSDAY = WorkingDays(frozenset({6, 0, 1, 2, 3}), frozenset({june(16)}))
"""The 16th, a Tuesday, is a holiday."""


@pytest.mark.parametrize(
    ("day", "number", "found"),
    [(11, 1, 14), (12, 1, 14), (13, 1, 14), (14, 1, 15), (15, 1, 17), (14, -1, 11), (17, -1, 15), (11, 3, 17)],
)
def test_working_days_are_those_of_the_policy(day, number, found):
    assert working_day(june(day), number, SUNDAY_TO_THURSDAY) == june(found)


@pytest.mark.parametrize(("end", "number"), [(date.max, 1), (date.min, -1)])
def test_working_days_end_with_the_calendar(end, number):
    near = end - timedelta(number)
    for week in (WORKING_DAYS, SUNDAY_TO_THURSDAY):
        assert working_day(end, number, week) == end
        assert working_day(near, 3 * number, week) == end


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        pytest.param([(11, 11), (14, 14)], (11, 14), id="Thursday and Sunday are one"),
        pytest.param([(11, 11), (15, 15)], (15, 15), id="Thursday and Monday are two"),
        pytest.param([(12, 12), (14, 14)], (12, 14), id="Friday and Sunday are one"),
        pytest.param([(15, 15), (17, 17)], (15, 17), id="with a holiday between, Monday and Wednesday are one"),
        pytest.param([(17, 17), (19, 19)], (17, 17), id="Wednesday and Friday are two"),
    ],
)
def test_csm_2_absences_are_one_over_the_days_on_which_the_organization_does_not_work(spans, told):
    calendar = [Absence(june(first), june(last)) for first, last in spans]
    assert away(calendar, HandOver(june(14), 7, 1, SUNDAY_TO_THURSDAY)) == (june(told[0]), june(told[1]))


@pytest.mark.parametrize(
    ("first", "last", "start", "told"),
    [
        pytest.param(7, 11, 14, (14, 15), id="ended on Thursday, Sunday"),
        pytest.param(7, 11, 12, (14, 15), id="ended on Thursday, Friday"),
        pytest.param(7, 11, 15, None, id="ended on Thursday, Monday"),
        pytest.param(14, 15, 16, (17, 18), id="ended before the holiday, on the holiday"),
        pytest.param(14, 15, 17, (17, 18), id="ended before the holiday, the day after it"),
    ],
)
def test_csm_2_the_buffer_counts_the_organizations_working_days(first, last, start, told):
    found = just_back([Absence(june(first), june(last))], HandOver(june(start), 7, 1, SUNDAY_TO_THURSDAY))
    assert found == (told and (june(told[0]), june(told[1])))


# --- what always holds


@given(calendars, hand_overs)
def test_csm_2_the_answer_is_that_of_looking_at_every_day_of_the_calendar(calendar, hand_over):
    assert (away(calendar, hand_over) is not None) == is_away(calendar, hand_over)


@given(past_calendars, hand_overs)
def test_csm_2_somebody_is_just_back_if_the_calendar_says_so_day_by_day(calendar, hand_over):
    assert (just_back(calendar, hand_over) is not None) == is_just_back(calendar, hand_over)


@given(past_calendars, st.integers(-4, -1), st.integers(8, 15))
def test_csm_2_the_days_told_are_a_working_day_and_the_first_after_the_buffer(calendar, last, buffer):
    week = Absence(TODAY - timedelta(10), TODAY + timedelta(last))
    returned, free = just_back([*calendar, week], HandOver(TODAY, 7, buffer, WORKING_DAYS))
    assert returned.isoweekday() <= 5
    assert just_back([*calendar, week], HandOver(free, 7, buffer, WORKING_DAYS)) is None
    assert just_back([*calendar, week], HandOver(free - timedelta(1), 7, buffer, WORKING_DAYS)) == (returned, free)


@given(calendars, hand_overs)
def test_csm_2_what_is_told_are_days_out_of_office_from_first_to_last(calendar, hand_over):
    told = away(calendar, hand_over)
    assume(told is not None)
    first, last = told
    assert first <= last
    out = with_weekends(away_days(calendar, hand_over.start, hand_over.days))
    shown = min(last, hand_over.start + timedelta(hand_over.days))
    assert {first + timedelta(number) for number in range((shown - first).days + 1)} <= out


@given(calendars, absences, hand_overs)
def test_csm_2_one_more_absence_never_makes_anybody_available(calendar, another, hand_over):
    def free(of):
        return away(of, hand_over) is None and just_back(of, hand_over) is None

    assert free(calendar) or not free([*calendar, another])


@given(st.data(), calendars, hand_overs)
def test_csm_2_neither_order_nor_repetition_of_absences_matters(data, calendar, hand_over):
    shuffled = data.draw(st.permutations([*calendar, *calendar]))
    assert away(shuffled, hand_over) == away(calendar, hand_over)
    assert just_back(shuffled, hand_over) == just_back(calendar, hand_over)


@given(calendars, days, st.integers(1, 20), st.integers(0, 20), hand_overs)
def test_csm_2_an_absence_in_two_pieces_is_the_same_absence(calendar, first, length, cut, hand_over):
    last = first + timedelta(length)
    until = first + timedelta(min(cut, length - 1))
    pieces = [Absence(until + timedelta(1), last), Absence(first, until)]
    for asked in (away, just_back):
        whole = asked([*calendar, Absence(first, last)], hand_over)
        assert asked([*calendar, *pieces], hand_over) == whole
        assert asked([*calendar, *pieces, Absence(until, last)], hand_over) == whole
