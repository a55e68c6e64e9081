"""Reminded after four business hours, somebody else is told after eight; open from nine to five in New York."""

import re
from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.common.business_time import elapsed
from rules.questions.reminders import ReminderPolicy, Urgency, urgency, waited
from tests.rules.builders.office_hours import OFFICE, at, moments, office_hours

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
PATIENCE = ReminderPolicy(OFFICE, remind_after=4 * HOUR, escalate_after=8 * HOUR)
ASKED = "2026-06-12T15:00"  # a Friday

waits = st.integers(1, 200).map(lambda quarters: quarters * HOUR / 4)
patiences = st.builds(
    lambda hours, wait, more: ReminderPolicy(hours, wait, wait + more),
    office_hours(),
    waits,
    waits,
)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        pytest.param("2026-06-12T15:00", Urgency.ASKED, id="just asked"),
        pytest.param("2026-06-14T15:00", Urgency.ASKED, id="two days later, on Sunday"),
        pytest.param("2026-06-15T10:59", Urgency.ASKED, id="a minute to four hours"),
        pytest.param("2026-06-15T11:00", Urgency.REMINDED, id="four hours"),
        pytest.param("2026-06-15T14:59", Urgency.REMINDED, id="a minute to eight hours"),
        pytest.param("2026-06-15T15:00", Urgency.ESCALATED, id="eight hours"),
        pytest.param("2026-12-31T15:00", Urgency.ESCALATED, id="half a year"),
        pytest.param("2026-06-12T14:00", Urgency.ASKED, id="before it was asked"),
    ],
)
def test_a_question_is_reminded_of_and_then_escalated_in_business_time(now, due):
    assert urgency(at(ASKED), at(now), PATIENCE) is due


def test_a_holiday_gives_another_day_to_answer():
    monday = at("2026-06-15T15:00")
    with_holiday = replace(PATIENCE, hours=replace(OFFICE, holidays=frozenset({monday.date()})))
    assert urgency(at(ASKED), monday, with_holiday) is Urgency.ASKED
    assert urgency(at(ASKED), at("2026-06-16T15:00"), with_holiday) is Urgency.ESCALATED


@given(moments, moments, moments, patiences)
def test_urgency_never_goes_back(asked_at, now, other, patience):
    sooner, later = sorted([now, other])
    assert urgency(asked_at, sooner, patience) <= urgency(asked_at, later, patience)


@given(moments, moments, office_hours())
def test_urgency_is_due_from_the_very_moment_on_and_not_before(asked_at, now, hours):
    waiting = elapsed(asked_at, now, hours)
    assume(waiting)

    def due(remind_after, escalate_after):
        return urgency(asked_at, now, ReminderPolicy(hours, remind_after, escalate_after))

    assert due(waiting + TICK, waiting + HOUR) is Urgency.ASKED
    assert due(waiting, waiting + TICK) is Urgency.REMINDED
    assert due(waiting - TICK, waiting) is Urgency.ESCALATED


# --- how long it waits, in words


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-06-15T09:00", "less than an hour"),
        ("2026-06-15T09:59:59", "less than an hour"),
        ("2026-06-15T10:00", "1 business hour"),
        ("2026-06-15T11:59", "2 business hours"),
        ("2026-06-15T16:59", "7 business hours"),
        ("2026-06-15T17:00", "1 business day"),
        ("2026-06-16T09:30", "1 business day"),
        ("2026-06-16T10:00", "1 business day and 1 hour"),
        ("2026-06-16T11:00", "1 business day and 2 hours"),
        ("2026-06-17T17:00", "3 business days"),
        ("2026-06-18T10:00", "3 business days and 1 hour"),
        ("2026-06-21T12:00", "5 business days"),
        ("2026-06-22T16:59", "5 business days and 7 hours"),
        ("2026-06-12T12:00", "less than an hour"),
    ],
)
def test_the_age_of_a_question_is_told_in_full_business_hours_and_days(now, told):
    assert waited(at("2026-06-15T09:00"), at(now), OFFICE) == told


def test_a_business_day_is_as_long_as_the_house_is_open():
    short = replace(OFFICE, opens=time(12))
    assert waited(at("2026-06-15T12:00"), at("2026-06-16T14:00"), short) == "1 business day and 2 hours"


@given(moments, moments, office_hours())
def test_the_words_are_never_more_than_the_truth_and_less_than_an_hour_short_of_it(asked_at, now, hours):
    told = waited(asked_at, now, hours)
    days = re.search(r"(\d+) business days?", told)
    full_hours = re.search(r"(\d+)( business)? hours?", told)
    said = int(days[1] if days else 0) * hours.length + int(full_hours[1] if full_hours else 0) * HOUR
    assert said <= elapsed(asked_at, now, hours) < said + HOUR
