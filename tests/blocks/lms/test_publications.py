"""Publications over the LMS's interface: against the sandbox, and what a well-behaved LMS would not say (PUB-2)."""

import json
from datetime import date
from decimal import Decimal

import pytest

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from tests.blocks import blocks
from tests.blocks.vendor import Reply, says

DETAILS = {"contracts": ["00000101"], "products": ["Learning"], "serviceLevel": "standard", "userCount": 40}
GOOD = {
    "id": "7001",
    "organizationName": "Acme",
    "publicationName": "North",
    "companyId": "48213",
    "status": "scheduled",
    "deactivateOn": "2027-03-31",
    "deactivationReason": None,
    "details": DETAILS,
}


@pytest.fixture
def company(stand_in):
    fields = {"accountId": blocks.ACCOUNT, "name": "Acme", "userCount": 40, "locationCount": 2, "planAmount": "480"}
    return stand_in.seed(lms={"companies": [fields]})["lms"]["companies"][0]


@pytest.fixture
def north(company):
    return {"organizationName": "Acme", "publicationName": "North", "companyId": company, "details": DETAILS}


@pytest.fixture
async def answering(vendor, patience):
    """A client of an LMS that says whatever the vendor is told to."""
    return blocks.lms(f"{vendor.url}/lms", timeout_seconds=patience).client()


async def test_pub_2_a_publication_is_created_once_for_each_key(stand_in, lms, company, north):
    client = lms.client()
    made = await client.create_publication(north, idempotency_key="publication:1")
    assert (await client.create_publication(north, idempotency_key="publication:1"))["id"] == made["id"]
    assert [one["id"] for one in await client.publications(company)] == [made["id"]]
    assert len(stand_in.effects("lms")) == 1


async def test_pub_2_a_name_that_is_taken_is_refused_with_whose_it_is(lms, north):
    made = await lms.client().create_publication(north, idempotency_key="publication:1")
    with pytest.raises(VendorRefused) as refused:
        await lms.client().create_publication(north, idempotency_key="publication:2")
    assert (refused.value.code, refused.value.details) == ("publication_exists", {"publicationId": made["id"]})


async def test_pub_2_the_key_of_another_publication_is_refused(lms, north):
    await lms.client().create_publication(north, idempotency_key="publication:1")
    with pytest.raises(VendorRefused) as refused:
        await lms.client().create_publication(north | {"publicationName": "South"}, idempotency_key="publication:1")
    assert refused.value.code == "idempotency_conflict"


async def test_pub_5_a_publication_is_renamed_ended_and_taken_up_again(lms, north):
    client = lms.client()
    made = await client.create_publication(north, idempotency_key="publication:1")
    far = date(2099, 3, 31)
    ended = await client.update_publication(
        made["id"], publicationName="East", deactivateOn=far, deactivationReason="Over"
    )
    assert (ended["publicationName"], ended["status"], ended["deactivateOn"]) == ("East", "scheduled", far)
    assert ended["deactivationReason"] == "Over"
    again = await client.update_publication(made["id"], status="active", deactivateOn=None)
    assert (again["status"], again["deactivateOn"], again["deactivationReason"]) == ("active", None, "")


async def test_pub_5_a_publication_that_is_not_there_is_refused(lms):
    with pytest.raises(VendorRefused) as refused:
        await lms.client().update_publication("../companies/48213", details={})
    assert refused.value.code == "not_found"


async def test_pub_2_a_fraction_among_the_details_is_read_exactly(vendor, answering):
    vendor.will_say(Reply(200, json.dumps({"publications": [GOOD]}).replace("40", "40.1").encode(), {}))
    (publication,) = await answering.publications("48213")
    assert publication["details"]["userCount"] == Decimal("40.1")
    assert publication["deactivateOn"] == date(2027, 3, 31)


async def test_publications_of_another_company_are_left_aside(vendor, answering):
    vendor.will_say(says({"publications": [GOOD, GOOD | {"id": "7002", "companyId": "48214"}]}))
    assert [one["id"] for one in await answering.publications("48213")] == ["7001"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 7001},
        {"publicationName": ""},
        {"organizationName": None},
        {"status": None},
        {"companyId": 48213},
        {"details": []},
        {"deactivateOn": "31 March"},
        {"deactivateOn": 20270331},
    ],
)
async def test_a_publication_that_lacks_what_was_promised_is_a_wrong_answer(vendor, answering, wrong):
    (field,) = wrong
    vendor.will_say(says({"publications": [GOOD | wrong]}))
    with pytest.raises(UnexpectedResponse, match=field):
        await answering.publications("48213")


async def test_a_server_s_error_may_have_been_an_effect_of_a_write(vendor, answering):
    vendor.will_say(says({}, 503))
    with pytest.raises(VendorUnavailable) as unavailable:
        await answering.create_publication(GOOD, idempotency_key="publication:1")
    assert unavailable.value.outcome_unknown


async def test_a_server_s_error_was_no_effect_of_a_look(vendor, answering):
    vendor.will_say(says({}, 503))
    with pytest.raises(VendorUnavailable) as unavailable:
        await answering.publications("48213")
    assert not unavailable.value.outcome_unknown
