"""The comparison of an account in Outreach with its CSM, with the stand-in, on a real Prefect server (TRN-10)."""

import pytest

from tasks.outreach.alignment import outreach_differences, outreach_drift
from tests.sandbox.outreach_calls import to
from tests.tasks.outreach_org import ACME, run

pytestmark = [pytest.mark.flows, pytest.mark.usefixtures("prefect_api")]

ADA, BEN = "ada@seller.example", "ben@seller.example"


def put(sandbox, state, *, prospect=1, mailbox=1):
    """A prospect in the automated sequence; the mailbox of user 1 is Ada's."""
    relations = {"prospect": to("prospect", prospect), "sequence": to("sequence", 1), "mailbox": to("mailbox", mailbox)}
    rows = [{"attributes": {"state": state}, "relationships": relations}]
    return sandbox.seed(outreach={"sequenceStates": rows})["outreach"]["sequenceStates"][0]


async def drift(email=BEN):
    return await run(outreach_drift, ACME, email, ["Automated", "Semi-automated", "Nowhere"])


async def test_trn_10_owners_and_senders_that_differ_are_found(outreach_org):
    put(outreach_org, "paused")
    found = await drift()
    assert [(one.record, one.field, one.before, one.after) for one in found.changes] == [
        ("Account 1", "Owner", ADA, BEN),
        ("Prospect 1", "Owner", ADA, BEN),
        ("Prospect 2", "Owner", ADA, BEN),
        ("Prospect 1", "Sequence Automated", "mailbox 1", BEN),
    ]
    assert [(one.prospect, one.name, one.sequence) for one in found.sequences] == [(1, "jane", "Automated")]
    assert (await drift(ADA)).changes == ()


@pytest.mark.parametrize("state", ["finished", "failed", "bounced", "opted_out"])
async def test_trn_10_a_sequence_that_sends_nothing_any_more_is_left_alone(outreach_org, state):
    put(outreach_org, state)
    assert (await drift()).sequences == ()


async def test_trn_10_a_prospect_who_has_opted_out_is_started_in_no_sequence(outreach_org):
    fields = {"firstName": "kim", "optedOut": True}
    owned = {"account": to("account", 1), "owner": to("user", 2)}
    rows = [{"attributes": fields, "relationships": owned}]
    (kim,) = outreach_org.seed(outreach={"prospects": rows})["outreach"]["prospects"]
    put(outreach_org, "active", prospect=kim)
    assert (await drift()).sequences == ()


async def test_rec_3_what_is_read_back_otherwise_is_said_in_sentences(outreach_org):
    own = put(outreach_org, "active", mailbox=2)
    sentences = await run(outreach_differences, ACME, BEN, ["Automated"], [own, 999])
    assert sentences == [
        f"Outreach Account 1: Owner is {ADA} instead of {BEN}.",
        f"Outreach Prospect 1: Owner is {ADA} instead of {BEN}.",
        f"Outreach Prospect 2: Owner is {ADA} instead of {BEN}.",
        "Outreach has no sequence state 999.",
    ]
