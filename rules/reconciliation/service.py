"""Whether a client is in service, and its company in the LMS, for the sentences about drift (REC-2)."""

from datetime import timedelta

from rules.common.records import INACTIVE, Company
from rules.contracts.reactivation import DEACTIVATED
from rules.reconciliation.client_state import ClientState, LatestSale, Standards

RECENT = timedelta(days=90)
"""The age up to which a sale follows the account's CSM."""


def is_served(state: ClientState) -> bool:
    """Whether the client is set up and in service; every sentence but those about the end of service needs it.

    Without the LMS, the account alone decides. An onboarding leaves CS Status as it is, so it may be empty.
    """
    client, company = state.client, state.company
    is_off = company is not None and company.status == INACTIVE
    return bool(client.lms_company_id) and client.cs_status != DEACTIVATED and not is_off


def served_company(state: ClientState) -> Company | None:
    """The company of a client in service; None unless the LMS has exactly the one that the account names."""
    company = state.company
    return company if company and is_served(state) and company.id == state.client.lms_company_id else None


def recent_sale(state: ClientState, standards: Standards) -> LatestSale | None:
    """The latest sale if it was closed within the last 90 days."""
    sale = state.sale
    return sale if sale and standards.today - sale.closed <= RECENT else None
