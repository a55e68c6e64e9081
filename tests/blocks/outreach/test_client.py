"""What a well-behaved Outreach would not say; its good answers are the sandbox's."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorRefused, VendorUnavailable
from tests.blocks import blocks
from tests.blocks.outreach.responses import ACCOUNT, STATE, TASK, USER, Tokens, refuses, says
from tests.blocks.vendor import Reply


@pytest.fixture
def login():
    return Tokens()


@pytest.fixture
async def client(vendor, login, patience):
    return blocks.outreach(f"{vendor.url}/api/v2", timeout_seconds=patience).client(login)


def asked(received):
    return dict(parse_qsl(urlsplit(received.path).query))


async def test_a_request_carries_the_token_and_says_it_is_json_api(vendor, client, login):
    vendor.will_say(says(ACCOUNT))
    assert (await client.move_account(7, 3)).owner == 3
    (sent,) = vendor.received
    headers = {name.lower(): value for name, value in sent.headers.items()}
    assert (sent.method, sent.path) == ("PATCH", "/api/v2/accounts/7")
    assert headers["content-type"] == "application/vnd.api+json"
    assert headers["authorization"] == "Bearer token-1-swordfish"
    owner = {"owner": {"data": {"type": "user", "id": 3}}}
    assert json.loads(sent.body) == {"data": {"type": "account", "id": 7, "relationships": owner}}
    assert login.refused == [None]


async def test_a_token_that_is_refused_is_replaced_once(vendor, client, login):
    vendor.will_say(refuses(401, "unauthorized"), says([USER]))
    assert (await client.user_by_email("ada@seller.example")).id == 3
    assert login.refused == [None, "token-1-swordfish"]
    vendor.will_say(refuses(401, "unauthorized"))
    with pytest.raises(CredentialsRejected, match="authorize the app in Outreach again"):
        await client.user_by_email("ada@seller.example")
    assert len(vendor.received) == 2


async def test_a_missing_scope_is_told_with_its_name(vendor, client):
    words = "Your authorization does not include the required scope 'users.read'."
    vendor.will_say(refuses(403, "unauthorizedOauthScope", words))
    with pytest.raises(CredentialsRejected, match=r"users\.read.*Add the scope"):
        await client.user_by_email("ada@seller.example")


async def test_a_refusal_is_told_in_outreachs_words_with_the_place_and_without_the_token(vendor, client):
    vendor.will_say(refuses(422, "validationError", "token-1-swordfish is bad", "/data/relationships/mailbox"))
    with pytest.raises(VendorRefused) as caught:
        await client.add_to_sequence(1, 2, 3)
    assert (caught.value.code, caught.value.fields) == (
        "validationError",
        {"/data/relationships/mailbox": "*** is bad"},
    )
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "unclear"),
    [
        (Reply(500, b"oops"), True),
        (Reply(503, b"oops"), True),
        (Reply(429, b"oops"), False),
        (Reply(drop=True), True),
        (Reply(hold=True), True),
    ],
)
async def test_only_what_may_have_been_processed_is_unclear(vendor, client, reply, unclear):
    vendor.will_say(reply)
    with pytest.raises(VendorUnavailable) as caught:
        await client.add_to_sequence(1, 2, 3)
    assert caught.value.outcome_unknown is unclear
    with pytest.raises(VendorUnavailable) as caught:
        await client.users([1])
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("written", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%a, %d %b %Y %H:%M:%S GMT"])
async def test_maintenance_tells_when_it_ends_as_an_instant(vendor, client, written):
    back = datetime.now(UTC) + timedelta(seconds=100)
    vendor.will_say(refuses(503, "scheduledServerMaintenance", **{"Retry-After": back.strftime(written)}))
    with pytest.raises(VendorUnavailable) as caught:
        await client.users([1])
    assert 90 < caught.value.retry_after <= 100


async def test_a_page_is_followed_by_its_parameters_to_nowhere_else(vendor, client):
    vendor.will_say(says([USER], next="https://elsewhere.example/users?page[after]=x"), says([USER | {"id": 4}]))
    assert [user.id for user in await client.users([3, 4])] == [3, 4]
    first, second = vendor.received
    assert asked(first) == {"filter[id]": "3,4", "page[size]": "100"}
    assert urlsplit(second.path).path == "/api/v2/users"
    assert asked(second) == {"page[after]": "x"}


async def test_ids_are_asked_for_fifty_at_once_and_none_not_at_all(vendor, client):
    vendor.will_say(says([]))
    await client.users(range(1, 121))
    assert [len(asked(one)["filter[id]"].split(",")) for one in vendor.received] == [50, 50, 20]
    vendor.will_say(says([]))
    assert await client.users([]) == await client.sequence_states([1], []) == await client.tasks_of() == []
    assert vendor.received == []


async def test_a_list_without_end_is_given_up(vendor, client):
    vendor.will_say(says([USER], next="?page[after]=1"))
    with pytest.raises(UnexpectedResponse, match="more than 100 pages"):
        await client.users([1])


async def test_an_address_is_asked_for_in_both_spellings_and_a_name_with_a_comma_as_one(vendor, client):
    vendor.will_say(says([]))
    await client.user_by_email("Ada@Seller.example")
    await client.template_by_name("One, two")
    await client.template_by_name("One")
    assert [asked(one) for one in vendor.received] == [
        {"filter[email]": "Ada@Seller.example,ada@seller.example", "page[size]": "100"},
        {"filter[name][]": "One, two", "newFilterSyntax": "true", "page[size]": "100"},
        {"filter[name]": "One", "page[size]": "100"},
    ]


async def test_two_accounts_of_one_salesforce_account_are_told(vendor, client):
    vendor.will_say(says([ACCOUNT, ACCOUNT | {"id": 8}]))
    with pytest.raises(VendorRefused, match="7 and 8 both have the custom id 001000000000001AAA"):
        await client.account_by_custom_id("001000000000001AAA")


async def test_trn_11_a_task_is_made_without_its_template_where_outreach_takes_none(vendor, client):
    vendor.will_say(
        refuses(422, "validationError", "is read-only", "/data/relationships/template"), says(TASK, 201)
    )  # fmt: skip
    made = await client.create_task(action="email", note="x", owner_id=1, prospect_id=2, template_id=3)
    assert made.id == 4
    first, second = (json.loads(one.body)["data"]["relationships"] for one in vendor.received)
    assert (set(first), set(second)) == ({"owner", "subject", "template"}, {"owner", "subject"})


async def test_any_other_refusal_of_a_task_is_told(vendor, client):
    vendor.will_say(refuses(422, "validationError", "Owner is locked", "/data/relationships/owner"))
    with pytest.raises(VendorRefused, match="Owner is locked"):
        await client.create_task(action="email", note="x", owner_id=1, prospect_id=2, template_id=3)
    assert len(vendor.received) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("state", None), ("state", 7), ("createdAt", "soon"), ("createdAt", "2026-01-02T03:04:05"), ("errorReason", [])],
)
async def test_a_state_that_is_not_as_promised_is_told_by_its_field(vendor, client, field, value):
    vendor.will_say(says([STATE | {"attributes": STATE["attributes"] | {field: value}}]))
    with pytest.raises(UnexpectedResponse, match=field):
        await client.sequence_states([1], [2])


@pytest.mark.parametrize("value", [None, {"data": None}, {"data": {"type": "prospect"}}, {"data": {"id": "1"}}, 7])
async def test_a_state_of_nobody_is_told(vendor, client, value):
    vendor.will_say(says([STATE | {"relationships": STATE["relationships"] | {"prospect": value}}]))
    with pytest.raises(UnexpectedResponse, match="prospect"):
        await client.sequence_states([1], [2])


@pytest.mark.parametrize(
    "data", [None, {}, [7], [USER | {"id": "3"}], [USER | {"id": True}], [USER | {"type": "task"}]]
)
async def test_a_list_that_is_not_as_promised_is_told(vendor, client, data):
    vendor.will_say(says(data))
    with pytest.raises(UnexpectedResponse, match="users"):
        await client.users([3])
