"""Whatever the contracts and the LMS say: in line afterwards, nothing listed is ended (PUB-2 to PUB-5)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rules.common.text import normalize
from rules.publications.listing import listing
from tests.rules.builders.publication_clients import (
    DAY,
    TODAY,
    agreement,
    agreements,
    applied,
    client,
    clients,
    lms,
    planned,
)


def all_ended(whose, there):
    """The plan once sales have said of everything they are asked about that it has ended."""
    chosen = {}
    while (plan := planned(whose, *there, chosen=chosen)).problems:
        chosen |= {problem.topic: "ended" for problem in plan.problems}
    return plan


@given(clients(), lms())
def test_pub_5_after_a_plan_was_carried_out_nothing_is_left_to_do(whose, there):
    plan = all_ended(whose, there)
    after = applied(plan, there)
    again = planned(whose, *after)
    assert (again.steps, again.problems) == ((), ())


@given(clients(), lms())
def test_pub_3_nothing_that_a_contract_in_force_lists_is_ever_deactivated(whose, there):
    plan = all_ended(whose, there)
    in_force = {
        normalize(name) for one in whose.agreements if one.is_signed and one.covers(TODAY) for name in one.publications
    }
    ended = {normalize(step.name) for step in plan.steps if step.action == "deactivate"}
    assert not ended & in_force
    after = {normalize(one.name) for one in applied(plan, there) if one.status != "inactive"}
    assert in_force <= after


@given(clients(), lms())
def test_pub_4_nothing_happens_while_no_signed_contract_is_in_force(whose, there):
    over = replace(whose, agreements=tuple(replace(one, end=TODAY - DAY) for one in whose.agreements))
    plan = planned(over, *there)
    assert (plan.steps, plan.problems) == ((), ())


@given(clients(), lms(), st.randoms())
def test_the_order_in_which_contracts_and_publications_are_read_makes_no_difference(whose, there, random):
    shuffled, mixed = list(whose.agreements), list(there)
    random.shuffle(shuffled)
    random.shuffle(mixed)
    assert planned(whose, *there) == planned(replace(whose, agreements=tuple(shuffled)), *mixed)


@given(agreements(1), st.lists(st.sampled_from(["North", "South", "north "]), max_size=6))
def test_pub_2_repeating_lines_changes_nothing(one, more):
    once, often = (
        listing(client(replace(one, status="Activated", start=None, end=None, publications=names)), TODAY)
        for names in (("North", "South"), ("North", "South", *more))
    )
    assert [(two.name, two.details, two.until) for two in often.names.values()] == [
        (two.name, two.details, two.until) for two in once.names.values()
    ]


def test_pub_2_a_thousand_lines_are_a_thousand_publications():
    plan = planned(client(agreement(*(f"Clinic {number}" for number in range(1000)))))
    assert len(plan.steps) == len(plan.lines) == 1000
