"""The welcome e-mail of a customer: sent once, never or again (REC-2, CSM-6, PUB-6)."""

from dataclasses import replace

import pytest

from tests.rules.builders.client_states import (
    STANDARDS,
    client_state,
    ended_state,
    in_account,
    offender,
    offenders,
    onboarded,
    run_of,
    sold,
)
from tests.rules.builders.clients import ACCOUNT_ID
from tests.rules.builders.snapshots import MADE, SECOND_SALE

KEY = "every_welcome_was_sent_once"
FIELD = "Send Onboarding Email"
NEVER = onboarded(send=False, sent_on=None)
NO_WELCOME = replace(STANDARDS, no_welcome=("Harbor",))


def test_csm_6_a_welcome_that_was_never_sent_is_named():
    found = offender(client_state(onboardings=(NEVER,)), KEY)
    assert (found.record, found.field, found.found) == (f"Customer_Onboarding__c {NEVER.id}", FIELD, "not ticked")
    assert run_of(found) == ("csm-assignment/csm-assignment", {"account_id": ACCOUNT_ID})


@pytest.mark.parametrize("sent", [{"sent_on": None}, {"send": False}])
def test_csm_6_the_tick_or_the_date_shows_that_it_was_sent(sent):
    assert offenders(client_state(onboardings=(onboarded(**sent),)), KEY) == []


def test_csm_6_a_welcome_with_an_earlier_sale_is_enough():
    earlier = onboarded(1, SECOND_SALE, -300)
    assert offenders(client_state(onboardings=(earlier, onboarded(2, send=False, sent_on=None))), KEY) == []


def test_csm_6_a_second_welcome_is_for_people():
    found = offender(client_state(onboardings=(onboarded(1), onboarded(2, SECOND_SALE, 3, sent_on=None))), KEY)
    assert found.record == "Customer_Onboarding__c a01000000000002AAA"
    assert found.found == f"sent with {NEVER.id} ({MADE.date()}) and a01000000000002AAA (no date)"
    assert run_of(found) is None


def test_csm_6_of_sales_that_began_together_the_first_sends_the_welcome():
    first = onboarded(1, SECOND_SALE, send=False, sent_on=None)
    found = offender(client_state(onboardings=(first, onboarded(2, days=0.5, send=False, sent_on=None))), KEY)
    assert found.record == f"Customer_Onboarding__c {first.id}"
    assert run_of(found) is None
    assert "tick the record by hand" in found.expected


def test_csm_6_of_sales_that_began_apart_the_latest_sends_the_welcome():
    first = onboarded(1, SECOND_SALE, -2, send=False, sent_on=None)
    found = offender(client_state(onboardings=(first, onboarded(2, send=False, sent_on=None))), KEY)
    assert found.record == "Customer_Onboarding__c a01000000000002AAA"
    assert run_of(found) is not None


def test_csm_6_the_welcome_of_an_old_sale_is_for_people():
    assert run_of(offender(client_state(sale=sold(-90), onboardings=(NEVER,)), KEY)) is not None
    assert run_of(offender(client_state(sale=sold(-91), onboardings=(NEVER,)), KEY)) is None


def test_pub_6_a_no_welcome_client_gets_none():
    assert offenders(client_state(onboardings=(NEVER,)), KEY, NO_WELCOME) == []


def test_pub_6_a_tick_that_a_person_set_for_a_no_welcome_client_is_kept():
    assert offenders(client_state(), KEY, NO_WELCOME) == []


@pytest.mark.parametrize(
    "changes",
    [{"onboardings": ()}, {"onboardings": (), "sale": None}, {"onboardings": (replace(NEVER, opportunity_id=None),)}],
    ids=["no record", "no sale", "the record of no sale"],
)
def test_csm_6_a_customer_without_a_record_of_its_sale_was_set_up_by_hand(changes):
    assert offenders(client_state(**changes), KEY) == []


@pytest.mark.parametrize(
    "state",
    [ended_state(), in_account(client_state(), cs_status="Onboarding", lms_company_id=None)],
    ids=["service ended", "being onboarded"],
)
def test_rec_2_a_client_that_is_not_in_service_is_not_compared(state):
    assert offenders(replace(state, onboardings=(NEVER,)), KEY) == []
