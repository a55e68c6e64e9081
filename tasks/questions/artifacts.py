"""The artifact *Waiting for people*, and the audit's line for every answer."""

from collections.abc import Callable, Sequence
from datetime import datetime

from blocks.salesforce.block import SalesforceOrg
from rules.common.problems import Problem, unreported
from rules.questions.questions import DASHBOARD, Answer
from tasks.core.artifacts import show_page, shown_now
from tasks.core.connections import connection
from tasks.core.effects import Effect, record_effects
from tasks.core.policy import load_policy
from tasks.core.steps import read_task
from tasks.questions.history import QuestionHistory
from tasks.runs.claims import page, present_run
from tasks.templates import render

HEADING = "# Waiting for people"
"""The beginning of the artifact."""
LONG_ID = 18
"""The characters of a Salesforce id; ids of other systems are shorter."""
_SYSTEMS = {"Slack": "Slack", DASHBOARD: "Prefect", "Salesforce": "Salesforce"}


@read_task("List the problems of {name}")
async def show_problems(
    key: str, name: str, problems: Sequence[Problem], history: QuestionHistory, *, waits: bool, reviewed: bool
) -> None:
    """Show everything that people must settle, with a link to each record, the questions and the answers.

    Args:
        key: of the artifact.
        name: of the subject.
        problems: as they are now.
        history: what was asked and answered so far.
        waits: the run continues by itself; otherwise somebody presses Retry.
        reviewed: the records were in order, and some of the work is done.
    """
    asked = [(question, ", ".join(history.places(question.number))) for question in history.questions]
    text = render(
        "problems.md",
        name=name,
        problems=await with_links(problems),
        candidates=[choice for problem in problems for choice in problem.choices if choice.page],
        reported=any(problem.is_reported for problem in problems),
        unreported=unreported(problems),
        local=await _local_time(),
        asked=asked,
        answers=history.answers,
        waits=waits,
        reviewed=reviewed,
    )
    await show_page(
        text,
        key=key,
        description=f"{name}: waiting for people",
    )


@read_task("Show that {name} no longer waits for people")
async def show_over(key: str, name: str, history: QuestionHistory, outcome: str) -> None:
    """Replace the artifact *Waiting for people* when nothing waits any more; a report under the same key stays.

    Args:
        key: of the artifact.
        name: of the subject.
        history: what was asked and answered so far.
        outcome: a sentence.
    """
    if not (await shown_now(key)).startswith(HEADING):
        return
    text = render(
        "problems_over.md",
        name=name,
        outcome=outcome,
        run_url=page(present_run().id),
        asked=[(question, ", ".join(history.places(question.number))) for question in history.questions],
        answers=history.answers,
        local=await _local_time(),
    )
    await show_page(text, key=key, description=f"{name}: no longer waiting for people")


async def _local_time() -> Callable[[datetime], str]:
    """A function that shows a moment in the time zone of the org."""
    zone = (await load_policy()).time_zone
    return lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


async def with_links(problems: Sequence[Problem]) -> list[tuple[Problem, str]]:
    """Each problem with the address where to look at it; "" for none."""
    links = await record_links(problems) if problems else {}
    return [(problem, problem.page or links.get(problem.record_id, "")) for problem in problems]


async def record_links(problems: Sequence[Problem]) -> dict[str, str]:
    """The pages in Salesforce of the records with problems, by id; records of other systems have none."""
    org, ids = await connection(SalesforceOrg), {problem.record_id for problem in problems}
    return {record_id: org.record_url(record_id) for record_id in ids if len(record_id) == LONG_ID}


def record_answers(name: str, answers: Sequence[Answer]) -> None:
    """Add every answer to the audit: who, when, what (D-11)."""
    record_effects(_line(name, answer) for answer in answers)


def _line(name: str, answer: Answer) -> Effect:
    chosen = f" {answer.topic} = {answer.choice}" if answer.choice else ""
    return Effect(
        at=answer.at.isoformat(timespec="seconds"),
        system=_SYSTEMS.get(answer.via, answer.via),
        record=f"Answer {answer.key[-8:]} about {name}",
        field="Answer",
        before="",
        after=f"{answer.who}: {answer.decision.value}{chosen}",
        rule="PUB-7",
        note="",
    )
