"""A user of a no-welcome client who still has the placeholder address (REC-2, PUB-6)."""

from tests.rules.builders.client_states import (
    client_state,
    ended_state,
    in_account,
    offender,
    offenders,
    placeholder,
    run_of,
    sold,
)
from tests.rules.builders.clients import ACCOUNT_ID

KEY = "no_placeholder_address_is_left"


def test_pub_6_a_placeholder_address_is_named():
    found = offender(client_state(placeholder=placeholder()), KEY)
    assert (found.record, found.field) == ("LMS user u1", "Email Address / Username")
    assert found.found == f"{ACCOUNT_ID.lower()}@no-welcome.invalid"
    assert run_of(found) == ("onboarding/onboarding", {"opportunity_id": sold().id})


def test_pub_6_without_a_sale_no_run_repairs_it():
    assert run_of(offender(client_state(placeholder=placeholder(), sale=None), KEY)) is None


def test_pub_6_during_its_onboarding_a_client_has_the_placeholder():
    state = client_state(placeholder=placeholder())
    assert offenders(in_account(state, lms_company_id=None, cs_status="Onboarding"), KEY) == []


def test_pub_4_a_client_whose_service_ended_is_not_compared():
    assert offenders(ended_state(placeholder=placeholder()), KEY) == []
