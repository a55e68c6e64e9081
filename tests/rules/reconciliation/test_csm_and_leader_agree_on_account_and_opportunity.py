"""CSM and team lead on an account and its latest sale (REC-2, CSM-3, CSM-4)."""

from dataclasses import replace

import pytest

from tests.rules.builders.client_states import (
    ACCOUNT,
    CSM,
    OTHER_CSM,
    OTHER_LEAD,
    SALE,
    client_state,
    ended_state,
    in_account,
    named_by,
    offender,
    offenders,
    run_of,
    sold,
)
from tests.rules.builders.clients import ACCOUNT_ID

KEY = "csm_and_leader_agree_on_account_and_opportunity"
LEADER = "Customer Success Manager Leader"
BARE = sold(csm=None, onboarding_manager=None, lead=None)


@pytest.mark.parametrize(("lead", "shown"), [(None, "nobody"), (OTHER_LEAD, "Otto Lead (005000000000021AAA)")])
def test_csm_3_another_leader_than_that_of_the_csm_is_named(lead, shown):
    found = offender(client_state(account={"lead": lead}), KEY)
    assert (found.record, found.field, found.found) == (ACCOUNT, LEADER, shown)
    assert found.expected == "Lea Stone (005000000000020AAA)"
    assert run_of(found) == ("csm-assignment/csm-assignment", {"account_id": ACCOUNT_ID, "align": True})


@pytest.mark.parametrize(
    ("field", "label", "user"),
    [
        ("csm", "Customer Success Manager (NEW)", OTHER_CSM),
        ("onboarding_manager", "Customer Onboarding Manager (NEW)", replace(OTHER_CSM, is_active=False)),
        ("lead", "Customer Success Manager Leader (NEW)", OTHER_LEAD),
    ],
)
def test_csm_4_another_user_on_the_latest_sale_is_named(field, label, user):
    found = offender(client_state(sale=sold(**{field: user})), KEY)
    assert (found.record, found.field) == (SALE, label)
    assert found.found == f"{user.name} ({user.id})"
    assert found.expected.startswith("Lea Stone" if field == "lead" else "Cora Wells")
    assert offenders(client_state(sale=sold(**{field: None})), KEY) == [(SALE, label, "nobody")]


def test_csm_4_another_active_user_may_manage_the_onboarding():
    assert offenders(client_state(sale=sold(onboarding_manager=OTHER_CSM)), KEY) == []


def test_csm_4_a_sale_of_90_days_ago_is_compared_and_an_older_one_is_not():
    assert offenders(client_state(sale=sold(-90, csm=OTHER_CSM)), KEY) != []
    assert offenders(client_state(sale=sold(-91, csm=OTHER_CSM)), KEY) == []
    assert offenders(client_state(sale=None), KEY) == []


def test_csm_4_a_sale_whose_onboarding_has_not_assigned_it_yet_is_not_compared():
    assert offenders(client_state(sale=BARE, onboardings=()), KEY) == []


def test_csm_5_a_sale_with_its_onboarding_record_was_assigned():
    assert len(offenders(client_state(sale=BARE), KEY)) == 3


@pytest.mark.parametrize("csm", [None, replace(CSM, is_active=False)])
def test_rec_2_without_an_active_csm_nothing_is_compared(csm):
    assert KEY not in named_by(client_state(account={"csm": csm, "lead": OTHER_LEAD}))


def test_csm_3_without_an_active_team_lead_of_the_csm_the_leader_of_the_account_counts():
    state = client_state(csm_lead=None)
    assert offenders(state, KEY) == []
    assert offenders(replace(state, sale=sold(lead=OTHER_LEAD)), KEY) != []


def test_csm_3_without_any_leader_the_csms_user_must_name_one():
    state = client_state(account={"lead": None}, csm_lead=None, sale=None)
    found = offender(state, KEY)
    assert (found.record, found.field, found.found) == (ACCOUNT, LEADER, "nobody")
    assert "Enter them as Manager on the CSM's user" in found.expected


def test_rec_2_an_account_whose_service_ended_is_not_compared():
    assert offenders(in_account(ended_state(), lead=OTHER_LEAD), KEY) == []
