"""The blocks of a stack that runs against the sandbox."""

from prefect.blocks.core import Block

from blocks.lms import Lms
from blocks.recurly import RecurlySite
from blocks.salesforce import SalesforceOrg
from blocks.slack import SlackWorkspace
from deployments.credentials import ORGANIZATION_ID, SandboxCredentials

ANY_REPORT = "00O000000000001EAA"


def sandbox_blocks(url: str, credentials: SandboxCredentials) -> tuple[Block, ...]:
    """The connections to the stand-ins at `url`; the Onboarding Report is looked up by its name (ONB-5)."""
    return (
        _salesforce(url, credentials),
        Lms.model_validate(
            {
                "base_url": f"{url}/lms",
                "api_key": credentials.lms_api_key,
                "default_password": credentials.lms_default_password,
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
    reports = org.client().query("SELECT Id FROM Report WHERE Name = 'Onboarding Report'")
    return org.model_copy(update={"onboarding_report_id": reports[0]["Id"]})
