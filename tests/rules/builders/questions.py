"""Problems, questions and answers as a sale brings them, and ways to make more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.common.problems import Choice, Problem, Responsible
from rules.questions.questions import Answer, Decision, Question
from tests.rules.builders.csms import LEAD
from tests.rules.builders.sales import CONTRACT_ID, OPPORTUNITY_ID

ASKED = datetime(2026, 6, 12, 19, tzinfo=UTC)
"""A Friday, three in the afternoon in New York."""
MINUTE = timedelta(minutes=1)
LEARNING, NOTHING = Choice("Learning", "Modules of Learning"), Choice("-", "No modules for Telehealth")


def problem(field: str = "User Count", **fields) -> Problem:
    """A problem of the contract that sales put right."""
    usual = Problem(Responsible.SALES, "Contract", CONTRACT_ID, field, "empty", "Enter what was agreed.", "ONB-6")
    return replace(usual, **fields)


def unknown(product: str = "Telehealth", choices: tuple[Choice, ...] = (LEARNING, NOTHING), **fields) -> Problem:
    """A product that the matrix lacks: CS Operations repair it, or choose."""
    told = {"who": Responsible.CS_OPS, "found": product, "rule": "ONB-13", "topic": f"product {product.casefold()}"}
    return problem("Products", **{**told, "choices": choices, **fields})


def question(*problems: Problem, number: int = 1, **fields) -> Question:
    """What was asked, with nobody asked before."""
    usual = Question(number, ASKED, ASKED, "Harbor Clinic", OPPORTUNITY_ID, Decimal(1250), problems or (problem(),))
    return replace(usual, **fields)


def chosen(value: str, minutes: int = 0, topic: str = "product telehealth", **fields) -> Answer:
    """What CS Operations chose by a button, so long after the question."""
    at = ASKED + minutes * MINUTE
    usual = Answer(f"answer-{minutes:x}", "dana.ops", "Slack", at, Decision.CHOOSE, topic, value)
    return replace(usual, **fields)


few = st.sampled_from(["a", "b"])
_offered = st.builds(lambda value: Choice(value, f"Like {value}"), few)
_matters = st.builds(
    Problem,
    st.sampled_from(Responsible),
    few,
    few,
    few,
    st.text(max_size=5),
    st.text(max_size=5),
    few,
    few,
    st.lists(_offered, unique=True, max_size=2).map(tuple),
    st.sampled_from([(), (LEAD,)]),
)
some_problems = st.lists(_matters, min_size=1, max_size=6, unique_by=lambda one: one.identity).map(tuple)
"""Problems of one review: each is about something else."""
