"""The sender of an account's open sequences in Outreach (REC-2, TRN-10)."""

from dataclasses import replace

import pytest

from tests.rules.builders.client_states import (
    CSM,
    client_state,
    ended_state,
    named_by,
    offender,
    offenders,
    run_of,
    sequence,
)
from tests.rules.builders.clients import ACCOUNT_ID

KEY = "open_outreach_sequences_have_the_current_owner"
FIELD = "Mailbox of Account Transition - Automated"
OTHERS = (sequence("nils@cs.example"),)


@pytest.mark.parametrize(
    ("sender", "shown"), [("nils@cs.example", "nils@cs.example"), ("", "a mailbox without a user")]
)
def test_trn_10_a_sequence_that_another_mailbox_sends_is_named(sender, shown):
    found = offender(client_state(sequences=(sequence(), sequence(sender, prospect=52))), KEY)
    assert (found.record, found.field, found.found) == ("Prospect 52", FIELD, shown)
    assert found.expected == "cora@cs.example, of Cora Wells"
    assert run_of(found) == ("account-transition/outreach", {"account_id": ACCOUNT_ID})


def test_trn_10_each_sequence_of_a_prospect_is_named_apart():
    more = (*OTHERS, sequence("nils@cs.example", sequence="Account Transition - Manual 1"))
    fields = [field for _, field, _ in offenders(client_state(sequences=more), KEY)]
    assert fields == [FIELD, "Mailbox of Account Transition - Manual 1"]


def test_trn_10_the_case_of_the_address_does_not_count():
    assert offenders(client_state(sequences=(sequence("Cora@CS.example"),)), KEY) == []


@pytest.mark.parametrize("csm", [None, replace(CSM, is_active=False), replace(CSM, email=None)])
def test_rec_2_without_an_active_csm_and_an_address_nothing_is_compared(csm):
    assert KEY not in named_by(client_state(account={"csm": csm}, sequences=OTHERS))


def test_pub_4_a_client_whose_service_ended_is_not_compared():
    assert offenders(ended_state(sequences=OTHERS), KEY) == []
