"""An org of a test's own with no run of anybody else's, and clients in every stand-in that are read without Prefect."""

from collections.abc import AsyncIterator, Iterator

import pytest

from blocks.common.field_map import FieldMap
from blocks.lms.block import Lms
from blocks.recurly.block import RecurlySite
from deployments.provisioning.sandbox_blocks import sandbox_blocks
from flows.onboarding import onboarding
from flows.publications import publications
from rules.reconciliation.client_state import LMS, OUTREACH, RECURLY
from tasks.reconciliation.reading import Sources, Systems
from tasks.reconciliation.recurly_index import RecurlyIndex
from tests.support.asking import Worker
from tests.support.forgetting import forget_runs
from tests.support.sales import SalesPeople
from tests.support.sandbox import SandboxProcess, start_sandbox

EVERYWHERE = frozenset((LMS, RECURLY, OUTREACH))


@pytest.fixture
def empty_org(credentials) -> Iterator[SandboxProcess]:
    """Stand-ins with nobody in them."""
    with start_sandbox("empty", **credentials.for_sandbox()) as process:
        yield process


@pytest.fixture
async def sellers(empty_org, override, credentials) -> SalesPeople:
    """The people of this org, to which the blocks point."""
    for block in sandbox_blocks(empty_org.url, credentials, empty_org.smtp_port):
        fields = {name: getattr(block, name) for name in type(block).model_fields}
        await override(block.get_block_type_slug(), **fields)
    return SalesPeople(empty_org)


@pytest.fixture
async def onboardings(prefect_api) -> AsyncIterator[Worker]:  # noqa: ARG001 - the server of the runs
    """The deployment of the onboarding, without runs: other tests' records have the same ids."""
    yield await _worker(Worker(onboarding, "onboarding"))
    await forget_runs(["onboarding"])


@pytest.fixture
async def publication_runs(prefect_api) -> AsyncIterator[Worker]:  # noqa: ARG001 - the server of the runs
    """The deployment of the publications, without runs."""
    yield await _worker(Worker(publications, "publications"))
    await forget_runs(["publications"])


async def _worker(worker: Worker) -> Worker:
    await forget_runs([worker.flow.name])
    await worker.deploy()
    return worker


@pytest.fixture
def lms_block(stand_in_process):
    return Lms(
        base_url=f"{stand_in_process.url}/lms",
        api_key=stand_in_process.credentials.lms_api_key,
        default_password="Default-Swordfish-1",
    )


@pytest.fixture
def recurly_site(stand_in_process):
    key, url = stand_in_process.credentials.recurly_api_key, f"{stand_in_process.url}/recurly"
    return RecurlySite(subdomain="acme", api_key=key, base_url=url)


@pytest.fixture
def systems(org, lms_block):
    return Systems(org.block, lms_block, FieldMap(), ())


@pytest.fixture
def nothing():
    """Sources with no account and no sequence."""
    return Sources(RecurlyIndex([]), {})
