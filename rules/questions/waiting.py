"""What is to be done about a run that waits for people: nothing, or to wake it so that it looks and speaks again."""

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
"""How long a run may take to come to rest before something counts as left behind."""
WHOLE_SECONDS = timedelta(seconds=1)
"""Salesforce keeps whole seconds: a change within the second in which a run came to rest may have come after it."""
CLOCKS_APART = timedelta(minutes=5)
"""How far Salesforce's clock may be ahead; a later change is of a trial whose date was moved, and tells nothing."""
MOST_TRIES = 20
"""A run that dies again and again is left to people."""


class PauseKind(StrEnum):
    """How a run with an open question rests."""

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
        state_id: of the state it rests in; another one means that it left its rest.
        name: of the run, as the dashboard shows it.
        url: its page.
        question: the open one.
        pause: how it rests.
        since: since when it rests like that (UTC).
        tries: how often it has begun.
        reminded: how urgently it was said again.
        posted: everybody who is asked has the question in Slack.
        answers_read: no answer came after it came to rest.
        has_form: Resume has a form to fill in.
        records: `<kind>:<id>` of every record whose change may settle the question.
        known_gone: those for whose deletion it was woken already, in small letters.
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
"""When each record was last changed, by `<kind>:<id>`; None for one that is gone."""


def to_wake(
    run: Waiting, now: datetime, patience: ReminderPolicy, changes: Changes = MappingProxyType({})
) -> Wake | None:
    """Why the run is to be woken now; None to leave it in peace.

    Args:
        run: the run.
        now: in UTC.
        patience: how much time people are given.
        changes: of the records that were looked up; the others count as unchanged.
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
    changed = [at for one in run.records if (at := changes.get(one)) is not None]
    is_newer = any(run.since < at + WHOLE_SECONDS <= now + CLOCKS_APART for at in changed)
    return Wake.CHANGED if is_newer else None


def gone_now(run: Waiting, changes: Changes) -> list[str]:
    """The records of a run that were deleted, and for which it was not woken yet."""
    gone = [one for one in run.records if one in changes and changes[one] is None]
    return [one for one in gone if one.lower() not in run.known_gone]


@dataclass(frozen=True)
class WaitingLine:
    """One line of what waits, as people read it; MRR a month, in the contract's currency.

    Attributes:
        age: the business time it has waited, in words; `waiting` is the same as a number.
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
    """What waits, the oldest first; its age counts from the first time anybody was asked."""
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
    """The MRR that waits, as far as it is known."""
    return sum((line.mrr for line in waiting if line.mrr is not None), Decimal())
