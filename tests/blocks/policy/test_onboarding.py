"""The policy's patience with Recurly and Salesforce (ONB-12, CSM-5)."""

import httpx
import pytest

from blocks.common.load_block import stored
from blocks.policy.block import Policy


def test_onb_12_by_default_a_run_waits_two_minutes():
    policy = Policy()
    assert (policy.recurly_wait_seconds, policy.onboarding_record_wait_seconds) == (120, 120)


@pytest.mark.flows
async def test_a_policy_saved_with_the_former_seconds_between_two_looks_is_still_read(prefect_api):
    document = await Policy().save("looks", overwrite=True)
    former = {"recurly_poll_seconds": 2, "onboarding_record_poll_seconds": 2, "recurly_wait_seconds": 90}
    async with httpx.AsyncClient(base_url=prefect_api, trust_env=False, timeout=60) as api:
        change = {"data": former, "merge_existing_data": False}
        (await api.patch(f"/block_documents/{document}", json=change)).raise_for_status()
    policy = await stored(Policy, "looks")
    assert (policy.recurly_wait_seconds, policy.onboarding_record_wait_seconds) == (90, 120)
