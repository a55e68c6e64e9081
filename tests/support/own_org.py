"""Stand-ins of a test's own, to which the blocks in Prefect point for a while; nobody else's records are in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from prefect.client.schemas.filters import ArtifactFilterKey

from deployments.provisioning.sandbox_blocks import sandbox_blocks
from tasks.reconciliation.kept import DECISIONS_KEY, HISTORY_KEY, LINES_KEY
from tests.support.forgetting import forget_artifacts, forget_runs
from tests.support.sales import SalesPeople
from tests.support.sandbox import start_sandbox
from tests.support.stored_blocks import data_of, store_data, stored_data

if TYPE_CHECKING:
    from deployments.stack.credentials import SandboxCredentials

FLOWS = [
    "onboarding",
    "csm-assignment",
    "publications",
    "deactivation",
    "entitlement",
    "account-transition",
    "reconciliation",
]


@asynccontextmanager
async def own_org(credentials: "SandboxCredentials") -> AsyncIterator[SalesPeople]:
    """The people of an empty org.

    Runs and reports of other tests are forgotten, because their records have the same ids. In the end, the stored
    blocks come back.
    """
    await forget_earlier()
    with start_sandbox("empty", **credentials.for_sandbox()) as sandbox:
        made = sandbox_blocks(sandbox.url, credentials, sandbox.smtp_port)
        before = [stored for block in made if (stored := await stored_data(block))]
        for (number, _), block in zip(before, made, strict=True):
            await store_data(number, data_of(block))
        try:
            yield SalesPeople(sandbox)
        finally:
            for number, data in before:
                await store_data(number, data)
            await forget_earlier()


async def forget_earlier() -> None:
    """Delete every run of the flows, and the reports about drift."""
    await forget_runs(FLOWS)
    await forget_artifacts(ArtifactFilterKey(any_=[LINES_KEY, HISTORY_KEY, DECISIONS_KEY]))
