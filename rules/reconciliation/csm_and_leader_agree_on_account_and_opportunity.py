"""Drift of CSM and team lead on an account and its latest sale (REC-2, CSM-3, CSM-4)."""

from collections.abc import Iterator

from rules.assignment.plan import CSM_NEW, LEADER, LEADER_NEW, MANAGER_NEW, shown
from rules.common.records import Person
from rules.onboarding.welcome import record_of
from rules.reconciliation.client_state import ClientState, LatestSale, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import align_csm
from rules.reconciliation.service import is_served, recent_sale


@sentence("The account's leader is its CSM's team lead, and the latest sale names the same CSM and leader.")
def csm_and_leader_agree_on_account_and_opportunity(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield each field of the account, and of its sale of the last 90 days, that names another user (CSM-3, CSM-4).

    An account without an active CSM is the matter of another sentence.
    """
    csm, sale = state.client.csm, recent_sale(state, standards)
    if csm is None or not csm.is_active or not is_served(state):
        return
    # A CSM's user without an active team lead does not tell who leads: then the account does.
    lead = state.csm_lead or state.client.lead
    yield from _differs(state, f"Account {state.client.id}", LEADER, state.client.lead, lead)
    if sale and _is_assigned(state, sale):
        record = f"Opportunity {sale.id}"
        yield from _differs(state, record, CSM_NEW, sale.csm, csm)
        # Another active user may manage the onboarding: assignments leave it so.
        if sale.onboarding_manager is None or not sale.onboarding_manager.is_active:
            yield from _differs(state, record, MANAGER_NEW, sale.onboarding_manager, csm)
        yield from _differs(state, record, LEADER_NEW, sale.lead, lead)


def _is_assigned(state: ClientState, sale: LatestSale) -> bool:
    """Whether the sale's onboarding has assigned it: Salesforce creates the record once the fields are filled."""
    named = sale.csm or sale.onboarding_manager or sale.lead
    return named is not None or record_of(sale.id, state.onboardings) is not None


def _differs(
    state: ClientState, record: str, field: str, present: Person | None, right: Person | None
) -> Iterator[Offender]:
    if present is None or right is None or present.id != right.id:
        expected = shown(right) or "the team lead of the CSM. Enter them as Manager on the CSM's user first"
        yield Offender(record, field, shown(present) or "nobody", expected, align_csm(state))
