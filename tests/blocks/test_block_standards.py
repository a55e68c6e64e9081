import re

import pytest
from prefect.testing.standard_test_suites import BlockStandardTestSuite
from pydantic import ValidationError

from blocks.lms.block import Lms
from blocks.mail.block import MailServer
from blocks.outreach.block import OutreachApp
from blocks.policy.block import Policy
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.slack.block import SlackWorkspace
from tests.blocks import blocks

SLUGS = {
    SalesforceOrg: "salesforce-org",
    Lms: "lms",
    RecurlySite: "recurly-site",
    SlackWorkspace: "slack-workspace",
    MailServer: "mail-server",
    OutreachApp: "outreach-app",
    Policy: "lifecycle-policy",
}


@pytest.mark.parametrize("block", SLUGS)
class TestEveryBlock(BlockStandardTestSuite):
    @pytest.fixture
    def block(self, request):
        return request.param

    def test_has_a_valid_image(self, block):
        # The suite's own look at the image needs the internet.
        assert re.fullmatch(r"https://\S+\.(png|svg)", str(block._logo_url))

    def test_has_the_slug_that_documents_are_stored_under(self, block):
        assert block.get_block_type_slug() == SLUGS[block]


CONNECTED = (
    blocks.salesforce("http://127.0.0.1:1"),
    blocks.lms("http://127.0.0.1:1"),
    blocks.recurly("http://127.0.0.1:1"),
    blocks.slack("http://127.0.0.1:1"),
    blocks.outreach("http://127.0.0.1:1"),
)


@pytest.mark.parametrize("block", CONNECTED, ids=lambda block: type(block).__name__)
def test_a_block_shows_no_secret_of_its_own(block):
    shown = f"{block!r} {block} {block.model_dump_json()}"
    assert "swordfish" not in shown


@pytest.mark.parametrize("block", CONNECTED, ids=lambda block: type(block).__name__)
@pytest.mark.parametrize("field", ["base_url", "timeout_seconds"])
def test_a_wrong_field_is_told_without_the_fields_beside_it(block, field):
    plain = {name: getattr(block, name) for name in type(block).model_fields}
    with pytest.raises(ValidationError) as caught:
        type(block)(**{**plain, field: "http://user:swordfish@vendor.example"})
    assert field in str(caught.value)
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize("block", CONNECTED, ids=lambda block: type(block).__name__)
def test_plain_http_is_for_this_machine_alone(block):
    plain = {name: getattr(block, name) for name in type(block).model_fields}
    for accepted in ("http://localhost:8700/x", "http://127.0.0.1:8700", "https://vendor.example"):
        type(block)(**{**plain, "base_url": accepted})
    for refused in (
        "http://vendor.example",
        "http://127.0.0.1.vendor.example",
        "http://192.168.0.1",
        "ftp://127.0.0.1",
    ):
        with pytest.raises(ValidationError, match="https"):
            type(block)(**{**plain, "base_url": refused})


def test_no_two_lookalike_blocks_share_a_client_and_a_block_keeps_its_own():
    one, again = blocks.recurly("http://127.0.0.1:1"), blocks.recurly("http://127.0.0.1:1")
    other = blocks.recurly("http://127.0.0.1:1", api_key="another")
    assert one.client() is again.client()
    assert one.client() is not other.client()


async def test_threads_have_clients_of_their_own():
    import asyncio  # noqa: PLC0415

    block = blocks.slack("http://127.0.0.1:1")
    assert block.client() is not await asyncio.to_thread(block.client)


async def test_an_event_loop_keeps_one_client_of_the_lms():
    block = blocks.lms("http://127.0.0.1:1")
    assert block.client() is block.client()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"consumer_secret": None}, "Consumer Secret"),
        ({"auth": "jwt_bearer", "consumer_secret": None, "username": "a@b.org"}, "Private Key"),
        ({"my_domain": "login"}, "My Domain"),
        ({"my_domain": "acme my"}, "My Domain"),
        ({"organization_id": "00D1"}, "15 or 18"),
        ({"onboarding_report_id": "00O000000000001/../x"}, "15 or 18"),
    ],
)
def test_an_org_says_what_its_login_lacks(changes, words):
    with pytest.raises(ValidationError, match=words):
        blocks.salesforce(None, **changes)


@pytest.mark.parametrize("typed", ["acme.my", "https://acme.my.salesforce.com/", " ACME.my.salesforce.com"])
def test_my_domain_may_be_typed_as_it_is_seen_in_the_browser(typed):
    assert blocks.salesforce(None, my_domain=typed).my_domain == "acme.my"


@pytest.mark.parametrize(
    ("my_domain", "url"),
    [
        ("acme.my", "https://acme.lightning.force.com/lightning/r/001000000000001AAA/view"),
        (
            "acme--dev.sandbox.my",
            "https://acme--dev.sandbox.lightning.force.com/lightning/r/001000000000001AAA/view",
        ),
    ],
)
def test_a_record_s_page_is_lightning_s(my_domain, url):
    assert blocks.salesforce(None, my_domain=my_domain).record_url(blocks.ACCOUNT) == url


@pytest.mark.parametrize(
    "template", ["http://acme.recurly.com/{code}", "https://acme.recurly.com/", "https://{x}/{code}"]
)
def test_a_billing_page_needs_https_and_the_code(template):
    with pytest.raises(ValidationError, match="code"):
        blocks.recurly(None, billing_url_template=template)
