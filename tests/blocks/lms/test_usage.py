"""TRN-7: how a company uses the LMS, as its client tells it."""

from copy import deepcopy
from datetime import UTC, datetime

import pytest
from hypothesis import given

from blocks.common.errors import UnexpectedResponse, VendorUnavailable
from tests.blocks import blocks
from tests.blocks.arbitrary_replies import REPLIES, often, only_our_errors
from tests.blocks.lms.responses import refuses
from tests.blocks.vendor import Reply, says

USAGE = {
    "users": {"active": 40, "inactive": 5, "terminated": 2},
    "providers": {"active": 12},
    "modules": {"learning": {"monthlyActiveUsers": 30}, "compliance": {"monthlyActiveUsers": 0}},
    "asOf": "2026-12-01T04:00:00Z",
}


@pytest.fixture
async def client(vendor, patience):
    return blocks.lms(f"{vendor.url}/lms", timeout_seconds=patience).client()


def changed(value, *path):
    usage = deepcopy(USAGE)
    parent = usage
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = value
    return usage


async def test_trn_7_users_providers_and_modules_are_told(vendor, client):
    vendor.will_say(says(USAGE))
    assert await client.usage("4/8") == {
        "users": {"active": 40, "inactive": 5, "terminated": 2},
        "providers": 12,
        "modules": {"learning": 30, "compliance": 0},
        "asOf": datetime(2026, 12, 1, 4, tzinfo=UTC),
    }
    (asked,) = vendor.received
    assert (asked.method, asked.path) == ("GET", "/lms/api/companies/4%2F8/usage")


@pytest.mark.parametrize("written", ["2026-11-30T23:00:00-05:00", "2026-12-01T04:00:00"])
async def test_the_moment_is_utc_however_it_is_written(vendor, client, written):
    vendor.will_say(says(changed(written, "asOf")))
    usage = await client.usage("48213")
    assert usage["asOf"] == datetime(2026, 12, 1, 4, tzinfo=UTC)


async def test_a_company_that_is_not_there_is_none(vendor, client):
    vendor.will_say(refuses(404, "not_found"))
    assert await client.usage("48213") is None


@pytest.mark.parametrize(
    "wrong",
    [
        changed(None, "users"),
        changed("40", "users", "active"),
        changed(-1, "users", "inactive"),
        changed("true", "users", "terminated"),
        changed(1.5, "providers", "active"),
        changed([], "modules"),
        changed({}, "modules", "learning"),
        changed("yesterday", "asOf"),
        changed("0001-01-01T00:00:00+14:00", "asOf"),
        changed(None, "asOf"),
        [],
    ],
)
async def test_what_is_not_as_promised_is_a_wrong_answer(vendor, client, wrong):
    vendor.will_say(says(wrong))
    with pytest.raises(UnexpectedResponse, match="LMS: usage: "):
        await client.usage("48213")


async def test_an_lms_that_is_down_is_unavailable_and_nothing_is_in_doubt(vendor, client):
    vendor.will_say(Reply(503, b"{}"))
    with pytest.raises(VendorUnavailable) as caught:
        await client.usage("48213")
    assert not caught.value.outcome_unknown


@often
@given(reply=REPLIES)
async def test_whatever_is_answered_is_said_in_our_words(any_vendor, reply):
    client = blocks.lms(any_vendor.url).client()
    any_vendor.will_say(reply)
    await only_our_errors(client.usage("1"))
