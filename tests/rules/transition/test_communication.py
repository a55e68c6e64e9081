"""TRN-3 to TRN-5: told by a sequence, by a sequence that somebody reads first, or by a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.transition.communication import CommunicationPlan, Route, SequenceNames, communication_plan
from rules.transition.health import Category, Health, HealthReason, health
from rules.transition.rows import COLUMNS, TRANSFER, Row, RowFault, Transfer, parse_rows
from tests.rules.builders.account_facts import THRESHOLDS, TODAY, accounts


def row(transfer: str) -> Row:
    cells = dict(zip(COLUMNS, ("Harbor Clinic", "Kim Roe", "Leave", "", transfer, ""), strict=True))
    (one,), _ = parse_rows([(4, cells)], TODAY)
    return one


def of(category):
    reasons = () if category is Category.HEALTHY else (HealthReason(category, "TRN-4", "a task is pending"),)
    return Health(category, reasons)


EXPECTED = {
    (Transfer.DECIDE, Category.HEALTHY): Route.AUTOMATED,
    (Transfer.DECIDE, Category.OPEN_BUSINESS): Route.SEMI_AUTOMATED,
    (Transfer.DECIDE, Category.AT_RISK): Route.MANUAL,
    (Transfer.DECIDE, Category.ESCALATED): Route.MANUAL,
    (Transfer.AUTOMATED, Category.HEALTHY): Route.AUTOMATED,
    (Transfer.AUTOMATED, Category.OPEN_BUSINESS): Route.SEMI_AUTOMATED,
    **{(Transfer.MANUAL, category): Route.MANUAL for category in Category},
}


@pytest.mark.parametrize(("wanted", "route"), EXPECTED.items())
def test_trn_3_trn_4_trn_5_the_route_is_the_state_s_or_the_team_lead_s_more_careful_one(wanted, route):
    transfer, category = wanted
    found = communication_plan(row(transfer), "Harbor Clinic", of(category))
    assert isinstance(found, CommunicationPlan)
    assert found.route is route
    assert found.why


@pytest.mark.parametrize("category", [Category.AT_RISK, Category.ESCALATED])
def test_trn_5_an_account_at_risk_is_never_told_by_itself(category):
    assert communication_plan(row("Automated"), "Harbor Clinic", of(category)) == RowFault(
        4,
        TRANSFER,
        f"Harbor Clinic is {category}: a task is pending. An automated transfer is not possible. "
        "Choose Manual or Let the system decide.",
    )


def test_trn_4_a_team_lead_who_chose_automated_is_told_why_it_is_not():
    found = communication_plan(row("Automated"), "Harbor Clinic", of(Category.OPEN_BUSINESS))
    assert isinstance(found, CommunicationPlan)
    assert found.why == (
        "Open business: a task is pending (TRN-4). "
        "The team lead chose Automated: a person still reads each e-mail before it is sent."
    )


@given(accounts(), st.sampled_from(Transfer))
def test_every_account_has_a_route_and_only_a_healthy_one_is_told_by_itself(facts, transfer):
    stands = health(facts, TODAY, THRESHOLDS)
    found = communication_plan(row(transfer), facts.name, stands)
    is_refused = transfer is Transfer.AUTOMATED and stands.category in (Category.AT_RISK, Category.ESCALATED)
    assert isinstance(found, RowFault) == is_refused
    assert is_refused or found.route is not Route.AUTOMATED or stands.category is Category.HEALTHY


def test_trn_3_trn_4_a_manual_transfer_has_no_sequence():
    names = SequenceNames("Hello", "Hello, once read")
    assert [names.of(route) for route in Route] == ["Hello", "Hello, once read", None]
