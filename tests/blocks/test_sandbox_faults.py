"""Each fault that the sandbox can be ordered, met by each client: told by who must act, and without a secret."""

import asyncio

import pytest

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError, VendorUnavailable
from blocks.salesforce.composite import Subrequest
from tests.blocks.blocks import ACCOUNT, OPPORTUNITY
from tests.blocks.lms.forms import COMPLETE_FORM

pytestmark = pytest.mark.processes

DOWN, ODD, CREDENTIALS = VendorUnavailable, UnexpectedResponse, CredentialsRejected

# kind, more of the order, what a read and a write raise, and whether the write may have been done.
FAULTS = {
    "timeout": ({"seconds": 5}, DOWN, True),
    "drop_before": ({}, DOWN, True),
    "drop_after": ({}, DOWN, True),
    "rate_limit": ({}, DOWN, False),
    "expired_session": ({}, CREDENTIALS, False),
    "malformed": ({}, ODD, False),
    "html": ({}, ODD, False),
    "error 500": ({"status": 500}, DOWN, True),
    "error 503": ({"status": 503}, DOWN, None),
    "lock_row": ({}, DOWN, False),
}
# Which of its requests each client's call is: the fault must not hit the login.
CALLS = {
    ("salesforce", "read"): "/query",
    ("salesforce", "write"): "/composite",
    ("lms", "read"): "/api/companies",
    ("lms", "write"): "/signup/preSign",
    ("recurly", "read"): "/accounts",
    ("slack", "read"): "conversations.history",
    ("slack", "write"): "chat.postMessage",
}
CASES = [(system, call, kind) for system, call in CALLS for kind in FAULTS if (system, kind) != ("slack", "lock_row")]


@pytest.fixture
def make(org, lms, recurly, slack):
    """Make one call of a system's client."""
    write = Subrequest("PATCH", f"sobjects/Account/{ACCOUNT}", "a", {"Name": "swordfish"})
    calls = {
        ("salesforce", "read"): lambda: org.client().query("SELECT Id FROM Account WHERE Name = 'swordfish'"),
        ("salesforce", "write"): lambda: org.client().composite([write]),
        ("lms", "read"): lambda: lms.client().company_of_account(ACCOUNT),
        ("lms", "write"): lambda: lms.client().pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY),
        ("recurly", "read"): lambda: recurly.client().account_by_code(ACCOUNT),
        ("slack", "read"): lambda: slack.client().find("C0000000001", "k", oldest=0),
        ("slack", "write"): lambda: slack.client().post("#sales", "x", key="k"),
    }

    async def made(system, call):
        outcome = calls[system, call]
        if system == "lms":
            return await outcome()
        return await asyncio.to_thread(outcome)

    return made


@pytest.mark.parametrize(("system", "call", "kind"), CASES)
async def test_a_fault_is_told_by_who_must_act(stand_in, make, system, call, kind):
    more, error, unclear = FAULTS[kind]
    # Enough for the client's own repeats: one after a login, one on a closed connection, two after a short wait.
    stand_in.fault(system, kind.split()[0], path=CALLS[system, call], times=4, **more)
    with pytest.raises(VendorError) as caught:
        await make(system, call)
    assert type(caught.value) is error
    assert caught.value.system.lower() == system
    if error is DOWN and unclear is not None:
        assert caught.value.outcome_unknown is (unclear and call == "write")
    own = stand_in.credentials
    secrets = [*own.secrets(), own.salesforce_consumer_key, "Default-Swordfish-1", "swordfish", "Bearer", "00D"]
    shown = f"{caught.value!r}{caught.value}{caught.value.fields}{caught.value.details}"
    assert [secret for secret in secrets if secret in shown] == []
    stand_in.clear_faults()


async def test_a_sign_up_whose_answer_was_lost_is_done_once_when_repeated(stand_in, lms):
    stand_in.fault("lms", "drop_after", path="/signup/preSign")
    with pytest.raises(VendorUnavailable) as caught:
        await lms.client().pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)
    assert caught.value.outcome_unknown
    assert not (await lms.client().pre_sign(COMPLETE_FORM, idempotency_key=OPPORTUNITY)).created
    assert len(stand_in.effects("lms")) == 1


def test_a_post_whose_answer_was_lost_is_found_by_its_key(stand_in, slack):
    stand_in.fault("slack", "drop_after", path="chat.postMessage")
    with pytest.raises(VendorUnavailable) as caught:
        slack.client().post("#sales", "Acme is won", key="k")
    assert caught.value.outcome_unknown
    assert slack.client().find("#sales", "k", oldest=0) is not None
    assert len(stand_in.effects("slack")) == 1


def test_a_rate_limit_of_slack_that_passes_is_waited_for(stand_in, slack):
    stand_in.fault("slack", "rate_limit", path="chat.postMessage")
    slack.client().post("#sales", "Acme is won", key="k")
    assert len(stand_in.effects("slack")) == 1
