"""Stand-ins of a test's own, to which the blocks in Prefect point for a while; nobody else's records are in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from prefect.client.schemas.filters import ArtifactFilterKey
from pydantic import SecretStr

from deployments.provisioning.sandbox_blocks import sandbox_blocks
from tasks.reconciliation.kept import DECISIONS_KEY, HISTORY_KEY, LINES_KEY
from tests.support.forgetting import forget_artifacts, forget_runs
from tests.support.sales import SalesPeople
from tests.support.sandbox import start_sandbox

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
        before = {block.get_block_type_slug(): await _stored(block) for block in made}
        for block in made:
            await _store(before[block.get_block_type_slug()][0], _values(block))
        try:
            yield SalesPeople(sandbox)
        finally:
            for number, data in before.values():
                await _store(number, data)
            await forget_earlier()


async def forget_earlier() -> None:
    """Delete every run of the flows, and the reports about drift."""
    await forget_runs(FLOWS)
    await forget_artifacts(ArtifactFilterKey(any_=[LINES_KEY, HISTORY_KEY, DECISIONS_KEY]))


async def _stored(block: Block) -> tuple[Any, dict[str, Any]]:
    """The id and the data of the stored block, its secrets and its last login included."""
    async with get_client() as client:
        saved = await client.read_block_document_by_name("default", block.get_block_type_slug())
    return saved.id, dict(saved.data)


async def _store(number: Any, data: dict[str, Any]) -> None:
    async with get_client() as client:
        await client.update_block_document(number, BlockDocumentUpdate(data=data, merge_existing_data=False))


def _values(block: Block) -> dict[str, Any]:
    secrets = {name: value.get_secret_value() for name, value in block if isinstance(value, SecretStr)}
    return block.model_dump(mode="json") | secrets
