"""The weekly report: its page, and the message with picture and CSV file."""

import base64
from datetime import date

from rules.reports.rows import figures_csv
from rules.reports.weekly import WeeklyFigures, duration, middle, ninety_percent
from tasks.core.artifacts import artifact_page, show_page
from tasks.core.steps import read_task
from tasks.reports.weekly_picture import draw
from tasks.runs.claims import created
from tasks.slack.files import post_report
from tasks.templates import png, render

KEY = "weekly-report"
LISTED = 30
"""Names that a list shows; it counts the others."""


@read_task("Draw the picture of the week")
async def draw_picture(figures: WeeklyFigures) -> str:
    """The picture as PNG, in base64."""
    return base64.b64encode(draw(figures)).decode()


@read_task("Show the weekly report")
async def show_weekly(figures: WeeklyFigures, drawn: str, today: date) -> None:
    """Show the page. `drawn` is the picture in base64."""
    text = render("weekly_report.md", picture=png(drawn), today=today, listed=LISTED, **_values(figures))
    await show_page(text, key=KEY, description=f"Week from {figures.week.monday} to {figures.week.sunday}")


async def post_weekly(figures: WeeklyFigures, drawn: str) -> None:
    """Post the figures to CS Operations, once for each week, with the picture and a CSV file in the thread."""
    monday = figures.week.monday
    files = {
        f"weekly-report-{monday}.png": drawn,
        f"weekly-report-{monday}.csv": base64.b64encode(figures_csv(figures).encode("utf-8-sig")).decode(),
    }
    text = render("weekly_report.slack", page=await artifact_page(KEY), **_values(figures))
    title = f"the weekly report from {monday}"
    await post_report(f"weekly-report:{monday}", title=title, text=text, files=files, rule="REC-2", since=created())


def _values(figures: WeeklyFigures) -> dict[str, object]:
    return {
        "figures": figures,
        "median": duration(middle(figures.times)),
        "most": duration(ninety_percent(figures.times)),
        "answer_median": duration(middle(figures.answer_times)),
        "answer_most": duration(ninety_percent(figures.answer_times)),
    }
