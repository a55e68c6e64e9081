"""ONB-2: what is onboarded, what is left out, and when to stop; ONB-4: the service levels."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.common.scope import COMPLIANCE, CRED_SERV, CRED_SOFT, LEARNING, scope
from rules.common.service_level import LEVELS, known_level

ours = st.sampled_from([LEARNING, COMPLIANCE, CRED_SOFT])
typed = st.sampled_from([str, str.upper, str.lower, " {} ".format])


def test_onb_2_credentialing_service_alone_is_out_of_scope_and_the_reason_says_so():
    found = scope(["Credentialing Service"])
    assert found.out_of_scope
    assert found.onboarded == ()
    assert found.left_out == ("Credentialing Service",)
    assert "Credentialing Service alone" in found.reason


def test_onb_2_with_one_of_the_three_beside_it_that_one_is_onboarded():
    found = scope(["Credentialing Service", "Compliance"])
    assert not found.out_of_scope
    assert found.onboarded == ("Compliance",)
    assert found.left_out == ("Credentialing Service",)
    assert "Compliance" in found.reason
    assert "Credentialing Service" in found.reason


@pytest.mark.parametrize("services", [[], [""], [" ", "\t"]])
def test_onb_2_no_services_at_all_is_neither_in_scope_nor_out_of_it(services):
    found = scope(services)
    assert found.onboarded == ()
    assert not found.out_of_scope
    assert found.reason == "The opportunity names no services."


@given(st.lists(ours, min_size=1), st.booleans(), typed)
def test_onb_2_any_of_the_three_brings_the_sale_into_scope_however_it_is_typed(services, with_service, typing):
    sold = [*services, *([CRED_SERV] if with_service else [])]
    found = scope([typing(name) for name in sold])
    assert set(found.onboarded) == set(services)
    assert len(found.onboarded) == len(set(services))
    assert found.left_out == ((CRED_SERV,) if with_service else ())


@given(st.lists(ours | st.just(CRED_SERV) | st.text(max_size=10)))
def test_onb_2_a_sale_is_never_both_in_scope_and_out_of_it(services):
    found = scope(services)
    assert not (found.onboarded and found.out_of_scope)
    assert bool(found.onboarded or found.out_of_scope) == any(name.strip() for name in services)
    assert found.reason.endswith(".")


def test_onb_2_a_service_nobody_knows_is_left_out_by_its_name():
    assert scope(["Telehealth", "Learning"]).left_out == ("Telehealth",)
    assert scope(["Telehealth"]).out_of_scope


@given(st.sampled_from(["basic", "standard", "premium"]), typed)
def test_onb_4_the_three_levels_are_known_whatever_their_case_and_spacing(level, typing):
    assert known_level(typing(level)) == level


@given(st.none() | st.text(string.printable).filter(lambda text: text.strip().casefold() not in LEVELS))
def test_onb_4_nothing_else_is_a_level(text):
    assert known_level(text) is None


def test_onb_4_two_levels_at_once_are_none():
    assert known_level("basic standard") is None
    assert known_level("gold") is None
    assert known_level(None) is None
    assert known_level("") is None
