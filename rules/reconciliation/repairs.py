"""The runs that repair drift: each of the procedure that owns the record (REC-2)."""

from rules.reconciliation.client_state import ClientState
from rules.reconciliation.drift import Repair


def onboard_again(state: ClientState) -> Repair | None:
    """The onboarding of the account's latest sale, which does what is not done; None without a sale."""
    return Repair("onboarding/onboarding", {"opportunity_id": state.sale.id}) if state.sale else None


def update_end_of_service(state: ClientState) -> Repair:
    """The end of service, from the account's contracts."""
    return Repair("deactivation/deactivate-account", {"account_id": state.client.id})


def update_publications(state: ClientState) -> Repair:
    """The publications, from the account's contracts."""
    return Repair("publications/publications", {"account_id": state.client.id})


def update_entitlement(state: ClientState) -> Repair:
    """Users, locations, amount and modules of the LMS company, from the account's contracts."""
    return Repair("entitlement/entitlement", {"account_id": state.client.id})


def assign_csm(state: ClientState) -> Repair:
    """A CSM for an account without an active one; the welcome e-mail, where it was never sent."""
    return Repair("csm-assignment/csm-assignment", {"account_id": state.client.id})


def align_csm(state: ClientState) -> Repair:
    """The account's CSM and their team lead, on account and sale."""
    return Repair("csm-assignment/csm-assignment", {"account_id": state.client.id, "align": True})


def align_outreach(state: ClientState) -> Repair:
    """The account's CSM as owner and sender in Outreach."""
    return Repair("account-transition/outreach", {"account_id": state.client.id})
