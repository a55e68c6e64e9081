"""Questions to people and their answers (PUB-7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from rules.common.problems import Problem, Responsible, asked
from rules.common.records import Person

WAITING = "waiting"
"""The tag of a run that waits for an answer; the receiver searches for it."""
OUT_OF_SCOPE = "out-of-scope"
"""The tag of an onboarding run whose sale was out of scope."""
DASHBOARD = "the dashboard, name not verified"
"""`Answer.via` of an answer in the dashboard: whoever reaches it can type any name. Slack verifies its members."""
CHANGED = "Salesforce ("
"""The beginning of `Answer.who` when a changed record is the answer: `Salesforce (Contract 800…)`."""


NAMED = 8
"""Fields that the state of a waiting run names; it counts the others."""


class Decision(StrEnum):
    """The kind of an answer."""

    CHECK = "Check again"
    CANCEL = "Cancel"
    CHOOSE = "Choose"


@dataclass(frozen=True)
class Question:
    """One round of asking, with everything that was open.

    Attributes:
        number: counts the questions of a run from 1.
        asked_at: when this one was asked (UTC).
        since: when the first of the unbroken series of questions was asked (UTC).
        subject: the name of the opportunity or account.
        record_id: the 18-character id of that record.
        mrr: of the sale or account, per month, in the contract's currency; None when unknown.
        problems: the open ones, at least one.
        fixed: problems of the question before that are settled.
        reviewed: whether the records passed the review before this question.
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
        """The problems with choices, in the order in which a form numbers them."""
        return tuple(problem for problem in self.problems if problem.choices)

    def same(self, problems: Iterable[Problem], who: Responsible | None = None) -> bool:
        """Whether the question is about exactly these problems, so that nothing new has to be posted (PUB-7).

        Args:
            problems: the open ones.
            who: compare only the problems of this person; None for all.
        """
        now, then = (
            {one.identity for one in some if who in (None, one.who)} for some in (problems, self.problems)
        )  # fmt: skip
        return now == then


@dataclass(frozen=True)
class Answer:
    """An answer of a person or of a changed record.

    Attributes:
        key: unique within its run.
        who: the person's name in Slack or the dashboard, or "Salesforce".
        via: `Slack`, `DASHBOARD` or `Salesforce`.
        at: in UTC.
        topic: of the problem; "" without a choice.
        choice: the chosen value.
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
    """A valid choice, with its label and the answer that made it."""

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
    """Return the last question if it is about the same problems; otherwise a new one.

    Args:
        problems: the open ones.
        last: the open question, if any.
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
    """Return the decisions by topic: the latest valid choice counts (ONB-12, ONB-13)."""
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
    """Whether people must be asked; a sale that is not closed yet needs no answer (ONB-1)."""
    return any(problem.rule != "ONB-1" for problem in problems)


def waits_for(problems: Iterable[Problem], sellers: Iterable[Person | None]) -> str:
    """Return a sentence about a waiting run: `Waits for Sam Okafor (sales): Service Level, User Count.`.

    Args:
        problems: the open ones.
        sellers: who answers for sales, the owner before the manager; None where there is nobody.
    """
    every = tuple(problems)
    seller = [one for one in sellers if one and one.is_active][:1]
    parts = [_who_and_what([one for one in every if one.who is who], who, seller) for who in asked(every)]
    return f"Waits for {'; '.join(parts)}."


def _who_and_what(problems: Sequence[Problem], who: Responsible, sellers: Sequence[Person]) -> str:
    named = sellers if who is Responsible.SALES else [person for problem in problems for person in problem.people]
    names = ", ".join(dict.fromkeys(person.name for person in named))
    fields = list(dict.fromkeys(problem.field for problem in problems))
    more = [f"{len(fields) - NAMED} more"] if len(fields) > NAMED else []
    return f"{f'{names} ({who})' if names else who}: {', '.join([*fields[:NAMED], *more])}"
