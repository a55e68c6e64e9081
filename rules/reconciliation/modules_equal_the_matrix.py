"""Drift of the modules of a company in the LMS (REC-2, ONB-13)."""

from collections.abc import Iterator

from rules.common.text import join_names
from rules.onboarding.entitlements import entitlement
from rules.onboarding.write_back import MODULES
from rules.reconciliation.agreed import agreed_terms
from rules.reconciliation.client_state import LMS, MATRIX, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import update_entitlement
from rules.reconciliation.service import served_company


@sentence("Each company has the modules of its contracts in force, by the permission matrix.", needs=(LMS, MATRIX))
def modules_equal_the_matrix(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield a company that lacks a module, or has one that no contract in force gives (ONB-13)."""
    company, agreed = served_company(state), agreed_terms(state, standards)
    if company is None or agreed is None or standards.matrix is None:
        return
    entitled = entitlement(agreed, standards.matrix)
    present, right = set(company.modules), set(entitled.modules)
    if present != right:
        by = join_names(entitled.contracts)
        expected = f"{_listed(right)}, by contract {by} (missing: {_listed(right - present)}; too many: "
        expected += f"{_listed(present - right)})"
        yield Offender(f"Company {company.id}", MODULES, _listed(present), expected, update_entitlement(state))


def _listed(modules: set[str]) -> str:
    return ", ".join(sorted(modules)) or "none"
