"""CSM-2: who is away in a hand-over that begins on Monday 15 June 2026 and takes the seven days after it."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.availability import FAR_FUTURE, Absence, HandOver, away
from tests.rules.csms import HAND_OVER, absences, days
from tests.rules.sales import TODAY

calendars = st.lists(absences, max_size=5)
hand_overs = st.builds(HandOver, st.just(TODAY), st.integers(0, 10), st.integers(0, 5))


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


def is_away(calendar, hand_over):
    """The procedure day by day: away on a day of the hand-over, or just back from more than one day."""
    out = away_days(calendar, hand_over.start, hand_over.days)
    before = [hand_over.start - timedelta(number) for number in range(1, hand_over.return_buffer + 1)]
    just_back = any({day, day - timedelta(1)} <= out for day in before)
    return just_back or any(hand_over.start + timedelta(number) in out for number in range(hand_over.days + 1))


# --- one absence on the calendar


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        pytest.param(june(1), june(12), None, id="long over"),
        pytest.param(june(8), june(13), None, id="back for a day"),
        pytest.param(june(8), june(14), (june(8), june(14)), id="just back from a week"),
        pytest.param(june(13), june(14), (june(13), june(14)), id="just back from two days"),
        pytest.param(june(14), june(14), None, id="just back from one day"),
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
        pytest.param(None, june(14), (june(14), june(14)), id="open beginning, just back"),
        pytest.param(None, june(13), None, id="open beginning, back for a day"),
        pytest.param(date(1, 1, 1), june(18), (june(15), june(18)), id="the beginning of all calendars"),
        pytest.param(None, None, (june(15), FAR_FUTURE), id="both open"),
        pytest.param(june(20), june(18), (june(20), june(20)), id="ends before it begins"),
        pytest.param(june(23), june(15), None, id="ends before it begins, after the hand-over"),
        pytest.param(june(14), june(1), None, id="ends before it begins, one day before the hand-over"),
    ],
)
def test_csm_2_an_absence_is_told_if_it_touches_the_hand_over_or_the_day_before_it(first, last, told):
    assert away([Absence(first, last)], HAND_OVER) == told


def test_csm_2_without_absences_everybody_is_there():
    assert away([], HAND_OVER) is None


@pytest.mark.parametrize(("buffer", "last_days"), [(0, []), (1, [14]), (3, [12, 13, 14])])
def test_csm_2_the_buffer_is_as_many_days_as_policy_says(buffer, last_days):
    hand_over = HandOver(TODAY, 7, buffer)
    assert [day for day in range(9, 15) if away([Absence(june(8), june(day))], hand_over)] == last_days


def test_csm_2_a_hand_over_may_be_the_day_of_the_assignment_alone():
    hand_over = HandOver(TODAY, 0, 0)
    assert away([Absence(june(15), june(15))], hand_over) == (june(15), june(15))
    assert away([Absence(june(16), june(20))], hand_over) is None


# --- several of them


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        pytest.param([(8, 12), (11, 14)], (8, 14), id="overlapping"),
        pytest.param([(13, 13), (14, 14)], (13, 14), id="two single days in a row are one of two days"),
        pytest.param([(12, 12), (14, 14)], None, id="two single days with a day between stay single"),
        pytest.param([(1, 14), (5, 6)], (1, 14), id="one within the other"),
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


@given(calendars, hand_overs)
def test_csm_2_the_answer_is_that_of_looking_at_every_day_of_the_calendar(calendar, hand_over):
    assert (away(calendar, hand_over) is not None) == is_away(calendar, hand_over)


@given(calendars, hand_overs)
def test_csm_2_what_is_told_are_days_out_of_office_from_first_to_last(calendar, hand_over):
    told = away(calendar, hand_over)
    assume(told is not None)
    first, last = told
    assert first <= last
    out = away_days(calendar, hand_over.start, hand_over.days)
    shown = min(last, hand_over.start + timedelta(hand_over.days))
    assert {first + timedelta(number) for number in range((shown - first).days + 1)} <= out


@given(calendars, absences, hand_overs)
def test_csm_2_one_more_absence_never_makes_anybody_available(calendar, another, hand_over):
    assert away(calendar, hand_over) is None or away([*calendar, another], hand_over) is not None


@given(st.data(), calendars, hand_overs)
def test_csm_2_neither_order_nor_repetition_of_absences_matters(data, calendar, hand_over):
    shuffled = data.draw(st.permutations([*calendar, *calendar]))
    assert away(shuffled, hand_over) == away(calendar, hand_over)


@given(calendars, days, st.integers(1, 20), st.integers(0, 20), hand_overs)
def test_csm_2_an_absence_in_two_pieces_is_the_same_absence(calendar, first, length, cut, hand_over):
    last = first + timedelta(length)
    until = first + timedelta(min(cut, length - 1))
    pieces = [Absence(until + timedelta(1), last), Absence(first, until)]
    whole = away([*calendar, Absence(first, last)], hand_over)
    assert away([*calendar, *pieces], hand_over) == whole
    assert away([*calendar, *pieces, Absence(until, last)], hand_over) == whole
