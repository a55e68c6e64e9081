"""The Slack messages of a question: its problems with choices and buttons, its reminders, its outcome (D-4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from markupsafe import Markup
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    PlainTextObject,
)

from rules.common.problems import Problem, Responsible, unreported
from rules.common.text import join_names
from rules.questions.questions import Answer, Decision, Question
from tasks.slack.layout import LONGEST_VALUE, button_value, markdown, text_section
from tasks.templates import render

Blocks = list[dict[str, Any]]
GREEN = "primary"
MOST_BUTTONS = 24
"""Slack accepts 25 in a row; the dashboard's form offers the others."""
LONGEST_LABEL = 75
MOST_PROBLEMS = 20
"""A message holds 50 blocks; a problem takes two at most."""

CANCELLED = "Nothing more is done for it. What was done before stays."
"""What the Cancel button of most questions means."""


@dataclass(frozen=True)
class Addressee:
    """The people to whom a question is addressed.

    Attributes:
        who: the kind of person.
        channel: id or `#name`.
        thread_ts: the message whose thread the question is posted in; None outside a thread.
        mention: the mentioned people, in Slack's markup; "" for nobody.
        may: the member ids of those who may answer by a button; empty if everybody in the channel may.
        instead_of: the person who should have been asked and is not in Slack, or inactive; "" for nobody.
    """

    who: Responsible
    channel: str
    thread_ts: str | None
    mention: str | Markup
    may: tuple[str, ...]
    instead_of: str = ""


@dataclass(frozen=True)
class Place:
    """The run that a message refers to, its time zone, its Cancel button with the meaning of a press, its procedure."""

    run_id: UUID
    run_url: str
    zone: ZoneInfo
    cancel: str
    what: str
    cancelled: str = CANCELLED


def asked_text(question: Question, to: Addressee, what: str) -> str:
    """A question in a line or two: the notification, and the first section of the message.

    Args:
        question: as it was asked.
        to: the people asked.
        what: the procedure that waits, as people call it: `onboarding`.
    """
    return render(
        "question.slack",
        number=question.number,
        subject=question.subject,
        what=what,
        whom=to.who.value,
        addressed=to.mention,
        instead_of=to.instead_of,
        problems=_of(to.who, question.problems),
        fixed=_of(to.who, question.fixed),
    ).strip()


def asked_blocks(
    question: Question,
    to: Addressee,
    place: Place,
    *,
    links: dict[str, str],
    problems: Sequence[Problem],
    checked: Answer | None = None,
) -> Blocks:
    """The whole message: each problem with a link to its record, the choices, the buttons.

    Args:
        question: as it was asked.
        to: the people asked.
        place: the run.
        links: the pages of the records, by their ids.
        problems: as they are now.
        checked: the last *Check again* that found nothing settled.
    """
    own = _of(to.who, problems)
    repairable = bool(question.record_id)
    blocks: list[Block] = [text_section(asked_text(question, to, place.what))]
    for number, problem in enumerate(own[:MOST_PROBLEMS]):
        link = problem.page or links.get(problem.record_id, "")
        blocks.append(text_section(render("question_problem.slack", problem=problem, link=link)))
        blocks.extend(_choices(number, problem, to, place, style=None if repairable else GREEN))
    if more := len(own[MOST_PROBLEMS:]):
        blocks.append(text_section(f"And {more} more, which the run names."))
    check = _button("check-again", "Check again", _value(Decision.CHECK, to, place), GREEN if repairable else None)
    cancel = _button("cancel", place.cancel, _value(Decision.CANCEL, to, place), "danger", _confirm(place))
    foot = render(
        "question_foot.slack",
        checked=checked,
        checked_at=f"{checked.at.astimezone(place.zone):%H:%M %Z}" if checked else "",
        reported=repairable and any(problem.is_reported for problem in own),
        unreported=repairable and unreported(own),
        run_url=place.run_url,
    )
    blocks += [ActionsBlock(block_id="answers", elements=[check, cancel]), ContextBlock(elements=[markdown(foot)])]
    return [block.to_dict() for block in blocks]


def closed_text(
    question: Question,
    who: Responsible,
    place: Place,
    open_now: Iterable[Problem],
    cancelled: Answer | None,
    *,
    ended: str = "",
) -> str:
    """The outcome of a question that is over: what was settled, and what happens now.

    Args:
        question: as it was asked.
        who: the kind of person to whom the message was addressed.
        place: the run.
        open_now: the problems that are asked about now.
        cancelled: the answer that cancelled the run.
        ended: why nobody needs to answer any more, a sentence; "" if the problems were settled.
    """
    asked, rest = _of(who, question.problems), tuple(open_now)
    still = {problem.identity for problem in rest}
    return render(
        "question_closed.slack",
        subject=question.subject,
        run_url=place.run_url,
        problems=asked,
        ended=ended,
        settled=[] if cancelled or ended else [problem for problem in asked if problem.identity not in still],
        open=any(problem.who is who for problem in rest),
        others=join_names(dict.fromkeys(problem.who.value for problem in rest)) if rest else "",
        cancelled=cancelled,
        cancelled_at=f"{cancelled.at.astimezone(place.zone):%Y-%m-%d %H:%M %Z}" if cancelled else "",
    ).strip()


def reminder_text(question: Question, to: Addressee, *, escalated: bool, age: str, run_url: str) -> str:
    """A reminder to the people asked, or the escalation to their manager."""
    return render(
        "reminder.slack",
        subject=question.subject,
        whom=to.who.value,
        addressed=to.mention,
        escalated=escalated,
        age=age,
        run_url=run_url,
        mrr=f"{question.mrr:,.2f}" if question.mrr is not None else "",
        fields=join_names([problem.label for problem in _of(to.who, question.problems)]),
    ).strip()


def closed_blocks(text: str) -> Blocks:
    """The message of a question that is over, without buttons."""
    return [text_section(text).to_dict()]


def _of(who: Responsible, problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.who is who]


def _choices(number: int, problem: Problem, to: Addressee, place: Place, style: str | None) -> list[Block]:
    """The decisions that settle a problem, as far as buttons can hold them."""
    values = [_value(Decision.CHOOSE, to, place, problem.topic, choice.value) for choice in problem.choices]
    buttons = [
        _button(f"choose-{number}-{count}", choice.label, value, style)
        for count, (choice, value) in enumerate(zip(problem.choices, values, strict=True))
        if len(value) <= LONGEST_VALUE
    ]
    return [ActionsBlock(block_id=f"choices-{number}", elements=buttons[:MOST_BUTTONS])] if buttons else []


def _value(decision: Decision, to: Addressee, place: Place, topic: str = "", choice: str = "") -> str:
    value = {"run": str(place.run_id), "decision": decision.value, "topic": topic, "choice": choice}
    return button_value(value, to.may)


def _button(
    action_id: str, label: str, value: str, style: str | None = None, confirm: ConfirmObject | None = None
) -> ButtonElement:
    shown = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    text = PlainTextObject(text=shown, emoji=False)
    return ButtonElement(action_id=action_id, text=text, value=value, style=style, confirm=confirm)


def _confirm(place: Place) -> ConfirmObject:
    text = PlainTextObject(text=place.cancelled)
    return ConfirmObject(title=f"{place.cancel}?", text=text, confirm=place.cancel, deny="Keep waiting", style="danger")
