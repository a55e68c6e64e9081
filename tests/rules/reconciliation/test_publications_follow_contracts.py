"""The publications of a client against its contracts (REC-2, PUB-2, PUB-5)."""

import pytest

from tests.rules.builders.client_states import (
    COMPANY,
    agreed,
    client_state,
    ended_state,
    in_account,
    in_company,
    in_publication,
    named_by,
    offender,
    offenders,
    run_of,
)
from tests.rules.builders.clients import ACCOUNT_ID, TODAY, on, publication

KEY = "publications_follow_contracts"
RUN = ("publications/publications", {"account_id": ACCOUNT_ID})


def test_pub_2_a_publication_that_is_not_set_up_is_named():
    found = offender(client_state(publications=()), KEY)
    assert (found.record, found.field, found.found) == (COMPANY, "Publication News", "not there")
    assert found.expected == "set up: listed, and not in the LMS"
    assert run_of(found) == RUN


def test_pub_2_each_missing_publication_is_named():
    state = client_state(agreed(publications=("North", "South")), publications=())
    assert [field for _, field, _ in offenders(state, KEY)] == ["Publication North", "Publication South"]


def test_pub_5_a_publication_that_no_contract_lists_is_named():
    state = client_state()
    more = (*state.publications, publication(7002, name="Old"))
    found = offender(client_state(publications=more), KEY)
    assert (found.record, found.field, found.found) == ("Publication 7002", "Status of Old", "active")
    assert found.expected == f"active until {TODAY}: no contract lists it any more"
    assert run_of(found) == RUN


@pytest.mark.parametrize(
    ("fields", "shown"),
    [({"status": "inactive"}, "inactive"), ({"status": "scheduled", "last_day": on(3)}, f"active until {on(3)}")],
)
def test_pub_5_a_publication_whose_service_ends_too_early_is_named(fields, shown):
    found = offender(in_publication(client_state(), **fields), KEY)
    assert (found.record, found.field, found.found) == ("Publication 7001", "Status of News", shown)


def test_pub_2_other_details_are_named():
    found = offender(in_publication(client_state(), details={"userCount": 7}), KEY)
    assert (found.field, found.found) == ("Details of News", '{"userCount": 7}')


def test_pub_2_missing_details_are_named():
    assert offenders(in_publication(client_state(), details={}), KEY) == [
        ("Publication 7001", "Details of News", "empty")
    ]


def test_pub_7_a_question_about_publications_is_no_offender():
    state = client_state(agreed(publications=("News, Weekly",)), publications=())
    assert offenders(state, KEY) == []


@pytest.mark.parametrize(
    "state",
    [
        in_company(client_state(), status="inactive"),
        ended_state(),
        in_account(client_state(), cs_status="Onboarding", lms_company_id=None),
        in_account(client_state(), lms_company_id="77"),
    ],
    ids=["inactive company", "service ended", "being onboarded", "another company"],
)
def test_rec_2_a_client_that_is_not_in_service_is_not_compared(state):
    assert KEY not in named_by(in_account(state, agreements=(agreed(publications=("Other",)),)))
