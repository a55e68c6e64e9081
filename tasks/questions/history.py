"""The questions and answers of a run, kept as the run's own inputs in Prefect (D-4).

| key of the input | |
|---|---|
| `question-<n>` | the nth question, as asked |
| `question-<n>-posted-<who>` | its place in Slack |
| `question-<n>-reminded-<urgency>` | a reminder was posted |
| `question-<n>-closed` | it is over |
| `record-<kind>-<id>-gone` | the run was woken because this record was deleted |
| `waiting-page` | the key of the artifact *Waiting for people* |
| `answer-<hex>` | a press of a button, written by the receiver |
| `answer-<hex>-done` | a cancelling answer was carried out |
| `problems-shown-done` | an artifact lists the problems to settle before Retry |
| `suspended-question-<n>-wait-<m>-response` | the answer given to Resume, by a person or by the receiver |
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import orjson
from prefect.client.schemas.objects import FlowRunInput
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from blocks.slack.block import Posted
from rules.common.problems import Responsible
from rules.questions.questions import CHANGED, DASHBOARD, Answer, Decision, Question
from rules.questions.reminders import Urgency
from tasks.runs.claims import server
from tasks.runs.inputs import MOST_INPUTS, save_input

CLOCK = "the clock"
"""The name under which the sweep resumes a run."""
CHOICE_FIELD = "choice_{}"
"""The form's fields for decisions, counted from 1 over the question's problems with choices."""
LEAVE_OPEN = "Leave open"
"""The form's option for no decision."""

_QUESTION = re.compile(r"question-(\d+)")
_MARK = re.compile(r"question-(\d+)-(posted|reminded|closed)-?(.*)")
_ANSWER = re.compile(r"answer-[0-9a-f]+")
_DONE = re.compile(r"(.+)-done")
_GONE = re.compile(r"record-([a-z]+)-(\w+)-gone")
_WAIT = re.compile(r"suspended-question-(\d+)-wait-(\d+)-(schema|response)")


def _by_present_names(stored: dict[str, Any]) -> dict[str, Any]:
    """A question that an earlier version kept, under the present names of its fields."""
    return {"subject" if name == "matter" else name: value for name, value in stored.items()}


_question: TypeAdapter[Question] = TypeAdapter(Annotated[Question, BeforeValidator(_by_present_names)])
_posted: TypeAdapter[Posted] = TypeAdapter(Posted)
_answer: TypeAdapter[Answer] = TypeAdapter(Answer)


class Mark(NamedTuple):
    """An event of a question: its kind, and the addressee or the urgency."""

    number: int
    kind: str
    what: str


@dataclass(frozen=True)
class QuestionHistory:
    """The questions and answers of a run so far, and what was done about them."""

    questions: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()
    posted: tuple[tuple[Mark, Posted], ...] = ()
    marks: frozenset[Mark] = frozenset()
    done: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    waits: int = 0

    @cached_property
    def open(self) -> Question | None:
        """The open question; None when there is none."""
        last = max(self.questions, key=lambda question: question.number, default=None)
        return None if last is None or Mark(last.number, "closed", "") in self.marks else last

    def unclosed(self, *, but: Question | None) -> list[Question]:
        """Every question that people still see as open; the process may have died before it closed one."""
        over = {mark.number for mark in self.marks if mark.kind == "closed"} | ({but.number} if but else set())
        return [question for question in self.questions if question.number not in over]

    @property
    def highest(self) -> int:
        """The number of the newest question, 0 without one."""
        return max((question.number for question in self.questions), default=0)

    @property
    def cancelled(self) -> Answer | None:
        """An answer that cancels the run and was not carried out, while a question is open."""
        if self.open is None:
            return None
        cancelling = (answer for answer in self.answers if answer.decision is Decision.CANCEL)
        return next((answer for answer in cancelling if answer.key not in self.done), None)

    def reminded(self, question: Question) -> Urgency:
        """How urgently a question was said again."""
        given = {mark.what for mark in self.marks if (mark.number, mark.kind) == (question.number, "reminded")}
        return max((one for one in Urgency if one.name.lower() in given), default=Urgency.ASKED)

    def places(self, number: int) -> dict[str, Posted]:
        """Where a question stands in Slack, by whom it asks."""
        return {mark.what: posted for mark, posted in self.posted if mark.number == number}


def slug_of(who: Responsible) -> str:
    """How a kind of person is called in keys."""
    return who.name.lower().replace("_", "-")


def who_of(slug: str) -> Responsible:
    """The kind of person that a key names."""
    return Responsible[slug.upper().replace("-", "_")]


async def load_history(run_id: UUID) -> QuestionHistory:
    """Read the questions and answers of a run."""
    inputs = await server().filter_flow_run_input(run_id, key_prefix="", limit=MOST_INPUTS, exclude_keys=set())
    return history_of(inputs)


def history_of(inputs: Sequence[FlowRunInput]) -> QuestionHistory:
    """The history in a run's inputs, in any order; an unreadable answer was not written by us and is ignored."""
    by_key = {one.key: one for one in inputs}
    questions = tuple(sorted(_questions(by_key), key=lambda one: one.number))
    marks = frozenset(
        Mark(int(found[1]), found[2], found[3]) for key in by_key if (found := _MARK.fullmatch(key)) is not None
    )
    waits = [int(found[2]) for key in by_key if (found := _WAIT.fullmatch(key)) is not None]
    return QuestionHistory(
        questions=questions,
        answers=tuple(sorted((*_pressed(by_key), *_filled_in(by_key, questions)), key=lambda one: (one.at, one.key))),
        posted=tuple(_places(by_key, marks)),
        marks=marks,
        done=frozenset(found[1] for key in by_key if (found := _DONE.fullmatch(key)) is not None),
        gone=frozenset(f"{found[1]}:{found[2]}" for key in by_key if (found := _GONE.fullmatch(key)) is not None),
        forms=frozenset(key for key in by_key if key.endswith("-schema")),
        waits=max(waits, default=0),
    )


async def check_again(run_id: UUID) -> None:
    """Resume a waiting run without an answer, so that it reads its records again."""
    await server().resume_flow_run(run_id, {"decision": Decision.CHECK.value, "decided_by": CLOCK})


async def note_question(run_id: UUID, question: Question) -> None:
    """Keep a question before it is posted; of two processes of one run, the first one's question counts."""
    await save_input(run_id, f"question-{question.number}", _question.dump_python(question, mode="json"))


async def note_posted(run_id: UUID, number: int, who: str, posted: Posted) -> None:
    """Keep the place of a question in Slack."""
    await save_input(run_id, f"question-{number}-posted-{who}", _posted.dump_python(posted, mode="json"))


def gone_key(record: str) -> str:
    """The key, in lower case, that records that a run was woken for the deletion of a record `<kind>:<id>`."""
    return f"record-{record.replace(':', '-').lower()}-gone"


async def forget_posted(run_id: UUID, number: int, who: str) -> None:
    """Forget the place of a question, since somebody deleted the message."""
    await server().delete_flow_run_input(run_id, f"question-{number}-posted-{who}")


def _questions(by_key: dict[str, FlowRunInput]) -> Iterable[Question]:
    for key, one in by_key.items():
        if _QUESTION.fullmatch(key):
            yield _question.validate_json(one.value)


def _places(by_key: dict[str, FlowRunInput], marks: Iterable[Mark]) -> Iterable[tuple[Mark, Posted]]:
    for mark in marks:
        if mark.kind == "posted":
            yield mark, _posted.validate_json(by_key[f"question-{mark.number}-posted-{mark.what}"].value)


def _pressed(by_key: dict[str, FlowRunInput]) -> Iterable[Answer]:
    """The answers given by buttons."""
    for key, one in by_key.items():
        if _ANSWER.fullmatch(key):
            try:
                pressed = _answer.validate_python({**orjson.loads(one.value), "key": key})
            except (ValidationError, ValueError, TypeError):
                continue
            if pressed.at.tzinfo:
                yield pressed


def _filled_in(by_key: dict[str, FlowRunInput], questions: Sequence[Question]) -> Iterable[Answer]:
    """The answers given to Resume: by the form, or by the receiver for a changed record."""
    asked = {question.number: question for question in questions}
    for key, one in by_key.items():
        found = _WAIT.fullmatch(key)
        if found and found[3] == "response" and one.created:
            given = orjson.loads(one.value)
            who = str(given.get("decided_by", ""))
            if who != CLOCK and not _ANSWER.fullmatch(who):
                yield from _form(_short(key), who, given, asked.get(int(found[1])), one.created)


def _form(key: str, who: str, given: dict[str, Any], question: Question | None, at: datetime) -> Iterable[Answer]:
    changed = who.startswith(CHANGED)
    via = "Salesforce" if changed else DASHBOARD
    decision = Decision.CANCEL if given.get("decision") == Decision.CANCEL else Decision.CHECK
    yield Answer(key, who, via, at, decision)
    for count, problem in enumerate(question.to_decide if question else (), 1):
        label = given.get(CHOICE_FIELD.format(count))
        for choice in problem.choices:
            if label == choice.label:
                yield Answer(f"{key}-{count}", who, via, at, Decision.CHOOSE, problem.topic, choice.value)


def _short(key: str) -> str:
    """A key that fits beside another."""
    return f"form-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
