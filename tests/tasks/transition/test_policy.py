"""TRN-3 to TRN-5: what CS Operations set, as the rules take it."""

from decimal import Decimal

from blocks.policy.block import Policy
from rules.transition.communication import SequenceNames
from tasks.transition.policy import sequences_of, thresholds_of
from tests.rules.builders.account_facts import THRESHOLDS


def test_trn_5_by_default_the_thresholds_are_the_decisions():
    assert thresholds_of(Policy()) == THRESHOLDS


def test_trn_5_the_thresholds_are_what_cs_operations_set():
    policy = Policy(
        transition_contract_days=30,
        transition_silent_days=0,
        transition_least_active_percent="12.5",
        transition_risky_health=["Red"],
        transition_mentions_count=False,
    )
    found = thresholds_of(policy)
    assert (found.contract_days, found.silent_days, found.least_active) == (30, 0, Decimal("12.5"))
    assert (found.risky_health, found.mentions_count) == (("Red",), False)


def test_trn_3_trn_4_the_sequences_are_called_as_the_policy_says():
    assert sequences_of(Policy()) == SequenceNames(
        "Account Transition - Automated", "Account Transition - Semi-automated"
    )
