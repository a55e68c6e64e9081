"""The weekly report: what was done for customers, how fast, and what comes next."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from prefect import State
from prefect.states import Completed
from pydantic import Field

from flows.deactivation import determine_items
from rules.common.text import counted
from rules.contracts.outlook import outlook
from rules.contracts.service_term import Windows
from rules.reports.week import Week, week_of
from rules.reports.weekly import EndFigures, weekly_figures
from tasks.core.errors import BadInput
from tasks.core.steps import gather_all
from tasks.procedure import Preview, Run, procedure
from tasks.reports.books import read_books
from tasks.reports.weekly import draw_picture, post_weekly, show_weekly
from tasks.reports.weekly_runs import read_week
from tasks.salesforce.ends import due_accounts

AHEAD = timedelta(days=30)
"""How far the report looks ahead for services that end."""
AnyDay = Annotated[
    str,
    Field(title="Week", description="Any day of the week, for example 2026-11-25. If empty, the week before this one."),
]


@procedure("weekly-report", run_name="Weekly report")
async def weekly_report(run: Run, week: AnyDay = "", preview: Preview = False) -> State[Any]:
    """Show the figures of a week as a page, and post them to CS Operations, once for each week.

    Onboardings and their times, questions and answers, failures, books of business, upcoming ends, transitions.
    """
    await run.begin(f"weekly-report:{week.strip() or 'last'}")
    reported = requested_week(week, run.policy.today, run.policy.time_zone)
    await run.open(f"Weekly report from {reported.monday}")
    runs, books, ends = await gather_all(read_week(reported), read_books(), upcoming_ends(run.policy.today))
    figures = weekly_figures(reported, runs, books, ends, run.policy.patience.hours)
    drawn = await draw_picture(figures)
    await show_weekly(figures, drawn, run.policy.today)
    if not run.preview:
        await post_weekly(figures, drawn)
    return Completed(message=f"Week from {reported.monday}: {counted(figures.onboarded, 'onboarding')} done.")


def requested_week(day: str, today: date, zone: ZoneInfo) -> Week:
    """The week that has the day; without one, the week before today's.

    Raises:
        BadInput: it is not a date, or in a week that has not begun.
    """
    if not day.strip():
        return week_of(today, zone).earlier(1)
    try:
        week = week_of(date.fromisoformat(day.strip()), zone)
    except (ValueError, OverflowError):
        raise BadInput(f"{day.strip()!r} is not a date: write any day of the week, like 2026-11-25.") from None
    if week.monday > today:
        raise BadInput(f"The week from {week.monday} has not begun: enter a day that is past.")
    return week


async def upcoming_ends(today: date) -> EndFigures:
    """The services that end in the coming days, by the records in Salesforce."""
    last = today + AHEAD
    due = await due_accounts(today, last, today)
    items = await determine_items(due.accounts, (), today, Windows(AHEAD.days, AHEAD.days))
    days = outlook(items, today, last)
    return EndFigures(
        days=AHEAD.days,
        names=tuple(item.name for day in days for item in day.settled),
        mrr=sum((day.mrr for day in days), Decimal()),
        unsettled=tuple(item.name for day in days for item in day.open),
    )
