"""Decide whether a run that waits for people must be woken, so that it reads the records and posts again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from rules.common.business_time import elapsed
from rules.common.text import join_names
from rules.questions.questions import Question
from rules.questions.reminders import ReminderPolicy, Urgency, urgency, waited

SETTLING = timedelta(seconds=60)
"""The time that a run needs to pause completely."""
WHOLE_SECONDS = timedelta(seconds=1)
"""Salesforce stores whole seconds: a change in the second of the pause may have come after it."""
CLOCKS_APART = timedelta(minutes=5)
"""The largest difference of Salesforce's clock; later changes come from a trial with a moved date and are ignored."""
MOST_TRIES = 20
"""After this number of starts a run is left to people."""


class PauseKind(StrEnum):
    """How a run with an open question is paused."""

    SUSPENDED = "suspended"
    BROKEN_OFF = "broken off"


class Wake(StrEnum):
    """Why a run is woken."""

    SAY = "the question is not in Slack yet"
    REMIND = "a reminder is due"
    ANSWER = "an answer was not heard"
    CHANGED = "a record changed since it was asked about"
    GONE = "a record was deleted"
    FORM = "its form was never saved"
    AGAIN = "it broke off"


@dataclass(frozen=True)
class Waiting:
    """A run with an open question.

    Attributes:
        run_id: in Prefect.
        state_id: of its state; another id means that the run goes on.
        name: of the run, as the dashboard shows it.
        url: its page.
        question: the open one.
        since: when the pause began (UTC).
        tries: the number of its starts.
        reminded: the urgency of its last reminder.
        posted: whether everybody who is asked has the question in Slack.
        answers_read: whether no answer arrived during the pause.
        has_form: whether Resume has a form.
        records: `<kind>:<id>` of every record whose change may settle the question.
        known_gone: the deleted records for which it was woken already, in lower case.
    """

    run_id: str
    state_id: str
    name: str
    url: str
    question: Question
    pause: PauseKind
    since: datetime
    tries: int
    reminded: Urgency
    posted: bool
    answers_read: bool
    has_form: bool
    records: tuple[str, ...] = ()
    known_gone: frozenset[str] = frozenset()


Changes = Mapping[str, datetime | None]
"""The last change of each record, by `<kind>:<id>`; None for a deleted record."""


def to_wake(
    run: Waiting, now: datetime, patience: ReminderPolicy, changes: Changes = MappingProxyType({})
) -> Wake | None:
    """Return why the run must be woken now; None when it must not.

    Args:
        run: the paused run.
        now: in UTC.
        patience: the time for an answer.
        changes: of the records that were read; other records count as unchanged.
    """
    settled = now - run.since >= SETTLING
    if run.pause is PauseKind.BROKEN_OFF:
        return Wake.AGAIN if settled and run.tries < MOST_TRIES else None
    if not (run.has_form and run.answers_read):
        why = Wake.ANSWER if run.has_form else Wake.FORM
        return why if settled else None
    if not run.posted:
        return Wake.SAY
    reminds = urgency(run.question.asked_at, now, patience) > run.reminded
    return (_changed(run, now, changes) if settled else None) or (Wake.REMIND if reminds else None)


def _changed(run: Waiting, now: datetime, changes: Changes) -> Wake | None:
    if gone_now(run, changes):
        return Wake.GONE
    changed = [at for record in run.records if (at := changes.get(record)) is not None]
    is_newer = any(run.since < at + WHOLE_SECONDS <= now + CLOCKS_APART for at in changed)
    return Wake.CHANGED if is_newer else None


def gone_now(run: Waiting, changes: Changes) -> list[str]:
    """Return the deleted records of a run for which it was not woken yet."""
    gone = [record for record in run.records if record in changes and changes[record] is None]
    return [record for record in gone if record.lower() not in run.known_gone]


@dataclass(frozen=True)
class WaitingLine:
    """An open question for the table of waiting runs.

    Attributes:
        age: the waiting business time in words; `waiting` is the same as a number.
        mrr: per month, in the contract's currency.
    """

    subject: str
    url: str
    whom: str
    open: str
    asked: datetime
    age: str
    waiting: timedelta
    mrr: Decimal | None
    urgency: Urgency


def waiting_lines(runs: Iterable[Waiting], now: datetime, patience: ReminderPolicy) -> list[WaitingLine]:
    """Return the open questions, oldest first; the age counts from the first question of a series."""
    return [
        WaitingLine(
            subject=run.question.subject,
            url=run.url,
            whom=join_names(dict.fromkeys(problem.who.value for problem in run.question.problems)),
            open=join_names(dict.fromkeys(problem.label for problem in run.question.problems)),
            asked=run.question.since,
            age=waited(run.question.since, now, patience.hours),
            waiting=elapsed(run.question.since, now, patience.hours),
            mrr=run.question.mrr,
            urgency=urgency(run.question.asked_at, now, patience),
        )
        for run in sorted(runs, key=lambda run: (run.question.since, run.url))
    ]


def total(waiting: Iterable[WaitingLine]) -> Decimal:
    """Return the sum of the known MRR."""
    return sum((line.mrr for line in waiting if line.mrr is not None), Decimal())
