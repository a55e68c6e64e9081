"""The form of Resume in the dashboard (D-4)."""

from typing import Annotated, Any, Literal

from prefect.input import RunInput
from pydantic import Field, create_model

from rules.questions.questions import Decision, Question
from tasks.questions.history import CHOICE_FIELD, LEAVE_OPEN
from tasks.templates import plain_markdown, render

LONGEST_NAME = 200


def answer_form(question: Question, what: str) -> type[RunInput]:
    """A form with two required fields, which a bare Resume does not fill, and a field for each choice.

    Args:
        question: what is asked.
        what: the procedure: `onboarding`.
    """
    then = ", and goes on as chosen below" if question.to_decide else ""
    decision = Field(
        title="What now?",
        description=f"Check again: the {what} reads the records again{then}. Cancel: nothing more is done for it.",
    )
    name = Field(
        title="Your name",
        description="For the audit, which says that nobody verified it.",
        min_length=1,
        max_length=LONGEST_NAME,
    )
    fields: dict[str, Any] = {
        "decision": Annotated[Literal[Decision.CHECK.value, Decision.CANCEL.value], decision],
        "decided_by": Annotated[str, name],
    }
    for count, problem in enumerate(question.to_decide, 1):
        # A Literal of what is only known now: the labels, as the form's list shows them.
        labels = Literal[(LEAVE_OPEN, *(choice.label for choice in problem.choices))]  # type: ignore[valid-type]
        title = problem.sentence or f"{problem.label}: {problem.found}"
        field = Field(default=LEAVE_OPEN, title=title, description=str(plain_markdown(problem.expected)))
        fields[CHOICE_FIELD.format(count)] = (labels, field)
    form: type[RunInput] = create_model("Answer", __base__=RunInput, **fields)
    description = render("answer_form.md", subject=question.subject, problems=question.problems).strip()
    form._description = description  # noqa: SLF001 - what `RunInput.with_initial_data` sets, without its defaults
    return form
