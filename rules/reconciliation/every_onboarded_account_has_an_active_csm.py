"""Drift of the CSM of an account (REC-2, CSM-1 to CSM-3)."""

from collections.abc import Iterator

from rules.assignment.plan import CSM, shown
from rules.reconciliation.client_state import ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import assign_csm
from rules.reconciliation.service import is_served


@sentence("Every onboarded account has an active CSM.")
def every_onboarded_account_has_an_active_csm(state: ClientState, _standards: Standards) -> Iterator[Offender]:
    """Yield an account in service without a CSM, or whose CSM may not log in any more (CSM-1, CSM-2, CSM-3)."""
    csm = state.client.csm
    if is_served(state) and (csm is None or not csm.is_active):
        found = f"{shown(csm)}, who is inactive" if csm else "nobody"
        yield Offender(f"Account {state.client.id}", CSM, found, "an active CSM", assign_csm(state))
