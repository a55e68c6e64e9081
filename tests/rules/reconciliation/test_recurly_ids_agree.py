"""The Recurly id and billing URL on an account, and its account in Recurly (REC-2, ONB-11, ONB-12)."""

from dataclasses import replace

import pytest

from tests.rules.builders.client_states import (
    ACCOUNT,
    RECURLY_ACCOUNT,
    client_state,
    ended_state,
    in_account,
    offender,
    offenders,
    run_of,
    sold,
    url_of,
)

KEY = "recurly_ids_agree"
ID, URL = "Recurly Account Id", "Recurly Billing URL"
CHOSEN = replace(RECURLY_ACCOUNT, id="r9", code="harbor")
ONBOARDS = ("onboarding/onboarding", {"opportunity_id": sold().id})


def test_onb_11_an_empty_id_is_named_with_the_account_of_this_code():
    found = offender(client_state(account={"recurly_account_id": None}), KEY)
    assert (found.record, found.field, found.found) == (ACCOUNT, ID, "empty")
    assert found.expected == f"r1, the account {RECURLY_ACCOUNT.code}"
    assert run_of(found) == ONBOARDS


def test_onb_11_the_id_of_another_account_is_named():
    found = offender(client_state(account={"recurly_account_id": "r9"}, recurly=(RECURLY_ACCOUNT, CHOSEN)), KEY)
    assert (found.field, found.found) == (ID, "r9")
    assert found.expected.startswith(f"r1, the account {RECURLY_ACCOUNT.code}. Clear id and URL")


def test_onb_11_an_id_that_recurly_does_not_have_is_named():
    found = offender(client_state(account={"recurly_account_id": "r7"}, recurly=()), KEY)
    assert (found.field, found.found) == (ID, "r7, which Recurly does not have")


def test_onb_11_an_id_that_recurly_does_not_have_is_named_with_the_account_of_this_code():
    assert offenders(client_state(account={"recurly_account_id": "r7"}), KEY) == [(ACCOUNT, ID, "r7")]


def test_onb_12_an_account_without_any_account_in_recurly_is_named():
    state = client_state(account={"recurly_account_id": None}, recurly=(), billing_url=None)
    found = offender(state, KEY)
    assert found.found == "empty, and Recurly has no account of this code"
    assert "Clear" not in found.expected


@pytest.mark.parametrize("url", [None, "https://acme.recurly.com/accounts/other"])
def test_onb_11_another_billing_url_is_named(url):
    found = offender(client_state(billing_url=url), KEY)
    assert (found.field, found.found) == (URL, url or "empty")
    assert found.expected.startswith(url_of(RECURLY_ACCOUNT.code))
    assert ("Clear id and URL" in found.expected) == bool(url)


def test_onb_12_an_account_that_people_chose_by_its_name_is_right():
    chosen = client_state(account={"recurly_account_id": "r9"}, recurly=(CHOSEN,), billing_url=url_of("harbor"))
    assert offenders(chosen, KEY) == []
    assert offenders(replace(chosen, billing_url=url_of("clinic")), KEY) == [(ACCOUNT, URL, url_of("clinic"))]


def test_onb_12_an_account_that_people_chose_in_place_of_a_closed_one_is_right():
    closed = replace(RECURLY_ACCOUNT, is_open=False)
    state = client_state(recurly=(closed, CHOSEN), billing_url=url_of("harbor"))
    assert offenders(in_account(state, recurly_account_id="r9"), KEY) == []


def test_onb_12_a_closed_account_of_this_code_is_right():
    assert offenders(client_state(recurly=(replace(RECURLY_ACCOUNT, is_open=False),)), KEY) == []


def test_onb_6_the_case_of_the_code_does_not_count():
    lower = replace(RECURLY_ACCOUNT, code=RECURLY_ACCOUNT.code.lower())
    assert offenders(client_state(recurly=(lower,), billing_url=url_of(lower.code)), KEY) == []


@pytest.mark.parametrize(
    "state",
    [
        ended_state(recurly=(), billing_url=None),
        in_account(client_state(recurly=()), cs_status="Onboarding", lms_company_id=None),
    ],
    ids=["service ended", "being onboarded"],
)
def test_rec_2_an_account_that_is_not_in_service_is_not_compared(state):
    assert offenders(state, KEY) == []
