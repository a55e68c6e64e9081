"""REC-2: the readers in a flow run, with the blocks that are stored in Prefect."""

import pytest

from rules.common.records import RecurlyAccount
from rules.reconciliation.client_state import OUTREACH, OpenSequence
from tasks.reconciliation.reading import (
    list_recurly,
    list_sequences,
    read_clients_after,
    read_these_clients,
    sources_from,
)
from tests.sandbox.outreach_calls import to
from tests.support import stored_blocks
from tests.tasks.outreach_org import app_of, run, stored_app
from tests.tasks.reconciliation.conftest import EVERYWHERE

pytestmark = pytest.mark.flows
SEQUENCE = "Account Transition - Automated"


def seed(sandbox):
    """A client, and a prospect of the client in a sequence of account transitions."""
    account = {"type": "Account", "Name": "Harbor", "CS_Status__c": "Active"}
    (account_id,) = sandbox.seed(salesforce={"records": [account]})["salesforce"]["ids"]
    sandbox.seed(recurly={"accounts": [{"code": account_id, "company": "Harbor"}]})
    owned = {"account": to("account", 2)}
    sandbox.seed(outreach={"accounts": [{"attributes": {"customId": account_id}}], "sequences": [named(SEQUENCE)]})
    sandbox.seed(outreach={"prospects": [{"attributes": {}, "relationships": owned}]})
    relations = {"prospect": to("prospect", 3), "sequence": to("sequence", 3), "mailbox": to("mailbox", 2)}
    sandbox.seed(outreach={"sequenceStates": [{"attributes": {"state": "paused"}, "relationships": relations}]})
    return account_id


def named(name):
    return {"attributes": {"name": name}}


async def read_all():
    sources = await sources_from(list_recurly(), list_sequences())
    page = await read_clients_after("", sources)
    return sources, page, await read_these_clients([state.client.id for state in page.states], sources)


async def test_rec_2_the_connections_and_settings_are_those_of_the_blocks(sandbox):
    async with stored_app(sandbox):
        account_id = seed(sandbox)
        _, page, again = await run(read_all)
    (state,) = page.states
    assert (state.client.id, state.systems, page.unavailable) == (account_id, EVERYWHERE, {})
    assert [(one.code, one.company) for one in state.recurly] == [(account_id, "Harbor")]
    assert isinstance(state.recurly[0], RecurlyAccount)
    assert state.sequences == (OpenSequence(3, SEQUENCE, "ben@seller.example"),)
    assert again.states == page.states


async def test_rec_2_an_outreach_that_refuses_the_login_leaves_the_rest(sandbox):
    async with stored_app(sandbox):
        account_id = seed(sandbox)
        await stored_blocks.save(app_of(sandbox, client_secret="wrong"))
        sources, page, _ = await run(read_all)
    assert list(sources.unavailable) == list(page.unavailable) == [OUTREACH]
    assert [(state.client.id, state.systems) for state in page.states] == [(account_id, EVERYWHERE - {OUTREACH})]
