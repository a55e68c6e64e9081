"""REC-2, TRN-3: open sequences by the Salesforce account of their prospect."""

import pytest
from pydantic import SecretStr

from blocks.common.errors import VendorUnavailable
from rules.reconciliation.client_state import OpenSequence
from tasks.reconciliation.sequences import open_sequences
from tests.sandbox.outreach_calls import ORG, to
from tests.tasks.outreach_org import app_of

ACME, OTHER = "001000000000001AAA", "001000000000002AAA"
NAMES = ("Automated", "Semi-automated")


@pytest.fixture
async def client(stand_in):
    stand_in.seed(outreach={kind: ORG[kind] for kind in ("users", "mailboxes", "sequences")})
    app, tokens = app_of(stand_in), []

    async def token(_refused: SecretStr | None) -> SecretStr:
        if not tokens:
            tokens.append(await app.log_in())
        return tokens[0].access

    return app.client(token)


def seed(stand_in, states, accounts=(ACME, OTHER)):
    """Accounts, a prospect of each and one without an account; states as (prospect, sequence, mailbox, state)."""
    owners = [{"attributes": {"name": one, "customId": one}} for one in accounts]
    prospects = [{"attributes": {}, "relationships": {"account": to("account", n + 1)}} for n in range(len(accounts))]
    stand_in.seed(outreach={"accounts": owners, "prospects": [*prospects, {"attributes": {}}]})
    rows = [
        {
            "attributes": {"state": state},
            "relationships": {
                "prospect": to("prospect", prospect),
                "sequence": to("sequence", sequence),
                **({"mailbox": to("mailbox", mailbox)} if mailbox else {}),
            },
        }
        for prospect, sequence, mailbox, state in states
    ]
    stand_in.seed(outreach={"sequenceStates": rows})


async def test_rec_2_every_open_sequence_comes_with_its_sender(stand_in, client):
    # Nothing is sent any more in a state that has failed: people look at it in Outreach.
    over = [(2, 1, 2, "finished"), (2, 1, 1, "failed"), (2, 1, 1, "bounced"), (2, 1, 1, "opted_out")]
    seed(stand_in, [(1, 1, 1, "active"), (1, 2, 2, "paused"), (2, 2, None, "pending"), *over])
    assert await open_sequences(client, NAMES) == {
        ACME: (
            OpenSequence(1, "Automated", "ada@seller.example"),
            OpenSequence(1, "Semi-automated", "ben@seller.example"),
        ),
        OTHER: (OpenSequence(2, "Semi-automated", ""),),
    }


async def test_rec_2_a_prospect_without_an_account_and_other_sequences_are_left_out(stand_in, client):
    seed(stand_in, [(3, 1, 1, "active"), (1, 2, 1, "active")])
    assert await open_sequences(client, ("Automated", "Gone")) == {}


async def test_rec_2_many_open_sequences_take_calls_by_the_page_and_by_the_batch(stand_in, client):
    accounts = [f"001{number:015d}" for number in range(230)]
    seed(stand_in, [(number + 1, 1, 1, "active") for number in range(230)], accounts)
    found = await open_sequences(client, ["Automated"])
    assert sorted(found) == accounts
    paths = [one["path"].rsplit("/", 1)[1] for one in stand_in.journal("outreach") if one["method"] == "GET"]
    expected = {"sequences": 1, "sequenceStates": 3, "prospects": 5, "accounts": 5, "mailboxes": 1, "users": 1}
    assert {path: paths.count(path) for path in set(paths)} == expected


async def test_rec_2_a_list_that_breaks_off_is_no_result(stand_in, client):
    seed(stand_in, [(1, 1, 1, "active")])
    await open_sequences(client, NAMES)
    stand_in.fault("outreach", "error", method="GET", path="mailboxes", status=503)
    with pytest.raises(VendorUnavailable):
        await open_sequences(client, NAMES)
