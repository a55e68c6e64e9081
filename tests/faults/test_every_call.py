"""Every call of an onboarding meets every fault: in the end everything is there, and nothing twice."""

import pytest

from tests.faults.calls import CALLS
from tests.support.outcome import ALL_EFFECTS, assert_audited, assert_onboarded, effects
from tests.support.runs import audit_page, onboard, press_retry, retry_until_completed
from tests.support.scale import cases

pytestmark = pytest.mark.flows

WRITES = ("sign-up", "modules", "notice", "assignment", "word to the CSM", "filling in")
"""Those of which a lost answer may have been an effect."""
KINDS = {
    "error 500": {"status": 500},
    "error 503": {"status": 503},
    "drop_before": {},
    "drop_after": {},
    "timeout": {"seconds": 20},
    "rate_limit": {},
    "lock_row": {},
    "expired_session": {},
    "malformed": {},
}
PASSING = ("error 500", "error 503", "drop_before", "drop_after", "timeout", "rate_limit", "lock_row")
"""The vendor was unavailable, which passes; the others a person must look at."""
NOT_MET = {"lock_row": ("log-in", "notice", "word to the CSM"), "rate_limit": ("log-in",)}
"""Slack locks no rows, and a log-in is neither locked nor counted as a call."""
SLUGS = ("salesforce-org", "lms", "recurly-site", "slack-workspace")
LASTING = 1000
"""More requests than any run makes."""


def order(sandbox, call, kind, times=1):
    system, path, before = CALLS[call]
    if kind == "drop_after" and times == 1 and system == "slack":
        before = 0  # What was posted is found and not posted again, so one call less comes before.
    sandbox.fault(system, kind.split()[0], path=path, times=times, skip=before, **KINDS.get(kind, {}))


@pytest.fixture
async def impatient(override):
    """Blocks that wait a second for an answer. They are new ones, so Salesforce's client logs in again."""
    for slug in SLUGS:
        await override(slug, timeout_seconds=1)


async def assert_whole_and_once(people, sale):
    assert_onboarded(people, sale)
    assert effects(people.sandbox, sale.since) == ALL_EFFECTS
    assert_audited(await audit_page(sale.account))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", cases(KINDS, "drop_after"))
async def test_a_fault_met_once_by_each_call_passes_or_is_mended_by_retry(people, sandbox, new_session, kind):
    met = [call for call in CALLS if call not in NOT_MET.get(kind, ())]
    sale = people.make_sale()
    await new_session()
    for call in met:
        order(sandbox, call, kind)
    run = await onboard(sale.opportunity)
    if kind in PASSING:
        assert run.ended == "Completed", run.message
    run = await retry_until_completed(run, tries=len(CALLS))
    assert sandbox.faults() == []
    await assert_whole_and_once(people, sale)


@pytest.mark.parametrize(
    ("call", "kind"),
    cases(
        [*((call, "error 500") for call in CALLS), *((call, "drop_after") for call in WRITES)],
        ("log-in", "error 500"),
        ("team and books", "error 500"),
        ("sign-up", "drop_after"),
        ("assignment", "drop_after"),
    ),
)
async def test_a_fault_that_lasts_ends_the_run_and_retry_goes_on_when_it_is_gone(
    people, sandbox, new_session, call, kind
):
    await new_session()
    sale = people.make_sale()
    order(sandbox, call, kind, times=LASTING)
    run = await onboard(sale.opportunity)
    if kind == "drop_after" and CALLS[call][0] == "slack":
        # The step looks before it posts again, and finds the message.
        assert run.ended == "Completed", run.message
    else:
        assert run.ended == "Unavailable", run.message
        assert "press Retry" in run.message
    sandbox.clear_faults()
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    await assert_whole_and_once(people, sale)


UNPROMISED = [
    ("sign-up", "malformed"),
    ("assignment", "html"),
    ("notice", "malformed"),
    ("sign-up", "expired_session"),
    ("filling in", "expired_session"),
]


@pytest.mark.parametrize(("call", "kind"), cases(UNPROMISED, ("filling in", "expired_session")))
async def test_an_answer_that_is_not_what_was_promised_is_not_asked_for_again_by_itself(people, sandbox, call, kind):
    sale = people.make_sale()
    order(sandbox, call, kind, times=LASTING)
    run = await onboard(sale.opportunity)
    assert run.ended == "Refused", run.message
    system, path, before = CALLS[call]
    asked = [entry for entry in sandbox.journal(system, sale.since) if path in entry["path"]]
    # Salesforce's session is renewed once before it is given up.
    assert len(asked) - before == (2 if (system, kind) == ("salesforce", "expired_session") else 1)
    sandbox.clear_faults()
    run = await press_retry(run)
    assert run.ended == "Completed", run.message
    await assert_whole_and_once(people, sale)
