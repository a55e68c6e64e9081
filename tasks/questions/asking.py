"""Ask people what the records do not say, and wait without a process for the answer (D-4).

A run that needs people posts one question and is suspended. A changed record, a button, Resume or the clock wakes it.
Then its body runs again from the top: it reads everything again, and continues or asks about what is left (PUB-3,
PUB-7).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from prefect.logging import get_run_logger
from prefect.states import Cancelled

from blocks.common.errors import VendorError, VendorRefused
from rules.common.problems import NobodyAskedError, Problem
from rules.questions.questions import WAITING, Answer, Decided, Question, ask, choices, worth_asking
from tasks.core.errors import RunEnded
from tasks.questions.artifacts import record_answers, show_over, show_problems
from tasks.questions.history import QuestionHistory, load_history, note_posted, note_question, who_of
from tasks.questions.slack import close_in_slack, say_in_slack
from tasks.questions.subject import QuestionSubject
from tasks.questions.waiting import wait_for_answer
from tasks.runs.claims import present_run, tag_run, untag_run
from tasks.runs.inputs import save_input

SHOWN = "problems-shown"
"""The input of a run whose earlier try could not wait, and showed its problems instead."""
PAGE_KEY = "waiting-page"
"""The input of a run that holds the key of the artifact *Waiting for people*."""
About = Callable[[], Awaitable[QuestionSubject]]
"""Returns the subject of a run's questions."""


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
            f"{topic}: {choice.label}. Decided by {choice.answer.who} "
            f"({choice.answer.via}, {choice.answer.at:%Y-%m-%d %H:%M} UTC)."
            for topic, choice in self.decided.items()
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
        await untag_run(WAITING)

    async def ask(
        self, problems: Sequence[Problem], *, preview: bool, before_wait: Callable[[], Awaitable[None]]
    ) -> None:
        """Ask people to settle the problems, and suspend the run; returns only if the run cannot wait.

        A preview, a run without a deployment, and a run with problems that nobody is asked about cannot wait: their
        problems are shown.

        Args:
            problems: at least one.
            preview: nothing is asked.
            before_wait: called once the question is posted, before the run is suspended.

        Raises:
            NobodyAskedError: Slack accepts the question nowhere.
        """
        subject, history = await self._about(), self.history
        if not preview and present_run().deployment_id is not None and worth_asking(problems):
            await _ask(self, subject, problems, before_wait)
        if not preview and history.unclosed(but=None):
            await close(subject, history, ended=" ".join(map(_found, problems)))
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
    """Remove the buttons from the open questions, and show the outcome of each.

    Args:
        subject: of the questions.
        history: what was asked and answered so far.
        but: the question that stays open.
        open_now: the problems of that question.
        cancelled: the answer that cancelled the run.
        ended: why nobody needs to answer any more.
    """
    for question in history.unclosed(but=but):
        try:
            await close_in_slack(subject, history, question, open_now, cancelled, ended=ended)
        except VendorError as error:
            get_run_logger().warning("The question in Slack stays as it is: %s", error)
        await save_input(present_run().id, f"question-{question.number}-closed")
    if but is None:
        await untag_run(WAITING)
    if but is None and subject.page:
        await show_over(subject.page, subject.name, history, ended or _outcome(cancelled))


def _outcome(cancelled: Answer | None) -> str:
    if cancelled:
        return f"{cancelled.who} cancelled it ({cancelled.via}). What was done before stays."
    return "All questions are settled, and the run continues."


async def _ask(
    questions: Questions,
    subject: QuestionSubject,
    problems: Sequence[Problem],
    before_wait: Callable[[], Awaitable[None]],
) -> None:
    """Post the question, unless it is posted, and suspend the run; never returns."""
    run_id, history = present_run().id, questions.history
    question = ask(
        problems,
        history.open,
        now=datetime.now(UTC),
        number=history.highest + 1,
        subject=subject.name,
        record_id=subject.record_id,
        mrr=subject.mrr,
        reviewed=questions.is_reviewed,
    )
    await save_input(run_id, PAGE_KEY, subject.page)
    if question is not history.open:
        await note_question(run_id, question)
        await _keep_messages(history, question)
        history = await load_history(run_id)
    await close(subject, history, but=question, open_now=problems)
    refusal = await _post(subject, history, question, problems)
    now = await load_history(run_id)
    await show_problems(subject.page, subject.name, problems, now, waits=True, reviewed=questions.is_reviewed)
    if refusal:
        await tag_run(WAITING, *subject.records)
        raise NobodyAskedError(str(refusal), problems)
    await before_wait()
    await wait_for_answer(subject, questions.history, question, problems)


async def _post(
    subject: QuestionSubject, history: QuestionHistory, question: Question, problems: Sequence[Problem]
) -> VendorError | None:
    """Post or update the question in Slack; the refusal, if Slack accepts it nowhere.

    If Slack is only unavailable, the run waits all the same: the sweep wakes it until the question is posted.
    """
    try:
        await say_in_slack(subject, history, question, problems)
    except VendorRefused as error:
        return error
    except VendorError as error:
        get_run_logger().warning("The question is not in Slack yet: %s", error)
    return None


def _found(problem: Problem) -> str:
    return problem.sentence or f"{problem.heading} is {problem.found} now."


async def _keep_messages(history: QuestionHistory, question: Question) -> None:
    """Keep the messages of the people for whom nothing changed."""
    if history.open:
        for slug, posted in history.places(history.open.number).items():
            if history.open.same(question.problems, who_of(slug)):
                await note_posted(present_run().id, question.number, slug, posted)
