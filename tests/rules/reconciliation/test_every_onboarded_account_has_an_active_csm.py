"""An account in service without an active CSM (REC-2, CSM-1 to CSM-3)."""

from dataclasses import replace

import pytest

from tests.rules.builders.client_states import (
    ACCOUNT,
    CSM,
    client_state,
    ended_state,
    in_account,
    in_company,
    named_by,
    offender,
    offenders,
    run_of,
)
from tests.rules.builders.clients import ACCOUNT_ID

KEY = "every_onboarded_account_has_an_active_csm"
GONE = replace(CSM, is_active=False)


@pytest.mark.parametrize(
    ("csm", "shown"), [(None, "nobody"), (GONE, "Cora Wells (005000000000010AAA), who is inactive")]
)
@pytest.mark.parametrize("cs_status", ["Onboarding", "Active", "Churned", None])
def test_csm_1_csm_2_an_account_without_an_active_csm_is_named(cs_status, csm, shown):
    found = offender(client_state(account={"csm": csm, "cs_status": cs_status}), KEY)
    assert (found.record, found.field, found.found) == (ACCOUNT, "Customer Success Manager", shown)
    assert run_of(found) == ("csm-assignment/csm-assignment", {"account_id": ACCOUNT_ID})


@pytest.mark.parametrize(
    "state",
    [
        ended_state(),
        in_account(client_state(companies=(), publications=()), lms_company_id=None, cs_status="Onboarding"),
    ],
    ids=["service ended", "being onboarded"],
)
def test_rec_2_an_account_that_is_not_in_service_needs_none(state):
    assert offenders(in_account(state, csm=None), KEY) == []


def test_rec_2_an_inactive_company_needs_no_csm():
    assert KEY not in named_by(in_company(client_state(account={"csm": None}), status="inactive"))


def test_rec_2_it_is_checked_without_the_lms_too():
    state = client_state(account={"csm": None}, companies=(), publications=(), systems=frozenset())
    assert offenders(state, KEY) == [(ACCOUNT, "Customer Success Manager", "nobody")]
