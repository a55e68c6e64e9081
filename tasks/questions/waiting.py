"""Suspend a run until people answer: no process waits, and the run's state says for whom and for what (D-4)."""

from collections.abc import Sequence
from typing import NoReturn

from prefect import State
from prefect.exceptions import Abort, Pause
from prefect.input.run_input import keyset_from_paused_state
from prefect.logging import get_run_logger
from prefect.states import Suspended
from prefect.utilities.engine import propose_state

from blocks.common.errors import VendorError
from rules.common.problems import Problem
from rules.questions.questions import WAITING, Question, waits_for
from tasks.questions.form import answer_form
from tasks.questions.history import QuestionHistory, check_again, load_history
from tasks.questions.subject import QuestionSubject
from tasks.runs.claims import present_run, server, tag_run


async def wait_for_answer(
    subject: QuestionSubject, history: QuestionHistory, question: Question, problems: Sequence[Problem]
) -> NoReturn:
    """Suspend the run, and end its process.

    Prefect's own `suspend_flow_run` does the same, but gives the state no message.

    Raises:
        Pause: the run is suspended.
    """
    run = present_run()
    await tag_run(WAITING, *subject.records)
    message = waits_for(problems, (subject.owner, subject.manager))
    waits: State[None] = Suspended(pause_key=_wait_key(history, question), message=message)
    keyset = keyset_from_paused_state(waits)
    waits.state_details.run_input_keyset = {str(name): key for name, key in keyset.items()}
    state = await propose_state(server(), waits, flow_run_id=run.id)
    if not state.is_paused():
        raise Abort(f"The run cannot wait for people: it is {state.name}.")
    await answer_form(question, subject.what).asave(keyset)
    if not await _nothing_new(subject, history):
        await check_again(run.id)
    raise Pause(message, state=state)


def _wait_key(history: QuestionHistory, question: Question) -> str:
    """A pause key that was never used, in whatever order processes of the run died: Prefect keeps used keys."""
    policy = present_run().empirical_policy
    used = {int(key.rpartition("-")[2]) for key in policy.pause_keys or () if key.rpartition("-")[2].isdigit()}
    return f"question-{question.number}-wait-{max({history.waits, *used}) + 1}"


async def _nothing_new(subject: QuestionSubject, history: QuestionHistory) -> bool:
    """Whether nobody changed or answered anything between our reading and the suspension.

    A later change or answer finds a suspended run, and wakes it.
    """
    try:
        unchanged = await subject.unchanged()
    except VendorError as error:
        get_run_logger().warning("Whether the records changed meanwhile is not known: %s", error)
        unchanged = True
    now = await load_history(present_run().id)
    return unchanged and {answer.key for answer in now.answers} == {answer.key for answer in history.answers}
