"""`lifecycle bootstrap` saves a policy of an earlier version in sections, so that the dashboard's form shows them."""

import pytest

from blocks.common.load_block import stored
from blocks.policy.block import Policy
from deployments.provisioning.bootstrap import default_policy
from tests.support.stored_blocks import store_data, stored_data

pytestmark = pytest.mark.flows


async def test_a_policy_without_sections_is_saved_in_them_once_and_a_wrong_one_is_left_to_people(override):
    await override("lifecycle-policy")
    number, _ = await stored_data(Policy())

    async def data():
        return (await stored_data(Policy()))[1]

    await store_data(number, {"sales_channel": "#won", "most_ends": 7, "recurly_wait_seconds": 1})
    await default_policy()
    kept = await data()
    assert (kept["people"]["sales_channel"], kept["ends"]["guard_max_count"]) == ("#won", 7)
    assert "sales_channel" not in kept
    await default_policy()
    assert await data() == kept
    assert (await stored(Policy, "default")).sales_channel == "#won"

    await store_data(number, {"sales_channel": "won"})
    await default_policy()
    assert await data() == {"sales_channel": "won"}
