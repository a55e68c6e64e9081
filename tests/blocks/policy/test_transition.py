"""TRN-3 to TRN-6: what CS Operations may tune of the account transition."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from blocks.policy.block import Policy
from blocks.policy.sections import SECTIONS


def test_trn_5_by_default_an_account_is_at_risk_90_days_before_its_end_after_60_silent_ones_and_half_unused():
    policy = Policy()
    assert (policy.transition_contract_days, policy.transition_silent_days) == (90, 60)
    assert policy.transition_least_active_percent == Decimal(50)
    assert (policy.transition_risky_health, policy.transition_mentions_count) == (["At Risk", "Watch"], True)
    assert policy.transition_look_back_days == 365


def test_trn_3_trn_4_by_default_the_sequences_are_the_two_of_the_procedure():
    policy = Policy()
    assert policy.transition_automated_sequence == "Account Transition - Automated"
    assert policy.transition_semi_automated_sequence == "Account Transition - Semi-automated"


@pytest.mark.parametrize(
    "off", ["transition_contract_days", "transition_silent_days", "transition_least_active_percent"]
)
def test_trn_5_a_threshold_may_be_switched_off(off):
    assert getattr(Policy(**{off: 0}), off) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"transition_contract_days": -1}, "greater than or equal to 0"),
        ({"transition_contract_days": 731}, "less than or equal to 730"),
        ({"transition_silent_days": -1}, "greater than or equal to 0"),
        ({"transition_silent_days": 731}, "less than or equal to 730"),
        ({"transition_least_active_percent": "100.1"}, "less than or equal to 100"),
        ({"transition_least_active_percent": "-0.1"}, "greater than or equal to 0"),
        ({"transition_look_back_days": 0}, "greater than or equal to 1"),
        ({"transition_look_back_days": 3651}, "less than or equal to 3650"),
        ({"transition_automated_sequence": ""}, "at least 1 character"),
        ({"transition_semi_automated_sequence": ""}, "at least 1 character"),
    ],
)
def test_trn_5_a_wrong_setting_is_told_in_words_for_its_editor(changes, words):
    with pytest.raises(ValidationError, match=words):
        Policy(**changes)


def test_trn_5_every_setting_of_the_transition_has_a_title_and_a_description():
    fields = SECTIONS["transition"].model_fields.values()
    assert fields
    assert all(field.title and field.description for field in fields)
