"""How a question looks in Slack: what is open, choices and buttons, what became of it (D-4)."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from markupsafe import Markup

from rules.common.problems import Problem, Responsible
from rules.common.text import join_names
from rules.questions.questions import Answer, Decision, Question
from tasks.templates import render

Blocks = list[dict[str, Any]]
GREEN = {"style": "primary"}
MOST_BUTTONS = 24
"""Slack takes 25 in a row; what is beyond stands in the dashboard's form."""
LONGEST_VALUE = 2000
LONGEST_LABEL = 75
LONGEST_TEXT = 3000
MOST_PROBLEMS = 20
"""A message holds 50 blocks; a problem takes two at most."""

_TORN = re.compile(r"(<[^>]*|&[a-z]*)$")
"""What a cut leaves of a link or of an escaped character."""


@dataclass(frozen=True)
class Addressee:
    """Whom a question is put to.

    Attributes:
        who: the kind of person.
        channel: id or `#name`.
        thread_ts: the message it answers to; None where it stands by itself.
        mention: who is mentioned, in Slack's markup; "" for nobody.
        may: the member ids of those who may answer by a button; empty for whoever sees it.
        instead_of: who should have been asked and cannot be: not in Slack, or inactive; "" when they can.
    """

    who: Responsible
    channel: str
    thread_ts: str | None
    mention: str | Markup
    may: tuple[str, ...]
    instead_of: str = ""


@dataclass(frozen=True)
class Place:
    """What every message of a run refers to."""

    run_id: UUID
    run_url: str
    zone: ZoneInfo
    cancel: str


def asked_text(question: Question, to: Addressee) -> str:
    """A question in a line or two: the notification, and the head of the message."""
    return render(
        "question.slack",
        number=question.number,
        subject=question.subject,
        reviewed=question.reviewed,
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
        to: whom.
        place: the run.
        links: the pages of the records, by their ids.
        problems: as they stand now.
        checked: the last answer that asked to look again and found nothing settled.
    """
    blocks, claim = [_section(asked_text(question, to))], _of(to.who, problems)
    repairable = bool(question.record_id)
    for number, problem in enumerate(claim[:MOST_PROBLEMS]):
        link = problem.page or links.get(problem.record_id, "")
        blocks.append(_section(render("question_problem.slack", problem=problem, link=link)))
        blocks.extend(_choices(number, problem, to, place, style={} if repairable else GREEN))
    if more := len(claim[MOST_PROBLEMS:]):
        blocks.append(_section(f"And {more} more, which the run names."))
    check = _button("check-again", "Check again", _value(Decision.CHECK, to, place)) | (GREEN if repairable else {})
    cancel = _button("cancel", place.cancel, _value(Decision.CANCEL, to, place))
    cancel |= {"style": "danger", "confirm": _sure(place)}
    blocks.append({"type": "actions", "block_id": "answers", "elements": [check, cancel]})
    at = f"{checked.at.astimezone(place.zone):%H:%M}" if checked else ""
    foot = render("question_foot.slack", checked=checked, checked_at=at, repairable=repairable, run_url=place.run_url)
    return [*blocks, {"type": "context", "elements": [_markdown(foot)]}]


def closed_text(
    question: Question,
    who: Responsible,
    place: Place,
    open_now: Iterable[Problem],
    cancelled: Answer | None,
    *,
    ended: str = "",
) -> str:
    """What is left of a question that is over: what was settled, and what happens now.

    Args:
        question: as it was asked.
        who: of the message.
        place: the run.
        open_now: what is asked now instead.
        cancelled: the answer that called everything off.
        ended: why nobody needs to answer any more, a sentence; "" where that is not so.
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
        cancelled_at=f"{cancelled.at.astimezone(place.zone):%Y-%m-%d %H:%M}" if cancelled else "",
    ).strip()


def reminder_text(question: Question, to: Addressee, *, escalated: bool, age: str, run_url: str) -> str:
    """A reminder to whom was asked, or the word to somebody above."""
    return render(
        "reminder.slack",
        subject=question.subject,
        whom=to.who.value,
        addressed=to.mention,
        escalated=escalated,
        age=age,
        run_url=run_url,
        mrr=f"{question.mrr:,.2f}" if question.mrr is not None else "",
        fields=join_names([one.label for one in _of(to.who, question.problems)]),
    ).strip()


def closed_blocks(text: str) -> Blocks:
    """The message of a question that is over: no buttons."""
    return [_section(text)]


def _of(who: Responsible, problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.who is who]


def _choices(number: int, problem: Problem, to: Addressee, place: Place, style: dict[str, str]) -> Blocks:
    """The decisions that settle a problem, as far as buttons can hold them."""
    values = [_value(Decision.CHOOSE, to, place, problem.topic, choice.value) for choice in problem.choices]
    buttons = [
        _button(f"choose-{number}-{count}", choice.label, value) | style
        for count, (choice, value) in enumerate(zip(problem.choices, values, strict=True))
        if len(value) <= LONGEST_VALUE
    ]
    return [{"type": "actions", "block_id": f"choices-{number}", "elements": buttons[:MOST_BUTTONS]}] if buttons else []


def _value(decision: Decision, to: Addressee, place: Place, topic: str = "", choice: str = "") -> str:
    """What tells the receiver everything: Slack signs it, nobody else can write one.

    Of those who may press it names as many as there is room for, and one at least: naming none would let everybody.
    """
    value = {"run": str(place.run_id), "decision": decision.value, "topic": topic, "choice": choice}

    def naming(may: Sequence[str]) -> str:
        return json.dumps({**value, "may": may}, separators=(",", ":"))

    each = max(map(len, to.may), default=0) + len('"",')
    return naming(to.may[: max((LONGEST_VALUE - len(naming([]))) // each, 1)])


def _button(action_id: str, label: str, value: str) -> dict[str, Any]:
    shown = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    text = {"type": "plain_text", "text": shown, "emoji": False}
    return {"type": "button", "action_id": action_id, "text": text, "value": value}


def _sure(place: Place) -> dict[str, Any]:
    return {
        "title": {"type": "plain_text", "text": f"{place.cancel}?"},
        "text": {"type": "plain_text", "text": "Nothing more is done for it. What was done before stays."},
        "confirm": {"type": "plain_text", "text": place.cancel},
        "deny": {"type": "plain_text", "text": "Keep waiting"},
        "style": "danger",
    }


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _markdown(text)}


def _markdown(text: str) -> dict[str, Any]:
    """A text that Slack takes, with no links but those it was given: an address in a record stays plain text."""
    plain = text.strip()
    fitting = plain if len(plain) <= LONGEST_TEXT else f"{_TORN.sub('', plain[: LONGEST_TEXT - 1])}…"
    return {"type": "mrkdwn", "text": fitting, "verbatim": True}
