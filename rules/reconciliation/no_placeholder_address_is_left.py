"""Drift of the address of a super admin who was signed up with a placeholder (REC-2, PUB-6)."""

from collections.abc import Iterator

from rules.onboarding.write_back import EMAIL
from rules.reconciliation.client_state import LMS, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import onboard_again
from rules.reconciliation.service import is_served


@sentence("No user in the LMS has a placeholder address.", needs=(LMS,))
def no_placeholder_address_is_left(state: ClientState, _standards: Standards) -> Iterator[Offender]:
    """Yield the user of an onboarded account who still has its placeholder address (PUB-6)."""
    user = state.placeholder
    if user and is_served(state):
        expected = "the address of the sale's primary contact"
        yield Offender(f"LMS user {user.id}", EMAIL, user.email, expected, onboard_again(state))
