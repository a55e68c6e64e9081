"""The connection blocks of a stack with the sandbox."""

import httpx
from prefect.blocks.core import Block

from blocks.common.errors import CredentialsRejected, VendorRefused
from blocks.common.load_block import stored
from blocks.lms.block import Lms
from blocks.mail.block import MailServer
from blocks.outreach.block import OutreachApp
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.slack.block import SlackWorkspace
from deployments.stack.credentials import ORGANIZATION_ID, SandboxCredentials

ANY_REPORT = "00O000000000001EAA"
_OUTREACH = "/outreach/api/v2"


def sandbox_blocks(url: str, credentials: SandboxCredentials, smtp_port: int) -> tuple[Block, ...]:
    """The connections to the sandbox at `url`. The Onboarding Report is found by its name (ONB-5).

    The sandbox's mail server needs no login.
    """
    return (
        _salesforce(url, credentials),
        Lms.model_validate(
            {
                "base_url": f"{url}/lms",
                "api_key": credentials.lms_api_key,
                "default_password": credentials.lms_default_password,
                "company_page": f"{url}/lms/companies/{{company}}",
            }
        ),
        RecurlySite.model_validate(
            {"subdomain": "sandbox", "api_key": credentials.recurly_api_key, "base_url": f"{url}/recurly"}
        ),
        SlackWorkspace.model_validate(
            {
                "token": credentials.slack_token,
                "signing_secret": credentials.slack_signing_secret,
                "base_url": f"{url}/slack/api/",
            }
        ),
        OutreachApp.model_validate(
            {
                "client_id": credentials.outreach_client_id,
                "client_secret": credentials.outreach_client_secret,
                "redirect_uri": "https://localhost/",
                "refresh_token": credentials.outreach_refresh_token,
                "base_url": f"{url}{_OUTREACH}",
                "token_url": f"{url}/outreach/oauth/token",
            }
        ),
        MailServer.model_validate(
            {
                "host": "127.0.0.1",
                "port": smtp_port,
                "encryption": "none",
                "sender_address": "cs-operations@sandbox.example",
            }
        ),
    )


def _salesforce(url: str, credentials: SandboxCredentials) -> SalesforceOrg:
    org = SalesforceOrg.model_validate(
        {
            "my_domain": "sandbox.my",
            "organization_id": ORGANIZATION_ID,
            "consumer_key": credentials.salesforce_consumer_key,
            "consumer_secret": credentials.salesforce_consumer_secret,
            "base_url": f"{url}/salesforce",
            "onboarding_report_id": ANY_REPORT,
        }
    )
    try:
        reports = org.client().query("SELECT Id FROM Report WHERE Name = 'Onboarding Report'")
    except VendorRefused:  # in the world bare there are no reports until they are deployed
        return org
    return org.model_copy(update={"onboarding_report_id": reports[0]["Id"]})


async def with_last_login(block: Block) -> Block:
    """The block with the stored tokens: the first refresh token is invalid after the first login.

    A restarted sandbox does not know the stored tokens and accepts the first one again.
    """
    if not isinstance(block, OutreachApp):
        return block
    try:
        saved = await stored(OutreachApp, "default")
    except CredentialsRejected:
        return block
    if saved.base_url != block.base_url or await _is_new(block.base_url.removesuffix(_OUTREACH)):
        return block
    return block.model_copy(update={name: getattr(saved, name) for name in OutreachApp.LAST_LOGIN})


async def _is_new(url: str) -> bool:
    """Whether nobody has logged in to this sandbox yet."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.get(f"{url}/_control/state", params={"system": "outreach"})
    return not answer.raise_for_status().json()["logins"]
