"""Whatever the records are: what a flow leaves is drift only where people must decide (REC-2)."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rules.contracts.deactivation import deactivation
from rules.contracts.terms import terms
from rules.onboarding.entitlements import AS_AGREED, entitlement, target
from rules.reconciliation.drift import drift_of
from tests.rules.builders.any_client_states import served_clients
from tests.rules.builders.client_states import MATRIX, STANDARDS, client_state, in_company, named_by
from tests.rules.builders.clients import TODAY, applied, clients, companies, publications, stand, subscriptions

ABOUT_THE_END = {"no_company_is_active_after_its_last_day", "no_company_is_inactive_before_its_last_day"}


@given(clients(), companies(), publications(), subscriptions())
def test_pub_4_pub_5_after_a_deactivation_only_an_early_end_of_people_is_named(whose, lms, issues, billed):
    """What is named is off, or marked as off, by people while its contract is in force."""
    todo = deactivation(whose, stand(whose), lms, issues, billed)
    whose, lms, issues = applied(todo, whose, lms, issues)
    state = replace(
        client_state(),
        client=whose,
        companies=(lms,) if lms else (),
        publications=tuple(issues),
        subscriptions=tuple(billed),
    )
    for one in (one for one in drift_of(state, STANDARDS) if one.sentence in ABOUT_THE_END):
        assert one.sentence == "no_company_is_inactive_before_its_last_day"
        assert lms.status == "inactive" or whose.cs_status == "Deactivated"
        assert any(contract.covers(TODAY) for contract in whose.signed) or stand(whose).last_day >= TODAY


@given(served_clients(), st.integers(1, 900), st.integers(1, 40), st.integers(0, 9_000))
def test_onb_6_onb_8_after_the_contracts_were_applied_no_figure_is_named(state, users, locations, amount):
    state = in_company(state, user_count=users, location_count=locations, plan_amount=Decimal(amount))
    (company,) = state.companies
    agreed = entitlement(terms(state.client.agreements, TODAY, {}), MATRIX)
    chosen = {f"{figure} of company {company.id}": AS_AGREED for figure in ("User Count", "Plan Amount")}
    right = target(company, agreed, chosen, STANDARDS.locations)
    after = in_company(
        state,
        user_count=right.users,
        location_count=right.locations,
        plan_amount=right.plan_amount,
        modules=right.modules,
    )
    assert named_by(after) == set()
