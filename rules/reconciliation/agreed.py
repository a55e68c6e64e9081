"""The contracts in force with which a company in the LMS is compared (REC-2)."""

from rules.contracts.terms import ContractTerms, terms
from rules.onboarding.permissions import products
from rules.onboarding.terms_review import terms_problems
from rules.reconciliation.client_state import ClientState, Standards


def agreed_terms(state: ClientState, standards: Standards) -> ContractTerms | None:
    """The contracts in force today (ONB-6, ONB-13).

    None without one, and while people must settle something first: a missing figure, an unknown product, or whether a
    contract adds or replaces. The runs of the client ask about these, and change nothing until then.
    """
    found = terms(state.client.agreements, standards.today, {})
    known = None if standards.matrix is None else products(standards.matrix)
    return None if not found.counted or terms_problems(found, known, reviewed=False) else found
