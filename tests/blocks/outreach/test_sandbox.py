"""The client of Outreach with the stand-in: every call as the contract has it, and any answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from blocks.common.errors import VendorRefused
from blocks.outreach.block import SCOPES, OutreachApp
from tests.blocks import blocks
from tests.blocks.arbitrary_replies import REPLIES, often, only_our_errors
from tests.blocks.outreach.responses import ACCOUNT, STATE, TASK, USER, Tokens
from tests.blocks.vendor import Reply
from tests.sandbox.outreach_calls import ORG

SALESFORCE_ID = "001000000000001AAA"


@pytest.fixture
def app(stand_in):
    keys = stand_in.credentials
    stand_in.seed(outreach=ORG)
    return OutreachApp(
        client_id=keys.outreach_client_id,
        client_secret=keys.outreach_client_secret,
        redirect_uri="https://localhost/",
        refresh_token=keys.outreach_refresh_token,
        base_url=f"{stand_in.url}/outreach/api/v2",
        token_url=f"{stand_in.url}/outreach/oauth/token",
    )


@pytest.fixture
def login(app):
    """Logs in once."""
    tokens = []

    async def token(_refused: SecretStr | None) -> SecretStr:
        if not tokens:
            tokens.append(await app.log_in())
        return tokens[0].access

    return token


@pytest.fixture
async def client(app, login):
    return app.client(login)


async def test_people_and_their_mailboxes_are_found(client, stand_in):
    ada = await client.user_by_email("ADA@seller.example")
    assert (ada.id, ada.locked, await client.user_by_email("zed@seller.example")) == (1, False, None)
    assert [user.id for user in await client.users([2, 1, 9])] == [1, 2]
    assert (await client.mailbox_of(ada)).can_send
    broken = {"attributes": {"email": "ada@seller.example", "userId": 1, "sendDisabled": True}}
    stand_in.seed(outreach={"mailboxes": [broken]})
    assert (await client.mailbox_of(ada)).id == 1


async def test_trn_10_an_account_and_its_prospects_are_given_to_another_owner(client, stand_in):
    account = await client.account_by_custom_id(SALESFORCE_ID)
    assert (account.id, account.owner, await client.account_by_custom_id("001000000000002AAA")) == (1, 1, None)
    jane, joe = await client.prospects_of_account(account.id)
    assert (jane.emails, jane.opted_out, jane.owner) == (("jane@acme.example",), False, 1)
    assert (await client.move_account(account.id, 2)).owner == 2
    assert (await client.move_prospect(joe.id, 2)).owner == 2
    assert [one.owner for one in await client.prospects_of_account(account.id)] == [1, 2]
    assert len(stand_in.effects("outreach")) == 3


async def test_a_prospect_is_made_and_found_by_its_address(client):
    made = await client.create_prospect(
        first_name="Kim", last_name="Day", email="Kim@acme.example", title="COO", account_id=1, owner_id=2
    )
    assert (made.name, made.account, made.owner) == ("Kim Day", 1, 2)
    assert await client.prospect_by_email("Kim@acme.example") == made == await client.prospect(made.id)
    with pytest.raises(VendorRefused) as caught:
        await client.create_prospect(
            first_name="", last_name="", email="kim@acme.example", title="", account_id=1, owner_id=2
        )
    assert caught.value.fields.keys() == {"/data/attributes/emails"}
    with pytest.raises(VendorRefused) as caught:
        await client.prospect(99)
    assert caught.value.code == "resourceNotFound"


async def test_trn_3_a_prospect_goes_through_a_sequence(client):
    row = await client.sequence_by_name("Automated")
    assert (row.id, row.enabled, await client.sequence_by_name("automated")) == (1, True, None)
    begun = await client.add_to_sequence(1, row.id, 2)
    assert (begun.state, begun.prospect, begun.sequence, begun.mailbox, begun.goes_on) == ("active", 1, 1, 2, True)
    assert await client.sequence_states([1, 2], [row.id]) == [begun]
    await client.finish(begun.id)
    (ended,) = await client.sequence_states([1], [row.id])
    assert not ended.goes_on
    with pytest.raises(VendorRefused, match="finished"):
        await client.finish(begun.id)


async def test_trn_11_a_task_is_made_from_a_template(client, stand_in):
    template = await client.template_by_name("Hello")
    stand_in.seed(outreach={"templates": [{"attributes": {"name": "Old", "archived": True}}]})
    assert await client.template_by_name("Old") is None
    made = await client.create_task(action="email", note="[k]", owner_id=2, prospect_id=1, template_id=template.id)
    assert await client.tasks_of(1, 2) == [made] == await client.tasks_of(1, state="pending,incomplete")
    assert await client.tasks_of(1, state="complete") == await client.tasks_of_account(1) == []
    (kept,) = stand_in.state("outreach")["tasks"]
    assert kept["relationships"]["template"]["data"] == {"type": "template", "id": 1}


async def test_lists_of_many_pages_are_read_to_the_end(client, stand_in):
    account = {"account": {"data": {"type": "account", "id": 1}}}
    stand_in.seed(outreach={"prospects": [{"attributes": {}, "relationships": account}] * 230})
    assert len(await client.prospects_of_account(1)) == 232


async def test_a_check_names_every_scope_that_is_missing(app, login):
    tokens = await app.log_in()
    granted = app.model_copy(update={"scopes": tokens.scopes})
    assert [check.name for check in await granted.check(login_of(tokens)) if not check.ok] == []
    less = app.model_copy(update={"scopes": tokens.scopes.replace("tasks.write", "")})
    missing = {check.name: check.message for check in await less.check(login_of(tokens)) if not check.ok}
    assert missing.keys() == {"scope tasks.write"}
    assert set(SCOPES) <= set(tokens.scopes.split())
    (connection,) = await app.check(login)
    assert (connection.ok, "authorize the app" in connection.message) == (False, True)


def login_of(tokens):
    async def token(_refused: SecretStr | None) -> SecretStr:
        return tokens.access

    return token


JUST_SO = st.sampled_from([ACCOUNT, USER, STATE, TASK, TASK | {"attributes": {}}, STATE | {"relationships": {}}])
BENT = st.builds(
    lambda record, name, value: record | {"attributes": record["attributes"] | {name: value}},
    JUST_SO,
    st.sampled_from(["state", "email", "emails", "createdAt", "note", "locked", "name", "userId"]),
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2)),
)


@often
@given(reply=REPLIES | st.lists(BENT, max_size=2).map(lambda data: Reply(body=_document(data))))
async def test_any_answer_is_one_of_ours_or_one_of_our_errors(any_vendor, reply):
    client = blocks.outreach(any_vendor.url).client(Tokens())
    any_vendor.will_say(reply)
    for call in (
        client.user_by_email("a@x.org"),
        client.accounts_by_custom_id(["a"]),
        client.prospects_of_account(1),
        client.prospect(1),
        client.sequence_states([1], [1]),
        client.sequence_by_name("a"),
        client.template_by_name("a"),
        client.tasks_of(1),
        client.add_to_sequence(1, 1, 1),
        client.finish(1),
        client.create_task(action="email", note="", owner_id=1, prospect_id=1, template_id=1),
    ):
        await only_our_errors(call)


@often
@given(reply=REPLIES)
async def test_any_answer_to_a_login_gives_tokens_or_one_of_our_errors(any_vendor, reply):
    any_vendor.will_say(reply)
    await only_our_errors(blocks.outreach(any_vendor.url).log_in())


def _document(data):
    return json.dumps({"data": data}).encode()
