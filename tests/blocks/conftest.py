from collections.abc import Iterator

import pytest

from blocks.lms.block import Lms
from blocks.recurly.block import RecurlySite
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.client import SalesforceClient
from blocks.slack.block import SlackWorkspace
from tests.blocks import blocks
from tests.blocks.vendor import Reply, Vendor, started
from tests.support.sandbox import SandboxProcess

SILENT = 1
"""Seconds after which a vendor that is silent in a test counts as not answering."""
LONG = 10
"""Seconds in which one that answers does, however busy the machine is."""


@pytest.fixture
def patience(request: pytest.FixtureRequest) -> int:
    """Seconds for which a client waits: few in the case whose vendor keeps its answer."""
    case = getattr(request.node, "callspec", None)
    values = case.params.values() if case else ()
    silent = any(
        value == "timeout" or (isinstance(value, Reply) and (value.hold or value.drip > 0)) for value in values
    )
    return SILENT if silent else LONG


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with started() as one:
        yield one


@pytest.fixture(scope="module")
def any_vendor() -> Iterator[Vendor]:
    """A vendor for tests with many examples, each of which tells it anew what to answer."""
    with started() as one:
        yield one


@pytest.fixture
def client(vendor: Vendor, patience: int) -> SalesforceClient:
    """A client of a Salesforce org that answers as the vendor is told to."""
    return SalesforceClient(blocks.salesforce(f"{vendor.url}/salesforce", timeout_seconds=patience)._login())


@pytest.fixture
def org(stand_in: SandboxProcess, patience: int) -> SalesforceOrg:
    own = stand_in.credentials
    return SalesforceOrg(
        my_domain="acme.my",
        organization_id=own.organization_id,
        consumer_key=own.salesforce_consumer_key,
        consumer_secret=own.salesforce_consumer_secret,
        onboarding_report_id=stand_in.state("salesforce")["onboarding_report_id"],
        base_url=f"{stand_in.url}/salesforce",
        timeout_seconds=patience,
    )


@pytest.fixture
def lms(stand_in: SandboxProcess, patience: int) -> Lms:
    return Lms(
        base_url=f"{stand_in.url}/lms",
        api_key=stand_in.credentials.lms_api_key,
        default_password="Default-Swordfish-1",
        timeout_seconds=patience,
    )


@pytest.fixture
def recurly(stand_in: SandboxProcess, patience: int) -> RecurlySite:
    return RecurlySite(
        subdomain="acme",
        api_key=stand_in.credentials.recurly_api_key,
        base_url=f"{stand_in.url}/recurly",
        timeout_seconds=patience,
    )


@pytest.fixture
def slack(stand_in: SandboxProcess, patience: int) -> SlackWorkspace:
    return SlackWorkspace(
        token=stand_in.credentials.slack_token,
        signing_secret=stand_in.credentials.slack_signing_secret,
        base_url=f"{stand_in.url}/slack/api",
        timeout_seconds=patience,
    )
