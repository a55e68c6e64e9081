"""The policy's numbers for the reconciliation: what may be set, and what the rules make of it."""

import pytest
from pydantic import ValidationError

from blocks.policy.block import Policy
from tasks.core.policy import load_policy

NUMBERS = {
    "reconciliation_days": (14, 1, 90),
    "reconciliation_max_started": (20, 0, None),
    "reconciliation_max_repairs": (25, 0, None),
    "reconciliation_api_percent": (70, 1, 100),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_rec_1_rec_2_a_policy_that_was_stored_without_the_number_has_the_default(name):
    stored = Policy().model_dump(mode="json")
    del stored["reconciliation"][name]
    assert getattr(Policy.model_validate(stored), name) == NUMBERS[name][0]


@pytest.mark.parametrize(
    ("name", "number"), [(name, one) for name, (_, *ends) in NUMBERS.items() for one in ends if one is not None]
)
def test_rec_1_rec_2_the_first_and_the_last_number_may_be_set(name, number):
    assert getattr(Policy(**{name: number}), name) == number


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("reconciliation_days", 0),
        ("reconciliation_days", 91),
        ("reconciliation_max_started", -1),
        ("reconciliation_max_repairs", -1),
        ("reconciliation_api_percent", 0),
        ("reconciliation_api_percent", 101),
    ],
)
def test_rec_1_rec_2_a_number_outside_the_bounds_is_refused(name, number):
    with pytest.raises(ValidationError, match="than or equal to"):
        Policy(**{name: number})


@pytest.mark.flows
async def test_rec_1_rec_2_the_rules_get_the_numbers_that_were_set(override):
    set_by_cs_operations = {name: number + 1 for name, (number, *_) in NUMBERS.items()}
    await override("lifecycle-policy", **set_by_cs_operations)
    taken = await load_policy()
    assert {name: getattr(taken, name) for name in NUMBERS} == set_by_cs_operations
