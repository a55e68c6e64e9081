"""Drift of the LMS company id on an account (REC-2, ONB-11)."""

from collections.abc import Iterator

from rules.common.text import join_names
from rules.contracts.reactivation import DEACTIVATED
from rules.contracts.terms import in_force
from rules.onboarding.write_back import LMS_COMPANY_ID
from rules.reconciliation.client_state import LMS, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import onboard_again


@sentence("Every active account has one company in the LMS, and its id.", needs=(LMS,))
def every_active_account_has_one_lms_company(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield an account without a company, with several, or with the id of another one (ONB-11)."""
    if not _is_compared(state, standards):
        return
    company_id, there = state.client.lms_company_id or "", [company.id for company in state.companies]
    if there == [company_id]:
        return
    expected, repair = "the id of its company in the LMS", onboard_again(state)
    if len(there) == 1:
        expected = f"{there[0]}, the company of this account in the LMS"
    elif there:
        expected, repair = "one company. In the LMS, keep one and give the others no account id", None
    yield Offender(f"Account {state.client.id}", LMS_COMPANY_ID, _found(company_id, there), expected, repair)


def _is_compared(state: ClientState, standards: Standards) -> bool:
    """Whether the client must have a company.

    Without an id, an account that is not active is being onboarded. One without a contract in force for a product that
    is set up needs no company: Credentialing Service alone has none (ONB-2).
    """
    client = state.client
    if client.lms_company_id:
        return client.cs_status != DEACTIVATED
    return client.cs_status == "Active" and bool(state.companies or in_force(client.agreements, standards.today))


def _found(company_id: str, there: list[str]) -> str:
    named = company_id or "empty"
    if len(there) > 1:
        return f"{named}, and the LMS has {join_names(there)} for this account"
    return f"{named}, which the LMS does not have for this account" if company_id else named
