"""Asking people what a record does not say, and waiting without a process until it is settled (D-4).

A run that needs people puts one question and is suspended. Whatever wakes it (a changed record, a button, Resume, the
clock), its body runs again from the top: it reads everything anew, and goes on, or asks what is left (PUB-3, PUB-7).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from prefect.exceptions import Pause
from prefect.flow_runs import asuspend_flow_run
from prefect.logging import get_run_logger
from prefect.states import Cancelled

from blocks.common.errors import VendorError, VendorRefused
from rules.common.problems import NobodyAskedError, Problem
from rules.questions.questions import WAITING, Answer, Decided, Question, ask, choices, worth_asking
from tasks.core.errors import RunEnded
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


class Questions:
    """The questions of the present run, and what people have decided.

    Attributes:
        history: what was asked and answered so far.
        decided: what people have chosen so far, by topic.
        is_reviewed: the records were in order in this try of the run.
    """

    def __init__(self, about: About, history: QuestionHistory) -> None:
        self._about, self.history = about, history
        self.decided: Mapping[str, Decided] = choices(history.questions, history.answers)
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

    async def end_if_cancelled(self) -> None:
        """End the run if a person cancelled it by an answer; what was done before stays.

        Raises:
            RunEnded: it was cancelled.
        """
        if self.history.answers:
            record_answers((await self._about()).name, self.history.answers)
        if answer := self.history.cancelled:
            subject = await self._about()
            await close(subject, self.history, cancelled=answer)
            await save_input(present_run().id, f"{answer.key}-done")
            cancelled = f"{subject.name}: cancelled by {answer.who} ({answer.via}). What was done before stays."
            raise RunEnded(Cancelled(message=cancelled))

    async def reviewed(self) -> None:
        """The records are in order: what was asked about them is over."""
        self.is_reviewed = True
        if self.history.open and not self.history.open.reviewed:
            await self.close()

    async def close(self, *, ended: str = "") -> None:
        """Tell those who were asked that all is settled, or else why nobody needs to answer any more."""
        if self.history.open:
            await close(await self._about(), self.history, ended=ended)
            self.history = await load_history(present_run().id)

    async def finish(self) -> None:
        """Close what is still open at the end of a run, and the page of problems that an earlier try showed."""
        await self.close()
        if SHOWN in self.history.done and not self.history.questions:
            subject = await self._about()
            await show_over(subject.page, subject.name, self.history, _outcome(None))

    async def ask(self, problems: Sequence[Problem], *, preview: bool) -> None:
        """Ask people to settle the problems, and suspend the run; returns only where the run cannot wait.

        A preview, a run without a deployment, and a run whose problems nobody is to answer cannot wait: their problems
        are shown.

        Raises:
            NobodyAskedError: Slack takes the question nowhere.
        """
        subject, history = await self._about(), self.history
        if not preview and present_run().deployment_id is not None and worth_asking(problems):
            await _ask(self, subject, problems)
        if not preview and history.unclosed(but=None):
            await close(subject, history, ended=" ".join(_found(one) for one in problems))
        await show_problems(subject.page, subject.name, problems, history, waits=False, reviewed=self.is_reviewed)
        await save_input(present_run().id, f"{SHOWN}-done")


async def close(
    subject: QuestionSubject,
    history: QuestionHistory,
    *,
    but: Question | None = None,
    open_now: Sequence[Problem] = (),
    cancelled: Answer | None = None,
    ended: str = "",
) -> None:
    """Take the buttons off the questions that people have before them, and say what became of each.

    Args:
        subject: what it is about.
        history: what was said so far.
        but: the question that stays open.
        open_now: what it asks.
        cancelled: the answer that called everything off.
        ended: why nobody needs to answer any more.
    """
    for question in history.unclosed(but=but):
        try:
            await close_in_slack(subject, history, question, open_now, cancelled, ended=ended)
        except VendorError as error:
            get_run_logger().warning("The question in Slack stays as it is: %s", error)
        await save_input(present_run().id, f"question-{question.number}-closed")
    if but is None and subject.page:
        await show_over(subject.page, subject.name, history, ended or _outcome(cancelled))


def _outcome(cancelled: Answer | None) -> str:
    if cancelled:
        return f"{cancelled.who} cancelled it ({cancelled.via}). What was done before stays."
    return "All that was asked is settled, and the run goes on."


async def _ask(here: Questions, subject: QuestionSubject, problems: Sequence[Problem]) -> None:
    """Put the question, unless it is put, and suspend the run; never returns."""
    run_id, history = present_run().id, here.history
    question = ask(
        problems,
        history.open,
        now=datetime.now(UTC),
        number=history.highest + 1,
        subject=subject.name,
        record_id=subject.record_id,
        mrr=subject.mrr,
        reviewed=here.is_reviewed,
    )
    await save_input(run_id, PAGE_KEY, subject.page)
    if question is not history.open:
        await note_question(run_id, question)
        await _keep_messages(history, question)
        history = await load_history(run_id)
    await close(subject, history, but=question, open_now=problems)
    failed = await _say(subject, history, question, problems)
    now = await load_history(run_id)
    await show_problems(subject.page, subject.name, problems, now, waits=True, reviewed=here.is_reviewed)
    if failed:
        await tag_run(WAITING, *subject.records)
        raise NobodyAskedError(str(failed), problems)
    await _wait(subject, here.history, question)


async def _say(
    subject: QuestionSubject, history: QuestionHistory, question: Question, problems: Sequence[Problem]
) -> VendorError | None:
    """Bring Slack to what is asked; why Slack takes it nowhere, if that is so.

    While Slack is only unavailable, the run waits all the same: the sweep wakes it until the question is there.
    """
    try:
        await say_in_slack(subject, history, question, problems)
    except VendorRefused as error:
        return error
    except VendorError as error:
        get_run_logger().warning("The question is not in Slack yet: %s", error)
    return None


def _found(problem: Problem) -> str:
    return f"{problem.heading} is {problem.found} now."


async def _keep_messages(history: QuestionHistory, question: Question) -> None:
    """Those for whom nothing changed keep the message that they have."""
    if history.open:
        for slug, posted in history.places(history.open.number).items():
            if history.open.same(question.problems, who_of(slug)):
                await note_posted(present_run().id, question.number, slug, posted)


async def _wait(subject: QuestionSubject, history: QuestionHistory, question: Question) -> None:
    run = present_run()
    await tag_run(WAITING, *subject.records)
    try:
        await asuspend_flow_run(wait_for_input=answer_form(question, subject.what), key=_wait_key(history, question))
    except Pause:
        if not await _nothing_new(subject, history):
            await check_again(run.id)
        raise


def _wait_key(history: QuestionHistory, question: Question) -> str:
    """A pause key that was never used, in whichever order a run died: Prefect keeps those that fired."""
    policy = present_run().empirical_policy
    used = {int(key.rpartition("-")[2]) for key in policy.pause_keys or () if key.rpartition("-")[2].isdigit()}
    return f"question-{question.number}-wait-{max({history.waits, *used}) + 1}"


async def _nothing_new(subject: QuestionSubject, history: QuestionHistory) -> bool:
    """Whether nobody changed or answered anything between our reading and the suspension.

    What happens from now on finds a suspended run, and wakes it.
    """
    try:
        unchanged = await subject.unchanged()
    except VendorError as error:
        get_run_logger().warning("Whether the records changed meanwhile is not known: %s", error)
        unchanged = True
    heard = await load_history(present_run().id)
    return unchanged and {one.key for one in heard.answers} == {one.key for one in history.answers}
