"""Reports on open questions: their page, with a picture of their age, and the daily message."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rules.common.local_time import local_time
from rules.common.text import counted
from rules.questions.failures import FailedRun
from rules.questions.reminders import Urgency
from rules.questions.waiting import WaitingLine, total
from tasks.core.artifacts import show_rows
from tasks.core.steps import read_task
from tasks.questions.failure_messages import at
from tasks.templates import link, picture, render

KEY = "waiting-for-people"
"""The key of the page of open questions."""
MOST_BARS = 20
LONGEST_BAR = 300
"""Pixels of the question that has waited longest."""
LONGEST_NAME = 34
COLOURS = {Urgency.ASKED: "#4b72d9", Urgency.REMINDED: "#f59e0b", Urgency.ESCALATED: "#dc2626"}


class DigestPages(NamedTuple):
    """The addresses of the pages that the digest links to."""

    waiting: str
    failed: str
    home: str


class Bar(NamedTuple):
    """One question in the picture; its length in pixels."""

    name: str
    length: int
    colour: str
    label: str


@read_task("Show what waits for people")
async def show_waiting(waiting: Sequence[WaitingLine], zone: ZoneInfo) -> str:
    """Update the page of open questions, with a picture of their age, and MRR; its address.

    Args:
        waiting: the open questions.
        zone: of the org.
    """
    rows = [
        {
            "What": link(line.subject, line.url),
            "Age": line.age,
            "MRR": f"{line.mrr:,.2f}" if line.mrr is not None else "unknown",
            "Waits for": line.whom,
            "Now": line.urgency.name.capitalize(),
            "Open": line.open,
            "Since": local_time(line.asked, zone),
        }
        for line in waiting
    ]
    now = local_time(datetime.now(UTC), zone)
    summary = f"{counted(len(rows), 'open question')} ({total(waiting):,.2f} MRR). As of {now}."
    chart = picture("waiting_chart.svg", bars=bars(waiting), legend=_LEGEND) if waiting else ""
    return await show_rows(rows, key=KEY, summary=summary, chart=chart, keep=True)


def digest_text(
    waiting: Sequence[WaitingLine], failures: Sequence[FailedRun], today: date, zone: ZoneInfo, pages: DigestPages
) -> str:
    """The daily message about all open questions, the oldest first, and about all runs that nobody has retried."""
    oldest = sorted(failures, key=lambda run: run.since)
    return render(
        "digest.slack",
        lines=waiting,
        failures=[(run, at(run.since, zone)) for run in oldest],
        total=f"{total(waiting):,.2f}",
        today=today,
        pages=pages,
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
