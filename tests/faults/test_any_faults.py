"""Any faults, in any order and number: after Retry until the end everything is there, and nothing twice."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.faults.calls import CALLS
from tests.support.outcome import ALL_EFFECTS, assert_audited, assert_onboarded, effects
from tests.support.runs import audit_page, onboard, press_retry, retry_until_completed
from tests.support.scale import EVERY_CASE

pytestmark = pytest.mark.flows

# What holds a request for long would only make the test slow: `timeout` is met in test_every_call.
kinds = st.sampled_from(["error", "drop_before", "drop_after", "malformed", "html", "expired_session"])
faults = st.fixed_dictionaries(
    {
        "call": st.sampled_from(sorted(set(CALLS) - {"log-in"})),
        "kind": kinds,
        "times": st.integers(1, 6),
        "skip": st.integers(0, 2),
    }
)


@settings(
    max_examples=40 if EVERY_CASE else 3,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(faults, min_size=1, max_size=4), st.integers(0, 2))
async def test_whatever_fails_retry_ends_with_everything_there_once(people, sandbox, ordered, retries):
    sale = people.make_sale()
    for fault in ordered:
        system, path, before = CALLS[fault["call"]]
        sandbox.fault(system, fault["kind"], path=path, times=fault["times"], skip=before + fault["skip"])
    run = await onboard(sale.opportunity)
    for _ in range(retries):
        run = await press_retry(run)
    sandbox.clear_faults()
    await retry_until_completed(run, tries=1)
    assert_onboarded(people, sale)
    assert effects(sandbox, sale.since) == ALL_EFFECTS
    assert_audited(await audit_page(sale.account))
