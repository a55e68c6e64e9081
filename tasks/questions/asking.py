"""Asking people what a record does not say, and waiting without a process until it is settled (design decision 4).

A run that needs people puts one question and is suspended. Whatever wakes it (a changed record, a button, Resume, the
clock), its body runs again from the top: it reads everything anew, and goes on, or asks what is left (PUB-3, PUB-7).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from prefect import State
from prefect.exceptions import Pause
from prefect.flow_runs import asuspend_flow_run
from prefect.logging import get_run_logger
from prefect.states import Cancelled

from blocks.common.errors import VendorError, VendorRefused
from rules.common.problems import HumanInputRequired, NobodyAskedError, Problem
from rules.questions.questions import WAITING, Answer, Decided, Question, ask, choices, worth_asking
from tasks.questions.artifacts import record_answers, show_over, show_problems
from tasks.questions.form import answer_form
from tasks.questions.history import QuestionHistory, check_again, load_history, note_posted, note_question, who_of
from tasks.questions.slack import close_in_slack, say_in_slack
from tasks.questions.subject import QuestionSubject
from tasks.runs.claims import present_run, tag_run
from tasks.runs.inputs import save_input

SHOWN = "problems-shown"
"""What an earlier try did that could not wait: its page says so until a later one succeeds."""
PAGE_KEY = "waiting-page"
"""The input of a run that keeps the key of the page of what is waited for."""
About = Callable[[], Awaitable[QuestionSubject]]


class Asking:
    """The conversation of a procedure, while it runs.

    Attributes:
        decided: what CS Operations have chosen so far, by topic.
    """

    def __init__(self, about: About, talk: QuestionHistory) -> None:
        self._about, self.talk = about, talk
        self.decided: Mapping[str, Decided] = choices(talk.questions, talk.answers)
        self.is_reviewed = False

    @property
    def chosen(self) -> dict[str, str]:
        """The values chosen, by topic."""
        return {topic: decided.value for topic, decided in self.decided.items()}

    @property
    def remarks(self) -> tuple[str, ...]:
        """Who decided what, a sentence each, for the report."""
        return tuple(
            f"{topic}: {one.label}. Decided by {one.answer.who} ({one.answer.via}, {one.answer.at:%Y-%m-%d %H:%M} UTC)."
            for topic, one in self.decided.items()
        )

    async def reviewed(self) -> None:
        """The records are in order: what was asked about them is over."""
        self.is_reviewed = True
        if self.talk.open and not self.talk.open.reviewed:
            await self.close()

    async def end(self, reason: str) -> None:
        """Tell those who were asked that nobody needs to answer any more, and why."""
        if self.talk.open:
            await close(await self._about(), self.talk, ended=reason)
            self.talk = await load_history(present_run().id)

    async def close(self) -> None:
        """Tell those who were asked that all is settled."""
        if self.talk.open:
            await close(await self._about(), self.talk)
            self.talk = await load_history(present_run().id)


@asynccontextmanager
async def asking(about: About, talk: QuestionHistory, *, preview: bool) -> AsyncIterator[Asking]:
    """Ask people where the procedure needs them, and suspend the run.

    Args:
        about: finds out what it is about, when there is something to ask.
        talk: what was said so far.
        preview: nothing is asked; the problems are only shown.

    Raises:
        NeedsPeople: the run cannot wait: a preview, a run without a deployment, or nothing that anybody was to answer.
    """
    if talk.answers and not preview:
        matter = await about()
        await record_answers(matter.account_id, matter.name, talk.answers)
    here = Asking(about, talk)
    try:
        yield here
    except HumanInputRequired as needs:
        matter = await about()
        waits = not preview and present_run().deployment_id is not None and worth_asking(needs.problems)
        if not waits and not preview and talk.unclosed(but=None):
            await close(matter, talk, ended=" ".join(_found(one) for one in needs.problems))
        if not waits:
            await show_problems(matter.page, matter.name, needs.problems, talk, waits=False, reviewed=here.is_reviewed)
            await save_input(present_run().id, f"{SHOWN}-done")
            raise
        await _ask(here, matter, needs.problems)
    await here.close()
    if SHOWN in talk.done and not talk.questions:
        matter = await about()
        await show_over(matter.page, matter.name, talk, _outcome(None))


async def called_off(matter: QuestionSubject, talk: QuestionHistory) -> State[Any]:
    """End a run that somebody cancelled by an answer; what was done before stays."""
    answer = talk.cancelled
    assert answer is not None
    await record_answers(matter.account_id, matter.name, talk.answers)
    await close(matter, talk, cancelled=answer)
    await save_input(present_run().id, f"{answer.key}-done")
    return Cancelled(message=f"{matter.name}: cancelled by {answer.who} ({answer.via}). What was done before stays.")


async def close(
    matter: QuestionSubject,
    talk: QuestionHistory,
    *,
    but: Question | None = None,
    open_now: Sequence[Problem] = (),
    cancelled: Answer | None = None,
    ended: str = "",
) -> None:
    """Take the buttons off the questions that people have before them, and say what became of each.

    Args:
        matter: what it is about.
        talk: what was said so far.
        but: the question that stays open.
        open_now: what it asks.
        cancelled: the answer that called everything off.
        ended: why nobody needs to answer any more.
    """
    for question in talk.unclosed(but=but):
        try:
            await close_in_slack(matter, talk, question, open_now, cancelled, ended=ended)
        except VendorError as error:
            get_run_logger().warning("The question in Slack stays as it is: %s", error)
        await save_input(present_run().id, f"question-{question.number}-closed")
    if but is None and matter.page:
        await show_over(matter.page, matter.name, talk, ended or _outcome(cancelled))


def _outcome(cancelled: Answer | None) -> str:
    if cancelled:
        return f"{cancelled.who} cancelled it ({cancelled.via}). What was done before stays."
    return "All that was asked is settled, and the run goes on."


async def _ask(here: Asking, matter: QuestionSubject, problems: Sequence[Problem]) -> None:
    """Put the question, unless it is put, and suspend the run; never returns."""
    run_id, talk = present_run().id, here.talk
    question = ask(
        problems,
        talk.open,
        now=datetime.now(UTC),
        number=talk.highest + 1,
        matter=matter.name,
        record_id=matter.record_id,
        mrr=matter.mrr,
        reviewed=here.is_reviewed,
    )
    await save_input(run_id, PAGE_KEY, matter.page)
    if question is not talk.open:
        await note_question(run_id, question)
        await _keep_messages(talk, question)
        talk = await load_history(run_id)
    await close(matter, talk, but=question, open_now=problems)
    failed = await _say(matter, talk, question, problems)
    now = await load_history(run_id)
    await show_problems(matter.page, matter.name, problems, now, waits=True, reviewed=here.is_reviewed)
    if failed:
        await tag_run(WAITING, *matter.records)
        raise NobodyAskedError(str(failed), problems)
    await _wait(matter, here.talk, question)


async def _say(
    matter: QuestionSubject, talk: QuestionHistory, question: Question, problems: Sequence[Problem]
) -> VendorError | None:
    """Bring Slack to what is asked; why Slack takes it nowhere, if that is so.

    While Slack is only unavailable, the run waits all the same: the sweep wakes it until the question is there.
    """
    try:
        await say_in_slack(matter, talk, question, problems)
    except VendorRefused as error:
        return error
    except VendorError as error:
        get_run_logger().warning("The question is not in Slack yet: %s", error)
    return None


def _found(problem: Problem) -> str:
    return f"{problem.heading} is {problem.found} now."


async def _keep_messages(talk: QuestionHistory, question: Question) -> None:
    """Those for whom nothing changed keep the message that they have."""
    if talk.open:
        for slug, posted in talk.places(talk.open.number).items():
            if talk.open.same(question.problems, who_of(slug)):
                await note_posted(present_run().id, question.number, slug, posted)


async def _wait(matter: QuestionSubject, talk: QuestionHistory, question: Question) -> None:
    run = present_run()
    await tag_run(WAITING, *matter.records)
    try:
        await asuspend_flow_run(wait_for_input=answer_form(question, matter.what), key=_wait_key(talk, question))
    except Pause:
        if not await _nothing_new(matter, talk):
            await check_again(run.id)
        raise


def _wait_key(talk: QuestionHistory, question: Question) -> str:
    """A pause key that was never used, in whichever order a run died: Prefect keeps those that fired."""
    policy = present_run().empirical_policy
    used = {int(key.rpartition("-")[2]) for key in policy.pause_keys or () if key.rpartition("-")[2].isdigit()}
    return f"question-{question.number}-wait-{max({talk.waits, *used}) + 1}"


async def _nothing_new(matter: QuestionSubject, talk: QuestionHistory) -> bool:
    """Whether nobody changed or answered anything between our reading and the suspension.

    What happens from now on finds a suspended run, and wakes it.
    """
    try:
        unchanged = await matter.unchanged()
    except VendorError as error:
        get_run_logger().warning("Whether the records changed meanwhile is not known: %s", error)
        unchanged = True
    heard = await load_history(present_run().id)
    return unchanged and {one.key for one in heard.answers} == {one.key for one in talk.answers}
