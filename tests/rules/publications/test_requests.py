"""Requests about publications: what may be asked, and what a form must say (PUB-1)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.publications.requests import BadRequest, PublicationAction, Requested, parse_request

NORTH = {"action": "set up", "publication": "North"}


def faults(sent):
    with pytest.raises(BadRequest) as refused:
        parse_request(sent)
    return refused.value.faults


def test_pub_1_a_whole_request_is_taken_as_it_was_sent():
    sent = {"action": "rename", "publication": " North ", "new_name": "East", "requested_by": "pat", "note": "moved"}
    assert parse_request(sent) == Requested(PublicationAction.RENAME, "North", "East", "pat", "moved")


@pytest.mark.parametrize("action", ["set up", "update", "deactivate", "reactivate"])
def test_pub_1_only_action_and_publication_are_needed(action):
    assert parse_request({"action": action, "publication": "North"}) == Requested(PublicationAction(action), "North")


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, {"action", "publication"}),
        (NORTH | {"action": "delete"}, {"action"}),
        (NORTH | {"publication": " \n"}, {"publication"}),
        (NORTH | {"publication": "x" * 256}, {"publication"}),
        (NORTH | {"publication": None}, {"publication"}),
        (NORTH | {"action": "rename"}, {"new_name"}),
        (NORTH | {"action": "rename", "new_name": "NORTH "}, {"new_name"}),
        (NORTH | {"action": "rename", "new_name": "x" * 256}, {"new_name"}),
        (NORTH | {"new_name": "East"}, {"new_name"}),
        (NORTH | {"requested_by": "x" * 201}, {"requested_by"}),
        (NORTH | {"note": "x" * 2001}, {"note"}),
        (NORTH | {"account": "Acme"}, {"account"}),
        (NORTH | {"note": ["x"]}, {"note"}),
    ],
)
def test_pub_1_each_field_that_is_wrong_is_named(sent, wrong):
    assert set(faults(sent)) == wrong


def test_pub_1_a_name_may_have_as_many_characters_as_the_lms_takes():
    assert parse_request(NORTH | {"publication": "x" * 255}).publication == "x" * 255


@given(
    st.dictionaries(st.sampled_from([*Requested.__dataclass_fields__, "other"]), st.text() | st.none() | st.integers())
)
def test_whatever_is_sent_is_a_request_or_its_faults(sent):
    with suppress(BadRequest):
        request = parse_request(sent)
        assert request.publication.strip()
        assert bool(request.new_name) == (request.action is PublicationAction.RENAME)
