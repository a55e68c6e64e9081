from collections.abc import Iterator

import pytest

from blocks.lms import Lms
from blocks.recurly import RecurlySite
from blocks.salesforce import SalesforceOrg
from blocks.salesforce_client import SalesforceClient
from blocks.slack import SlackWorkspace
from tests.blocks import blocks
from tests.blocks.vendor import Vendor, started
from tests.support.sandbox import SandboxProcess

SECONDS = 1
"""How long the blocks wait for the sandbox."""


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with started() as one:
        yield one


@pytest.fixture
def client(vendor: Vendor) -> SalesforceClient:
    """A client of a Salesforce org that answers as the vendor is told to."""
    return SalesforceClient(blocks.salesforce(f"{vendor.url}/salesforce", timeout_seconds=0.5)._login())


@pytest.fixture
def sandbox(stand_in: SandboxProcess) -> SandboxProcess:
    """The sandbox with an empty world, nothing ordered and an empty journal."""
    stand_in.reset("empty")
    return stand_in


@pytest.fixture
def org(sandbox: SandboxProcess) -> SalesforceOrg:
    own = sandbox.credentials
    return SalesforceOrg(
        my_domain="acme.my",
        organization_id=own.organization_id,
        consumer_key=own.salesforce_consumer_key,
        consumer_secret=own.salesforce_consumer_secret,
        onboarding_report_id=sandbox.state("salesforce")["onboarding_report_id"],
        base_url=f"{sandbox.url}/salesforce",
        timeout_seconds=SECONDS,
    )


@pytest.fixture
def lms(sandbox: SandboxProcess) -> Lms:
    return Lms(
        base_url=f"{sandbox.url}/lms",
        api_key=sandbox.credentials.lms_api_key,
        default_password="Default-Swordfish-1",
        timeout_seconds=SECONDS,
    )


@pytest.fixture
def recurly(sandbox: SandboxProcess) -> RecurlySite:
    return RecurlySite(
        subdomain="acme",
        api_key=sandbox.credentials.recurly_api_key,
        base_url=f"{sandbox.url}/recurly",
        timeout_seconds=SECONDS,
    )


@pytest.fixture
def slack(sandbox: SandboxProcess) -> SlackWorkspace:
    return SlackWorkspace(
        token=sandbox.credentials.slack_token,
        signing_secret=sandbox.credentials.slack_signing_secret,
        base_url=f"{sandbox.url}/slack/api",
        timeout_seconds=SECONDS,
    )
