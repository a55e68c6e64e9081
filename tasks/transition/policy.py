"""The values of the policy block that the rules of the account transition use (D-10)."""

from datetime import timedelta

from blocks.policy.block import Policy
from rules.transition.communication import SequenceNames
from rules.transition.health import Thresholds
from rules.transition.plan import TransitionTerms
from rules.transition.waves import Pace
from tasks.core.connections import connection


def thresholds_of(policy: Policy) -> Thresholds:
    """The thresholds of accounts at risk (TRN-5)."""
    return Thresholds(
        contract_days=policy.transition_contract_days,
        silent_days=policy.transition_silent_days,
        least_active=policy.transition_least_active_percent,
        risky_health=tuple(policy.transition_risky_health),
        mentions_count=policy.transition_mentions_count,
    )


def sequences_of(policy: Policy) -> SequenceNames:
    """The Outreach sequences of the routes that have one (TRN-3, TRN-4)."""
    return SequenceNames(policy.transition_automated_sequence, policy.transition_semi_automated_sequence)


async def transition_terms() -> TransitionTerms:
    """The terms of a move, from the present policy block."""
    return terms_of(await connection(Policy))


def terms_of(policy: Policy) -> TransitionTerms:
    """The terms of a move (TRN-5, TRN-10)."""
    return TransitionTerms(
        thresholds=thresholds_of(policy),
        credit=timedelta(days=policy.transition_credit_days),
        renewal=timedelta(days=policy.transition_renewal_days),
    )


async def transition_pace() -> Pace:
    """The number of accounts in a wave, the number that move at once, and the percentage that may fail."""
    policy = await connection(Policy)
    return Pace(policy.transition_wave, policy.transition_at_once, policy.transition_most_failed_percent)
