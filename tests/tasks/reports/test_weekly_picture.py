"""The picture of the weekly report: a PNG for any week, whatever the names."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from rules.reports.week import week_of
from rules.reports.weekly import BookFigure, EndFigures, weekly_figures
from tasks.reports.weekly_picture import LIMITS, by_time, draw
from tests.rules.builders.office_hours import NEW_YORK, OFFICE

WEEK = week_of(date(2026, 6, 10), NEW_YORK)


def test_each_time_stands_in_the_first_column_that_it_fits():
    times = [timedelta(), timedelta(minutes=5), timedelta(minutes=6), timedelta(hours=24), timedelta(days=9)]
    assert dict(zip([name for name, _ in LIMITS], by_time(times), strict=True)) == {
        "5 min": 2, "15 min": 1, "1 h": 0, "4 h": 0, "1 day": 1, "longer": 1
    }  # fmt: skip


@pytest.mark.parametrize("names", [(), ("Ada", "Ada"), ("$\\frac{1}{0", "名前 <b>", "x" * 200)])
def test_a_picture_is_drawn_of_nothing_and_of_any_names(names):
    books = [BookFigure(name, 1, Decimal(10), 0.5) for name in names]
    figures = weekly_figures(WEEK, [], books, EndFigures(30, (), Decimal(), ()), OFFICE)
    assert draw(figures).startswith(b"\x89PNG")
