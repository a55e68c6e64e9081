"""The weekly figures as rows of a CSV file."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

from rules.common.spreadsheet import text_cell
from rules.reports.weekly import WeeklyFigures, middle, ninety_percent

Row = tuple[str, str, str, str]
COLUMNS: Row = ("Section", "Figure", "Value", "Unit")


def figures_csv(figures: WeeklyFigures) -> str:
    """Return the file's text; times in minutes."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("Week from", *COLUMNS))
    writer.writerows((figures.week.monday.isoformat(), *map(text_cell, row)) for row in _rows(figures))
    return file.getvalue()


def _rows(figures: WeeklyFigures) -> Iterator[Row]:
    yield "Onboarding", "Onboardings done", str(figures.onboarded), "runs"
    yield "Onboarding", "Out of scope", str(figures.out_of_scope), "runs"
    yield "Onboarding", "Closed Won to welcome, median", _minutes(middle(figures.times)), "minutes"
    yield "Onboarding", "Closed Won to welcome, 90 %", _minutes(ninety_percent(figures.times)), "minutes"
    percent = figures.untouched_percent
    yield "Onboarding", "Without human touch", "" if percent is None else str(percent), "percent"
    yield "Questions", "Asked", str(figures.asked), "questions"
    yield "Questions", "Answered", str(figures.answered), "questions"
    yield "Questions", "Time to answer, median", _minutes(middle(figures.answer_times)), "business minutes"
    yield "Questions", "Time to answer, 90 %", _minutes(ninety_percent(figures.answer_times)), "business minutes"
    for state, count in figures.failures:
        yield "Failures", state, str(count), "failures"
    yield "Transitions", "Accounts moved", str(len(figures.moved)), "accounts"
    yield "Ends", f"Next {figures.ends.days} days", str(len(figures.ends.names)), "services"
    yield "Ends", f"Next {figures.ends.days} days", str(figures.ends.mrr), "MRR"
    yield "Ends", f"Next {figures.ends.days} days, not settled", str(len(figures.ends.unsettled)), "services"
    for book in figures.books:
        yield "Books", book.csm, str(book.accounts), "accounts"
        yield "Books", book.csm, str(book.mrr), "MRR"
        yield "Books", book.csm, f"{100 * book.load:.0f}", "percent of a full book"


def _minutes(time: timedelta | None) -> str:
    return "" if time is None else f"{time.total_seconds() / 60:.1f}"
