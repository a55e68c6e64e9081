"""Reports on open questions: the table, a picture of their age, and the daily message."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rules.common.text import counted
from rules.questions.failures import FailedRun
from rules.questions.reminders import Urgency
from rules.questions.waiting import WaitingLine, total
from tasks.core.artifacts import show_page, show_table
from tasks.core.steps import read_task
from tasks.questions.failure_messages import at
from tasks.questions.failure_reports import PAGE_KEY
from tasks.runs.claims import artifact_page
from tasks.templates import link, picture, render

KEY = "waiting-for-people"
"""The key of the table under Artifacts."""
PICTURE_KEY = "waiting-for-people-picture"
MOST_BARS = 20
LONGEST_BAR = 300
"""Pixels of the question that has waited longest."""
LONGEST_NAME = 34
COLOURS = {Urgency.ASKED: "#4b72d9", Urgency.REMINDED: "#f59e0b", Urgency.ESCALATED: "#dc2626"}


class Bar(NamedTuple):
    """One question in the picture; its length in pixels."""

    name: str
    length: int
    colour: str
    label: str


@read_task("Show what waits for people")
async def show_waiting(waiting: Sequence[WaitingLine]) -> None:
    """Update the table of open questions, with age and MRR, and its picture."""
    rows = [
        {
            "What": link(line.subject, line.url),
            "Age": line.age,
            "MRR": f"{line.mrr:,.2f}" if line.mrr is not None else "unknown",
            "Waits for": line.whom,
            "Now": line.urgency.name.capitalize(),
            "Open": line.open,
            "Since (UTC)": f"{line.asked:%Y-%m-%d %H:%M}",
        }
        for line in waiting
    ]
    now = datetime.now(UTC)
    summary = f"{counted(len(rows), 'open question')} ({total(waiting):,.2f} MRR). As of {now:%Y-%m-%d %H:%M} UTC."
    await show_table(rows, key=KEY, description=summary)
    text = render(
        "waiting.md",
        lines=waiting,
        total=f"{total(waiting):,.2f}",
        chart=picture("waiting_chart.svg", bars=bars(waiting), legend=_LEGEND) if waiting else "",
        key=KEY,
        table_url=artifact_page(KEY),
        now=now,
    )
    await show_page(text, key=PICTURE_KEY, description=summary)


def digest_text(waiting: Sequence[WaitingLine], failures: Sequence[FailedRun], today: date, zone: ZoneInfo) -> str:
    """The daily message about all open questions, the oldest first, and about all runs that nobody has retried."""
    oldest = sorted(failures, key=lambda run: run.since)
    return render(
        "digest.slack",
        lines=waiting,
        failures=[(run, at(run.since, zone)) for run in oldest],
        total=f"{total(waiting):,.2f}",
        today=today,
        table_url=artifact_page(KEY),
        failures_url=artifact_page(PAGE_KEY),
    )


def bars(waiting: Sequence[WaitingLine]) -> list[Bar]:
    """The questions that have waited longest, by age in business time, colored by urgency."""
    shown = sorted(waiting, key=lambda line: line.waiting, reverse=True)[:MOST_BARS]
    longest = max([timedelta(minutes=1), *(line.waiting for line in shown)])
    return [
        Bar(
            name=line.subject if len(line.subject) <= LONGEST_NAME else f"{line.subject[: LONGEST_NAME - 1]}…",
            length=max(2, int(LONGEST_BAR * (line.waiting / longest))),
            colour=COLOURS[line.urgency],
            label=line.age if line.mrr is None else f"{line.age}, {line.mrr:,.2f} MRR",
        )
        for line in shown
    ]


_LEGEND = [(urgency.name.lower(), colour) for urgency, colour in COLOURS.items()]
