"""What is wrong in a record, for the person who must act (D-3)."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.common.records import Person
from rules.common.text import join_names

EMPTY = "empty"
"""What is found where nothing was entered: `User Count is empty`."""
REPORTED = frozenset({"Opportunity", "Account", "Contract", "Contact"})
"""The records of which Salesforce reports each change, so that the runs that wait for them continue."""
UNREPORTED = frozenset({"Primary Contact", "Onboarding Report", "Customer Onboarding record"})
"""Fields of these records whose correction changes another record, of which Salesforce reports nothing."""
NOT_ASKED = "Question not posted"
"""The state of a run whose question Slack takes nowhere."""


class Responsible(StrEnum):
    """The person who can put a problem right."""

    SALES = "sales"
    CS_OPS = "CS Operations"
    TEAM_LEAD = "the team lead"

    @property
    def state_name(self) -> str:
        """The name of the state in which a run ends that waits for this person: `Needs sales`."""
        return f"Needs {self.value}"


@dataclass(frozen=True, order=True)
class Choice:
    """One way of settling a problem by a decision instead of a repair.

    Attributes:
        value: for us.
        label: for people, on a button.
        page: where people can look at what they would choose; "" for no page.
    """

    value: str
    label: str
    page: str = ""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing a person must settle before anything is created.

    Attributes:
        who: who must act.
        record: the kind of record, as Salesforce names it (`Opportunity`, `Contract` …).
        record_id: its 18-character id, or "" when the record itself is missing.
        field: the field as the person finds it on the page ("User Count").
        found: what is there now, as text (`EMPTY`, "-5").
        expected: what must be there, and where to do it.
        rule: the rule of the procedure that asks for it (`ONB-6`).
        topic: what is decided by the choices, the same in every round; "" where nothing is to be chosen.
        choices: the decisions that settle it as well as a repair would.
        people: who is asked by name, where that is not who owns the sale.
        page: where to look at it; "" for the record's own page.
        sentence: what is wrong, where "field is found" says it badly; "" otherwise.
    """

    who: Responsible
    record: str
    record_id: str
    field: str
    found: str
    expected: str
    rule: str
    topic: str = ""
    choices: tuple[Choice, ...] = ()
    people: tuple[Person, ...] = dataclasses.field(default=(), compare=False)
    page: str = dataclasses.field(default="", compare=False)
    sentence: str = dataclasses.field(default="", compare=False)

    def __str__(self) -> str:
        """One line for a person: where, what, what to do."""
        record = "" if self.names_record and self.record_id else self.record
        where = "" if self.sentence else f"{record} {self.record_id}".strip() + ": "
        return f"{where}{self.statement} {self.expected} ({self.rule})"

    @property
    def statement(self) -> str:
        """What is wrong, as a sentence: "User Count is empty."."""
        return self.sentence or f"{self.field} is {self.found}."

    @property
    def is_reported(self) -> bool:
        """Whether a correction is reported by Salesforce; if not, a person has to press *Check again* after it."""
        return self.record in REPORTED and self.field not in UNREPORTED

    @property
    def names_record(self) -> bool:
        """Whether the field's name begins with the record's, which must not be named twice: `Contract End Date`."""
        return f"{self.field} ".startswith(f"{self.record} ")

    @property
    def label(self) -> str:
        """Record and field in a list: "Contact Phone", "Contract End Date"."""
        return self.field if self.names_record else f"{self.record} {self.field}"

    @property
    def heading(self) -> str:
        """Record and field over a text: "Contact: Phone", "Contract End Date"."""
        return self.field if self.names_record else f"{self.record}: {self.field}"

    @property
    def identity(self) -> tuple[str, ...]:
        """What it is about, whatever is found there now: the same problem in another round."""
        return (self.who, self.record, self.record_id, self.field, self.rule, self.topic)


@dataclass(frozen=True, kw_only=True)
class Problems:
    """An outcome that people must settle first.

    Attributes:
        problems: at least one.
    """

    problems: tuple[Problem, ...]


def unreported(problems: Iterable[Problem]) -> str:
    """Return the labels of the problems whose correction Salesforce does not report; "" for none."""
    labels = dict.fromkeys(problem.label for problem in problems if not problem.is_reported)
    return join_names(labels) if labels else ""


def asked(problems: Iterable[Problem]) -> list[Responsible]:
    """Who must act, in the order in which people are asked."""
    whos = {problem.who for problem in problems}
    return [who for who in Responsible if who in whos]


def to_settle(problems: Iterable[Problem]) -> str:
    """Return the problems in the message of a preview, with the people who would be asked; "" for none."""
    lines = " ".join(f"[{problem.who}] {problem}" for problem in problems)
    return lines and f"To settle first: {lines}"


class HumanInputRequired(Exception):
    """Raised when nothing may go on until people have settled something; nothing of it is retried by itself.

    Attributes:
        problems: everything to settle, at least one.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(f"[{problem.who}] {problem}" for problem in problems))
        self.problems = tuple(problems)

    @property
    def state_name(self) -> str:
        """The name of the state in which the run ends: sales come first, since they are asked first."""
        return asked(self.problems)[0].state_name


class NobodyAskedError(Exception):
    """Raised when a question is taken nowhere: nobody knows that the run waits.

    Attributes:
        state_name: the name of the state in which the run ends; the sweep tries it again.
    """

    state_name = NOT_ASKED

    def __init__(self, reason: str, problems: Sequence[Problem]) -> None:
        super().__init__(f"The question could not be posted. {reason}. To settle: {' '.join(map(str, problems))}")
