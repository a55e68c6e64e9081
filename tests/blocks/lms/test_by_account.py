"""Companies and publications of many accounts: against the sandbox, and what a well-behaved LMS would not say."""

import json
from decimal import Decimal

import pytest

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from sandbox.salesforce.ids import record_id
from tests.blocks import blocks
from tests.blocks.vendor import Reply

ACCOUNTS = [record_id("001", number) for number in range(1, 1104)]
FIRST, LAST = ACCOUNTS[0], ACCOUNTS[-1]
COMPANY = {
    "id": "1",
    "accountId": FIRST,
    "name": "Acme",
    "status": "active",
    "modules": [],
    "userCount": 1,
    "locationCount": 1,
    "planAmount": "1",
}
PUBLICATION = {
    "id": "7",
    "accountId": FIRST,
    "companyId": "1",
    "organizationName": "Acme",
    "publicationName": "North",
    "status": "active",
    "details": {},
}


def seed(stand_in, *accounts, publications=1):
    companies = [{"accountId": one, "name": f"Clinic {number}"} for number, one in enumerate(accounts)]
    ids = stand_in.seed(lms={"companies": companies})["lms"]["companies"]
    rows = [
        {"organizationName": f"Clinic {company}", "publicationName": f"P{number}", "companyId": company}
        for company in ids
        for number in range(publications)
    ]
    stand_in.seed(lms={"publications": rows})
    return ids


@pytest.fixture
async def lists(lms):
    return lms.client().by_account


@pytest.fixture
async def answering(vendor, patience):
    """Lists of an LMS that says whatever the vendor is told to."""
    return blocks.lms(f"{vendor.url}/lms", timeout_seconds=patience).client().by_account


async def test_every_company_and_publication_comes_in_the_order_of_the_accounts(stand_in, lists):
    seed(stand_in, *reversed(ACCOUNTS))
    companies, publications = await lists.companies_between("", ""), await lists.publications_between("", "")
    assert [one["accountId"] for one in companies] == [one["accountId"] for one in publications] == ACCOUNTS
    assert [one["id"] for one in companies] == [one["companyId"] for one in publications]
    assert companies[0]["planAmount"] == Decimal(0)
    assert len([one for one in stand_in.journal("lms") if one["method"] == "GET"]) == 4


async def test_a_range_begins_after_its_first_account_and_ends_with_its_last(stand_in, lists):
    seed(stand_in, *ACCOUNTS[:9])
    asked = (ACCOUNTS[2], ACCOUNTS[5])
    for rows in (await lists.companies_between(*asked), await lists.publications_between(*asked)):
        assert [one["accountId"] for one in rows] == ACCOUNTS[3:6]
    assert await lists.companies_between(ACCOUNTS[8], "") == []
    assert await lists.companies_between("", ACCOUNTS[0]) == (await lists.companies_of([ACCOUNTS[0]]))


async def test_an_account_with_several_companies_is_in_one_page(stand_in, lists):
    first, second = ACCOUNTS[998:1000]
    ids = seed(stand_in, *ACCOUNTS[:1000], second, first, second, publications=0)
    rows = await lists.companies_between("", "")
    assert [one["id"] for one in rows[998:]] == [ids[998], ids[1001], ids[999], ids[1000], ids[1002]]


async def test_accounts_are_asked_for_by_their_ids(stand_in, lists):
    seed(stand_in, *ACCOUNTS[:5], publications=2)
    asked = [ACCOUNTS[3], ACCOUNTS[1], LAST]
    assert [one["accountId"] for one in await lists.companies_of(asked)] == [ACCOUNTS[1], ACCOUNTS[3]]
    publications = await lists.publications_of(asked)
    assert [one["publicationName"] for one in publications] == ["P0", "P1", "P0", "P1"]
    assert {one["accountId"] for one in publications} == set(asked[:2])


async def test_a_publication_that_was_renamed_gives_its_old_name_back(stand_in, lms, lists):
    (company,) = seed(stand_in, FIRST)
    (one,) = await lists.publications_of([FIRST])
    await lms.client().update_publication(one["id"], publicationName="South")
    again = {"organizationName": one["organizationName"], "publicationName": "P0", "companyId": company, "details": {}}
    made = await lms.client().create_publication(again, idempotency_key="1")
    with pytest.raises(VendorRefused, match="publication_exists"):
        await lms.client().update_publication(made["id"], publicationName="SOUTH")


async def test_more_ids_than_a_call_takes_and_ids_of_no_account_are_refused(lists):
    with pytest.raises(VendorRefused, match="at most 200"):
        await lists.companies_of(ACCOUNTS[:201])
    with pytest.raises(VendorRefused, match="accountIds"):
        await lists.publications_of(["006000000000001AAA"])
    with pytest.raises(VendorRefused, match="upToAccountId"):
        await lists.companies_between("", "48213")


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        ([COMPANY | {"accountId": ACCOUNTS[1]}, COMPANY], False),
        ([COMPANY | {"accountId": ACCOUNTS[3]}], False),
        ([COMPANY | {"accountId": None}], False),
        ([], True),
    ],
)
async def test_a_list_that_is_not_in_order_or_does_not_end_is_not_believed(vendor, answering, rows, more):
    vendor.will_say(Reply(body=json.dumps({"companies": rows, "more": more}).encode()))
    with pytest.raises(UnexpectedResponse):
        await answering.companies_between("", ACCOUNTS[2])


async def test_a_page_that_comes_again_is_not_believed(vendor, answering):
    vendor.will_say(Reply(body=json.dumps({"companies": [COMPANY], "more": True}).encode()))
    with pytest.raises(UnexpectedResponse, match="range and order"):
        await answering.companies_between("", "")
    assert len(vendor.received) == 2


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("companies", {"userCount": "1"}),
        ("companies", {"id": ""}),
        ("publications", {"accountId": None}),
        ("publications", {"details": []}),
    ],
)
async def test_a_record_that_is_not_as_promised_is_named(vendor, answering, kind, changes):
    row = (COMPANY if kind == "companies" else PUBLICATION) | changes
    vendor.will_say(Reply(body=json.dumps({kind: [row], "more": False}).encode()))
    with pytest.raises(UnexpectedResponse, match=next(iter(changes))):
        await getattr(answering, f"{kind}_between")("", "")
    with pytest.raises(UnexpectedResponse, match=next(iter(changes))):
        await getattr(answering, f"{kind}_of")([FIRST])


async def test_a_list_that_is_interrupted_is_not_half_a_list(stand_in, lists):
    seed(stand_in, *ACCOUNTS, publications=0)
    stand_in.fault("lms", "error", method="GET", status=503, skip=1)
    with pytest.raises(VendorUnavailable):
        await lists.companies_between("", "")
