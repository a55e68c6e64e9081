"""The figures of the weekly report, by hand."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reports.rows import figures_csv
from rules.reports.week import week_of
from rules.reports.weekly import (
    MOVE,
    AskedQuestion,
    BookFigure,
    EndFigures,
    Failure,
    ReportedRun,
    duration,
    middle,
    ninety_percent,
    weekly_figures,
)
from tests.rules.builders.office_hours import NEW_YORK, OFFICE, at

WEEK = week_of(date(2026, 6, 10), NEW_YORK)
TUESDAY = at("2026-06-09T10:00")
NO_ENDS = EndFigures(30, (), Decimal(), ())
MINUTE = timedelta(minutes=1)


def run(minutes=10, *, kind="onboarding", state="Completed", start=TUESDAY, **more):
    return ReportedRun(kind, "Onboard Alder", start, start + minutes * MINUTE, state, **more)


def of(*runs, books=(), ends=NO_ENDS):
    return weekly_figures(WEEK, runs, books, ends, OFFICE)


def test_a_week_begins_on_monday_at_midnight_of_the_org():
    assert (WEEK.monday, WEEK.sunday) == (date(2026, 6, 8), date(2026, 6, 14))
    assert datetime(2026, 6, 8, 4, tzinfo=UTC) in WEEK
    assert datetime(2026, 6, 8, 3, 59, tzinfo=UTC) not in WEEK
    assert datetime(2026, 6, 15, 4, tzinfo=UTC) not in WEEK
    assert None not in WEEK
    assert WEEK.earlier(2).monday == date(2026, 5, 25)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_every_day_is_in_its_week_and_in_no_other(day):
    week = week_of(day, NEW_YORK)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=NEW_YORK)
    assert noon in week
    assert noon not in week.earlier(1)
    assert week.earlier(1).end == week.start


def test_onboardings_of_the_week_count_by_their_end_with_their_times():
    before, failed = run(start=at("2026-06-07T10:00")), run(state="Refused")
    figures = of(run(10), run(20), run(90), before, failed, run(kind="deactivation"), run(state="Out of scope"))
    assert figures.onboarded == 3
    assert (duration(middle(figures.times)), duration(ninety_percent(figures.times))) == ("20 min", "1 h 30 min")
    assert figures.out_of_scope == 1
    assert [count for _, count in figures.by_week] == [0, 0, 0, 0, 0, 0, 1, 3]
    assert figures.by_week[-1][0] == WEEK


def test_a_run_counts_as_without_touch_if_nobody_started_it_answered_or_pressed_retry():
    asked = run(30, questions=(AskedQuestion(TUESDAY, TUESDAY + MINUTE),))
    retried = run(40, failures=(Failure(TUESDAY, "Unavailable"),))
    figures = of(run(), asked, retried, run(50, by_hand=True))
    assert (figures.untouched, figures.untouched_percent) == (1, 25)
    assert figures.touched == (30 * MINUTE, 40 * MINUTE, 50 * MINUTE)


def test_an_empty_week_has_no_shares_and_no_times():
    figures = of()
    assert (figures.onboarded, figures.untouched_percent, figures.answer_times) == (0, None, ())
    assert (middle(()), ninety_percent(())) == (None, None)


def test_questions_of_any_run_count_by_when_they_were_asked_and_wait_in_business_time():
    evening, next_morning = at("2026-06-09T16:30"), at("2026-06-10T09:30")
    questions = (
        AskedQuestion(evening, next_morning),
        AskedQuestion(evening, None),
        AskedQuestion(at("2026-06-05T10:00"), TUESDAY),
    )
    figures = of(run(kind="publications", state="Suspended", questions=questions))
    assert (figures.asked, figures.answered, figures.answer_times) == (2, 1, (60 * MINUTE,))


def test_every_failure_of_the_week_counts_by_its_class_also_of_a_run_that_was_retried():
    twice = run(failures=(Failure(TUESDAY, "Unavailable"), Failure(TUESDAY + MINUTE, "Unavailable")))
    others = run(kind="", state="Crashed", failures=(Failure(TUESDAY, "Crashed"), Failure(WEEK.end, "Crashed")))
    refused = run(state="Refused", failures=(Failure(TUESDAY, "Refused"),))
    assert of(refused, others, twice).failures == (("Unavailable", 2), ("Crashed", 1), ("Refused", 1))


def test_moves_are_listed_and_the_fullest_book_comes_first():
    moved = replace(run(kind=MOVE), name="Move Birch to Eva")
    books = [BookFigure(name, 3, Decimal(10), load) for name, load in (("Ada", 0.2), ("Ben", 0.9), ("Cleo", 0.2))]
    figures = of(moved, replace(moved, state="Refused"), books=books)
    assert figures.moved == ("Move Birch to Eva",)
    assert [book.csm for book in figures.books] == ["Ben", "Ada", "Cleo"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (3599, "59 min"), (3900, "1 h 05 min"), (100_000, "1 d 3 h")],
)
def test_times_are_in_words(seconds, words):
    assert duration(timedelta(seconds=seconds)) == words


def test_no_time_is_none():
    assert duration(None) == "none"


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40))
def test_within_the_ninety_percent_time_are_at_least_nine_of_ten(minutes):
    times = sorted(number * MINUTE for number in minutes)
    limit = ninety_percent(times)
    assert sum(time <= limit for time in times) >= 0.9 * len(times)
    assert times[0] <= middle(times) <= times[-1]


def test_the_csv_file_has_every_figure_and_no_formula():
    books = [BookFigure("=1+1", 3, Decimal("10.50"), 0.256)]
    ends = EndFigures(30, ("Cedar",), Decimal(480), ("Dill",))
    text = figures_csv(of(run(failures=(Failure(TUESDAY, "Unavailable"),)), books=books, ends=ends))
    header, *rows = csv.reader(io.StringIO(text))
    assert header == ["Week from", "Section", "Figure", "Value", "Unit"]
    assert {row[0] for row in rows} == {"2026-06-08"}
    values = {(row[2], row[4]): row[3] for row in rows}
    assert values["Closed Won to welcome, median", "minutes"] == "10.0"
    assert values["Unavailable", "failures"] == "1"
    assert values["Without human touch", "percent"] == "0"
    assert values["'=1+1", "percent of a full book"] == "26"
    assert values["Next 30 days", "MRR"] == "480"


def test_the_csv_file_of_an_empty_week_leaves_shares_and_times_empty():
    values = {row["Figure"]: row["Value"] for row in csv.DictReader(io.StringIO(figures_csv(of())))}
    assert values["Without human touch"] == values["Time to answer, median"] == ""
