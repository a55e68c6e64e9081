"""What is asked of people, and what they answered: rounds, what was fixed between them, what was decided (PUB-7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from rules.common.problems import Problem, Responsible

WAITING = "waiting"
"""The tag of a run that has asked people; runs carry it, the receiver looks for it."""
OUT_OF_SCOPE = "out-of-scope"
"""The tag of an onboarding run whose sale was out of scope."""
CHANGED = "Salesforce ("
"""How the name of who answered begins where a changed record did: `Salesforce (Contract 800…)`."""


class Decision(StrEnum):
    """What an answer asks for."""

    CHECK = "Check again"
    CANCEL = "Cancel"
    CHOOSE = "Choose"


@dataclass(frozen=True)
class Question:
    """One round of asking: everything that was open when it was asked.

    Attributes:
        number: counts the questions of a run from 1.
        asked_at: when this one was asked (UTC).
        since: when the first of the unbroken series of questions was asked (UTC).
        subject: what the run is about, as people know it: the name of the opportunity or account.
        record_id: the 18-character id of that record.
        mrr: what waits with it, a month, in the contract's currency; None when unknown.
        problems: what is open, at least one.
        fixed: what was open in the question before and is no more.
        reviewed: the records were in order; what is asked came up later.
    """

    number: int
    asked_at: datetime
    since: datetime
    subject: str
    record_id: str
    mrr: Decimal | None
    problems: tuple[Problem, ...]
    fixed: tuple[Problem, ...] = ()
    reviewed: bool = False

    @property
    def to_decide(self) -> tuple[Problem, ...]:
        """The problems that a decision settles as well, in the order in which a form counts them."""
        return tuple(problem for problem in self.problems if problem.choices)

    def same(self, problems: Iterable[Problem], who: Responsible | None = None) -> bool:
        """Whether these problems are the ones asked about: then nothing new is to be said (PUB-7).

        Args:
            problems: everything that is open.
            who: compare only what this kind of person is asked; None for everybody.
        """
        now, then = (
            {one.identity for one in some if who in (None, one.who)} for some in (problems, self.problems)
        )  # fmt: skip
        return now == then


@dataclass(frozen=True)
class Answer:
    """What one person, or a changed record, answered.

    Attributes:
        key: names it within its run.
        who: the person as the place of the answer knows them, or "Salesforce".
        via: where it was given: `Slack`, `the dashboard`, `Salesforce`.
        at: when (UTC).
        decision: what is asked for.
        topic: what was chosen for; "" where nothing was chosen.
        choice: the value chosen.
    """

    key: str
    who: str
    via: str
    at: datetime
    decision: Decision
    topic: str = ""
    choice: str = ""


@dataclass(frozen=True)
class Decided:
    """A choice that stands, with the label it was offered under and the answer that made it."""

    value: str
    label: str
    answer: Answer


def ask(  # noqa: D417 - the rest are the question's own fields
    problems: Sequence[Problem],
    last: Question | None,
    *,
    now: datetime,
    number: int,
    subject: str,
    record_id: str,
    mrr: Decimal | None,
    reviewed: bool,
) -> Question:
    """The question to ask now: the last one, while it is the same; else a new one that tells what was fixed.

    Args:
        problems: everything that is open.
        last: the question that is open, if any.
        now: in UTC.
        number: of a new question.
    """
    if last and last.same(problems):
        return last
    open_now = {one.identity for one in problems}
    fixed = tuple(one for one in last.problems if one.identity not in open_now) if last else ()
    since = last.since if last else now
    return Question(number, now, since, subject, record_id, mrr, tuple(problems), fixed, reviewed)


def choices(questions: Iterable[Question], answers: Iterable[Answer]) -> Mapping[str, Decided]:
    """What was decided, by topic: the latest stands, and what was never offered does not count (ONB-12, ONB-13)."""
    offered = {
        (problem.topic, choice.value): choice.label
        for question in questions
        for problem in question.problems
        for choice in problem.choices
    }
    return {
        answer.topic: Decided(answer.choice, offered[answer.topic, answer.choice], answer)
        for answer in sorted(answers, key=lambda one: one.at)
        if (answer.topic, answer.choice) in offered
    }


def worth_asking(problems: Iterable[Problem]) -> bool:
    """Whether anybody is to answer: a sale that is not closed is no omission; it is heard of when it closes (ONB-1)."""
    return any(problem.rule != "ONB-1" for problem in problems)
