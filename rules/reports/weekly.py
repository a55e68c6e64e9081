"""The figures of the weekly report, from what runs, questions and Salesforce say."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from statistics import median

from rules.common.business_time import BusinessHours, elapsed
from rules.reports.week import Week

WEEKS = 8
"""The weeks of the picture of onboardings, the reported one included."""
ONBOARDING, MOVE = "onboarding", "move"
"""Kinds of runs that the report counts apart."""


@dataclass(frozen=True)
class Failure:
    """A failed or crashed state of a run: its name, and when (UTC)."""

    at: datetime
    state: str


@dataclass(frozen=True)
class AskedQuestion:
    """A question to people, and when it was first answered; None while it is open. Both in UTC."""

    asked: datetime
    answered: datetime | None


@dataclass(frozen=True)
class ReportedRun:
    """A run of a procedure, without previews.

    Attributes:
        kind: `ONBOARDING`, `MOVE`, or the flow's name.
        name: of the run, as the dashboard shows it.
        created: when it was created (UTC): for an onboarding, when Salesforce reported the sale.
        ended: when it ended (UTC); None while it has not.
        state: the name of its state.
        by_hand: a person started it.
        questions: that it asked.
        failures: each time it failed or crashed, whether or not it was retried since.
    """

    kind: str
    name: str
    created: datetime
    ended: datetime | None
    state: str
    by_hand: bool = False
    questions: tuple[AskedQuestion, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether it has done its work."""
        return self.state == "Completed" and self.ended is not None

    @property
    def without_touch(self) -> bool:
        """Whether no person had to do anything: no start, no answer, no Retry."""
        return not (self.by_hand or self.questions or self.failures)


@dataclass(frozen=True)
class BookFigure:
    """A CSM's book of business; `load` is 1 for a full one."""

    csm: str
    accounts: int
    mrr: Decimal
    load: float


@dataclass(frozen=True)
class EndFigures:
    """Services that end in the coming days, with their names; `unsettled` have a discrepancy first."""

    days: int
    names: tuple[str, ...]
    mrr: Decimal
    unsettled: tuple[str, ...]


@dataclass(frozen=True)
class WeeklyFigures:
    """The figures of a week.

    Attributes:
        by_week: onboardings done in each of the last `WEEKS` weeks, this one last.
        out_of_scope: sales that were found out of scope.
        times: from the report of the sale to the end of the run, whose last step is the welcome e-mail; shortest first.
        touched: those times of onboardings in which a person had to do something.
        untouched: onboardings in which nobody had to.
        asked: questions asked in the week, and how many of them were answered.
        answer_times: business time from question to first answer, shortest first.
        failures: by the state's name, most first.
        moved: names of the runs that moved an account to another CSM.
    """

    week: Week
    by_week: tuple[tuple[Week, int], ...]
    out_of_scope: int
    times: tuple[timedelta, ...]
    touched: tuple[timedelta, ...]
    untouched: int
    asked: int
    answered: int
    answer_times: tuple[timedelta, ...]
    failures: tuple[tuple[str, int], ...]
    moved: tuple[str, ...]
    books: tuple[BookFigure, ...]
    ends: EndFigures

    @property
    def onboarded(self) -> int:
        """Onboardings done in the week."""
        return len(self.times)

    @property
    def untouched_percent(self) -> int | None:
        """Share of onboardings in which nobody had to do anything; None without an onboarding."""
        return round(100 * self.untouched / self.onboarded) if self.onboarded else None


def weekly_figures(
    week: Week, runs: Sequence[ReportedRun], books: Iterable[BookFigure], ends: EndFigures, hours: BusinessHours
) -> WeeklyFigures:
    """Return the figures of a week.

    Args:
        week: the reported one.
        runs: onboardings of the last `WEEKS` weeks, other runs of the week; more do no harm.
        books: of the active CSMs, today.
        ends: of the coming days, from today.
        hours: of the organization, for the time to an answer.
    """
    onboardings = [run for run in runs if run.kind == ONBOARDING]
    done = [run for run in onboardings if run.is_done and run.ended in week]
    asked = [question for run in runs for question in run.questions if question.asked in week]
    answered = [(question.asked, question.answered) for question in asked if question.answered is not None]
    failures = Counter(failure.state for run in runs for failure in run.failures if failure.at in week)
    return WeeklyFigures(
        week=week,
        by_week=tuple((each, _done_in(each, onboardings)) for each in map(week.earlier, range(WEEKS - 1, -1, -1))),
        out_of_scope=sum(run.state == "Out of scope" and run.ended in week for run in onboardings),
        times=tuple(sorted(map(_duration, done))),
        touched=tuple(sorted(_duration(run) for run in done if not run.without_touch)),
        untouched=sum(run.without_touch for run in done),
        asked=len(asked),
        answered=len(answered),
        answer_times=tuple(sorted(elapsed(start, end, hours) for start, end in answered)),
        failures=tuple(sorted(failures.items(), key=lambda item: (-item[1], item[0]))),
        moved=tuple(sorted(run.name for run in runs if run.kind == MOVE and run.is_done and run.ended in week)),
        books=tuple(sorted(books, key=lambda book: (-book.load, book.csm))),
        ends=ends,
    )


def middle(times: Sequence[timedelta]) -> timedelta | None:
    """Return the median; None of nothing."""
    return timedelta(seconds=median(time.total_seconds() for time in times)) if times else None


def ninety_percent(times: Sequence[timedelta]) -> timedelta | None:
    """Return the shortest time within which 90 % are done; None of nothing. The times are in order."""
    return times[ceil(0.9 * len(times)) - 1] if times else None


def duration(time: timedelta | None) -> str:
    """Return a time in words: "40 s", "12 min", "3 h 05 min", "2 d 4 h"; "none" for None."""
    if time is None:
        return "none"
    seconds = round(time.total_seconds())
    if seconds < 2 * 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"  # noqa: PLR2004 - hours of a day


def _done_in(week: Week, onboardings: Iterable[ReportedRun]) -> int:
    return sum(run.is_done and run.ended in week for run in onboardings)


def _duration(run: ReportedRun) -> timedelta:
    assert run.ended is not None
    return run.ended - run.created
