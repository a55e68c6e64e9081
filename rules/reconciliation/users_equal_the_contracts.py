"""Drift of users, locations and amount of a company in the LMS (REC-2, ONB-6, ONB-8)."""

from collections.abc import Iterator
from dataclasses import replace

from rules.common.records import Company
from rules.common.text import join_names
from rules.contracts.terms import ContractTerms
from rules.onboarding.entitlements import Entitlement, entitlement
from rules.onboarding.signup import money_text
from rules.onboarding.write_back import LOCATION_COUNT, PLAN_AMOUNT, USER_COUNT
from rules.reconciliation.agreed import agreed_terms
from rules.reconciliation.client_state import LMS, ClientState, Standards
from rules.reconciliation.drift import Offender, sentence
from rules.reconciliation.repairs import update_entitlement
from rules.reconciliation.service import served_company


@sentence("Each company has the users, locations and amount of its contracts in force.", needs=(LMS,))
def users_equal_the_contracts(state: ClientState, standards: Standards) -> Iterator[Offender]:
    """Yield each figure that differs from the contracts in force (ONB-6, ONB-8).

    A figure that a person decided to keep is an offender too. More locations than the table says are none.
    """
    company, agreed = served_company(state), agreed_terms(state, standards)
    if company is None or agreed is None:
        return
    entitled = _figures(agreed)
    for field, present, right in _differences(company, entitled, standards.locations(entitled.users)):
        expected = f"{right}, by contract {join_names(entitled.contracts)}"
        yield Offender(f"Company {company.id}", field, present, expected, update_entitlement(state))


def _figures(agreed: ContractTerms) -> Entitlement:
    """Add up the contracts without their modules, so that no permission matrix is needed."""
    return entitlement(replace(agreed, counted=tuple(replace(one, products=()) for one in agreed.counted)), {})


def _differences(company: Company, entitled: Entitlement, locations: int) -> Iterator[tuple[str, str, str]]:
    """Yield label, present and right value of each figure that differs."""
    if company.user_count != entitled.users:
        yield USER_COUNT, str(company.user_count), str(entitled.users)
    if company.location_count < locations:
        yield LOCATION_COUNT, str(company.location_count), f"{locations} or more, for {entitled.users} users"
    present, right = money_text(company.plan_amount), money_text(entitled.plan_amount)
    if present != right:
        yield PLAN_AMOUNT, present, right
