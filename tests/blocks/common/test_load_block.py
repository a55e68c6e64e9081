"""The blocks as Prefect keeps them: what the dashboard shows, and what comes back out."""

from datetime import UTC, datetime

import httpx
import pytest

from blocks.common.errors import CredentialsRejected
from blocks.common.load_block import stored
from blocks.lms.block import Lms
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from tests.blocks import blocks

pytestmark = pytest.mark.flows

SOON = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

BLOCKS = (
    blocks.salesforce(None),
    blocks.lms("https://lms.example.com"),
    blocks.recurly(None, region="eu"),
    blocks.slack("https://slack.com/api"),
    blocks.outreach("https://api.outreach.io/api/v2", access_token="access-swordfish", access_until=SOON, scopes="a b"),
    blocks.mail("smtp.example.com", 465, encryption="ssl"),
    Policy(
        location_table=[{"up_to_users": 50, "locations": 1}],
        field_map={"account": {"lms_company_id": "Company__c"}, "opportunity": {"contract": "Deal__c"}},
        csms=[{"email": "ana@seller.example", "capacity": "0.85", "ramp_up_until": "2026-09-30", "most_accounts": 0}],
        segments=[
            {
                "segment": "SMB",
                "from_mrr": 0,
                "from_users": 0,
                "target_mrr": "30000.10",
                "target_accounts": 60,
                "most_accounts": 90,
            }
        ],
        weight_of_mrr="0.35",
    ),
)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
async def test_a_block_comes_back_as_it_was_stored_and_is_shown_without_secrets(prefect_api, block):
    await block.save("stored", overwrite=True)
    assert await stored(type(block), "stored") == block
    slug = type(block).get_block_type_slug()
    async with httpx.AsyncClient(base_url=prefect_api, trust_env=False, timeout=60) as api:
        shown = await api.get(f"/block_types/slug/{slug}/block_documents/name/stored")
    assert shown.status_code == httpx.codes.OK
    assert "swordfish" not in shown.text


async def edited(prefect_api, block, **changes):
    """Save a block, then change it as the dashboard does, which knows nothing of our rules."""
    document = await block.save("edited", overwrite=True)
    async with httpx.AsyncClient(base_url=prefect_api, trust_env=False, timeout=60) as api:
        change = {"data": changes, "merge_existing_data": True}
        (await api.patch(f"/block_documents/{document}", json=change)).raise_for_status()


async def test_a_setting_made_wrong_in_the_dashboard_is_told_to_its_editor(prefect_api):
    rows = [{"up_to_users": 0, "locations": 1}]
    await edited(prefect_api, Policy(), time_zone="Eastern", location_table=rows)
    with pytest.raises(CredentialsRejected, match="Blocks → Lifecycle policy → edited") as caught:
        await stored(Policy, "edited")
    assert "Time zone: 'Eastern' is not a time zone: use a name like America/New_York" in str(caught.value)
    assert "Location table 0 up_to_users: Input should be greater than or equal to 1" in str(caught.value)


async def test_a_secret_made_wrong_in_the_dashboard_is_told_without_it(prefect_api):
    await edited(prefect_api, blocks.lms("https://lms.example.com"), default_password="flounder")
    assert (await stored(Lms, "edited")).default_password.get_secret_value() == "flounder"
    await edited(prefect_api, blocks.lms("https://lms.example.com"), default_password="carp", base_url="http://carp")
    with pytest.raises(CredentialsRejected, match=r"Default Password: .*at least 8") as caught:
        await stored(Lms, "edited")
    assert "carp" not in f"{caught.value!r}{caught.value}"


@pytest.mark.usefixtures("prefect_api")
async def test_a_block_that_is_not_there_is_told_with_the_way_to_make_it():
    await blocks.recurly(None).save("another", overwrite=True)
    with pytest.raises(CredentialsRejected, match="Recurly site → nowhere is missing"):
        await stored(RecurlySite, "nowhere")
