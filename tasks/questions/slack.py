"""Questions in Slack: posted once, followed up, and closed when they are settled (PUB-3, PUB-7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from markupsafe import Markup

from blocks.policy.block import Policy
from blocks.slack.block import Posted
from rules.common.problems import Problem, Responsible, asked
from rules.common.records import Person
from rules.questions.questions import Answer, Decision, Question
from rules.questions.reminders import Urgency, urgency, waited
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.questions.artifacts import record_links
from tasks.questions.history import QuestionHistory, forget_posted, note_posted, slug_of, who_of
from tasks.questions.slack_messages import (
    CANCELLED,
    Addressee,
    Place,
    asked_blocks,
    asked_text,
    closed_blocks,
    closed_text,
    reminder_text,
)
from tasks.questions.subject import QuestionSubject
from tasks.runs.claims import page, present_run
from tasks.runs.inputs import save_input
from tasks.slack.messages import Announced, is_posted, post_question, post_reminder, revise, slack_members
from tasks.templates import slack_user

NOBODY = "nobody"
"""The id of no member: the people who may answer are known, and none of them is in Slack."""


async def say_in_slack(
    subject: QuestionSubject, history: QuestionHistory, question: Question, problems: Sequence[Problem]
) -> None:
    """Post the question where it is missing, update it where something changed, and remind when it is due.

    Args:
        subject: of the question.
        history: what was asked and answered before this run woke.
        question: the open question.
        problems: as they are now; an insufficient repair may have changed the present values.
    """
    places, checked = history.places(question.number), _checked(history, question)
    due = await _due(history, question)
    for who in asked(problems):
        posted = await _still_there(subject, question, who, places, due=due)
        changed = checked is not None or tuple(problems) != question.problems
        if posted and not changed and not due:
            continue
        to = await _addressee(who, subject, problems)
        if posted is None:
            announced = await _post(subject, question, to, places.get(slug_of(who)))
            posted = Posted(announced["channel"], announced["ts"])
            await note_posted(present_run().id, question.number, slug_of(who), posted)
        elif changed:
            await _revise(subject, question, to, posted, problems=problems, checked=checked)
        if due:
            await _remind(subject, question, to, posted, due)
    if due:
        await save_input(present_run().id, f"question-{question.number}-reminded-{due.name.lower()}")


async def close_in_slack(
    subject: QuestionSubject,
    history: QuestionHistory,
    question: Question,
    open_now: Iterable[Problem],
    cancelled: Answer | None,
    *,
    ended: str,
) -> None:
    """Show the outcome of a question that is over, without its buttons."""
    place, still = await _place(subject), tuple(open_now)
    kept = history.places(history.highest).values() if history.highest != question.number else ()
    for slug, posted in history.places(question.number).items():
        if posted in kept:
            continue
        text = closed_text(question, who_of(slug), place, still, cancelled, ended=ended)
        await revise.labelled(subject.name)(_key(question, slug), asdict(posted), text, closed_blocks(text))


async def _still_there(
    subject: QuestionSubject, question: Question, who: Responsible, places: Mapping[str, Posted], *, due: Urgency | None
) -> Posted | None:
    """The place of the question in Slack; None if it was never posted, or if somebody deleted it.

    Slack is only asked before a reminder, since then nobody has answered for a long time.
    """
    posted = places.get(slug_of(who))
    if posted is None or due is None or await is_posted.labelled(subject.name)(asdict(posted)):
        return posted
    await forget_posted(present_run().id, question.number, slug_of(who))
    return None


async def _post(subject: QuestionSubject, question: Question, to: Addressee, deleted: Posted | None) -> Announced:
    """Post the question; again, under another key, if somebody deleted the message."""
    links = await record_links(question.problems)
    key = _key(question, slug_of(to.who))
    return await post_question(
        f"{key}:after-{deleted.ts}" if deleted else key,
        whom=to.who.value,
        subject=subject.name,
        number=question.number,
        channel=to.channel,
        thread_ts=to.thread_ts,
        text=asked_text(question, to, subject.what),
        blocks=asked_blocks(question, to, await _place(subject), links=links, problems=question.problems),
        since=question.since,
    )


async def _revise(subject: QuestionSubject, question: Question, to: Addressee, posted: Posted, **now: Any) -> None:
    """Show the present values in the question's own message; nothing new is posted."""
    links = await record_links(now["problems"])
    place = await _place(subject)
    blocks = asked_blocks(question, to, place, links=links, **now)
    key = _key(question, slug_of(to.who))
    text = asked_text(question, to, place.what)
    await revise.labelled(subject.name)(key, asdict(posted), text, blocks)


async def _remind(subject: QuestionSubject, question: Question, to: Addressee, posted: Posted, due: Urgency) -> None:
    """Post a reminder below the question, or escalate it when it is old enough."""
    escalated = due is Urgency.ESCALATED
    above = await _above(to.who, subject) if escalated else to.mention
    rules = await load_policy()
    age = waited(question.asked_at, datetime.now(UTC), rules.patience.hours)
    text = reminder_text(
        question,
        Addressee(to.who, to.channel, None, above, to.may),
        escalated=escalated,
        age=age,
        run_url=page(present_run().id),
    )
    key = f"{_key(question, slug_of(to.who))}:{due.name.lower()}"
    # Members who are not mentioned do not notice a reply in a thread.
    thread = (to.thread_ts or posted.ts) if above else None
    channel = (await connection(Policy)).cs_ops_channel if thread is None and escalated else posted.channel
    await post_reminder(
        key,
        whom=to.who.value,
        subject=subject.name,
        channel=channel,
        thread_ts=thread,
        text=text,
        since=question.since,
    )


async def _due(history: QuestionHistory, question: Question) -> Urgency | None:
    """The reminder that is due and was not posted."""
    now = urgency(question.asked_at, datetime.now(UTC), (await load_policy()).patience)
    return now if now > history.reminded(question) else None


async def _addressee(who: Responsible, subject: QuestionSubject, problems: Sequence[Problem]) -> Addressee:
    """The people who are asked, the place, and who may answer by a button."""
    policy = await connection(Policy)
    of_sales = (subject.owner, subject.manager) if who is Responsible.SALES else ()
    sellers = tuple(one for one in of_sales if one and one.is_active)
    leads = tuple({one.id: one for problem in problems if problem.who is who for one in problem.people}.values())
    members = await _members((*sellers, *leads), policy.cs_operations)
    may = tuple(dict.fromkeys(members.values()))
    mention = _mention(leads, members)
    ops = tuple(members[one] for one in policy.cs_operations if one in members)
    ops = ops or (NOBODY,) * bool(policy.cs_operations)
    if who is Responsible.CS_OPS:
        return Addressee(who, policy.cs_ops_channel, None, "", ops)
    if who is Responsible.TEAM_LEAD:
        return Addressee(who, policy.csm_channel, None, mention, may)
    asked, instead_of = _seller(subject, sellers, members)
    if subject.announced is None or asked is None:
        return Addressee(who, policy.cs_ops_channel, None, "", ops, instead_of=instead_of)
    announced = await subject.announced()
    channel, thread = announced["channel"] or policy.sales_channel, announced["ts"] or None
    return Addressee(who, channel, thread, _mention([asked], members), may, instead_of)


def _seller(
    subject: QuestionSubject, sellers: Sequence[Person], members: Mapping[str, str]
) -> tuple[Person | None, str]:
    """The person who answers for sales, the owner or else the owner's manager; and the person replaced."""
    asked = next((one for one in sellers if (one.email or "") in members), None)
    return asked, "" if asked and asked == subject.owner else _absent(subject.owner)


def _absent(owner: Person | None) -> str:
    """The person who should have been asked, in words."""
    if owner is None:
        return "The seller"
    return owner.name if owner.is_active else f"{owner.name}, whose user in Salesforce is inactive,"


async def _above(who: Responsible, subject: QuestionSubject) -> str | Markup:
    """A mention of the person to whom a question is escalated; "" if nobody is known."""
    contact = (await connection(Policy)).escalation_contact
    above = subject.manager if who is Responsible.SALES else None
    manager = [above.email] if above and above.is_active and above.email else []
    candidates = [*manager, *([contact] if contact else [])]
    found = await slack_members.labelled("the escalation contact")(candidates) if candidates else {}
    return next((slack_user(found[email]) for email in candidates if email in found), "")


async def cs_ops_members() -> list[str]:
    """The member ids of those who may decide for CS Operations, for a button; empty if everybody in the channel may.

    A part of a step.
    """
    listed = (await connection(Policy)).cs_operations
    members = await slack_members.fn(listed)
    return sorted(members.values()) or [NOBODY] * bool(listed)


async def _members(people: Sequence[Person], emails: Sequence[str]) -> dict[str, str]:
    """Member ids by e-mail address, of the people who are in Slack."""
    wanted = list(dict.fromkeys([*(one.email for one in people if one.email), *emails]))
    names = ", ".join(one.name for one in people) or "CS Operations"
    return await slack_members.labelled(names)(wanted) if wanted else {}


def _mention(people: Sequence[Person], members: dict[str, str]) -> Markup | str:
    known = [slack_user(members[one.email]) for one in people if one.email and one.email in members]
    return Markup(" ").join(known) if known else ""


async def _place(subject: QuestionSubject) -> Place:
    run, zone = present_run(), ZoneInfo((await connection(Policy)).time_zone)
    label = subject.cancel or f"Cancel this {subject.what}"
    return Place(run.id, page(run.id), zone, label, subject.what, subject.cancelled or CANCELLED)


def _checked(history: QuestionHistory, question: Question) -> Answer | None:
    """The last *Check again* of this question by a person."""
    checks = [one for one in history.answers if one.decision is Decision.CHECK and one.via != "Salesforce"]
    return next((one for one in reversed(checks) if one.at >= question.asked_at), None)


def message_key(run_id: UUID, question: Question, slug: str) -> str:
    """The permanent key of a question's message."""
    return f"question:{run_id}:{question.number}:{slug}"


def _key(question: Question, slug: str) -> str:
    return message_key(present_run().id, question, slug)
