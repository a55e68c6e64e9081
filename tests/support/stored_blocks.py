"""The data of blocks that are stored in Prefect. `Block.save` takes a second, because it registers the type again."""

from typing import Any

from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr


async def stored_data(block: Block) -> tuple[Any, dict[str, Any]] | None:
    """The id and the data of the stored block of this type, its secrets and its last login included; None without."""
    async with get_client() as client:
        try:
            saved = await client.read_block_document_by_name("default", block.get_block_type_slug())
        except ObjectNotFound:
            return None
    return saved.id, dict(saved.data)


async def store_data(number: Any, data: dict[str, Any]) -> None:
    """Replace the data of a stored block."""
    async with get_client() as client:
        await client.update_block_document(number, BlockDocumentUpdate(data=data, merge_existing_data=False))


def data_of(block: Block) -> dict[str, Any]:
    """The fields of a block, its secrets included; a dump with secrets computes the schema for every field."""
    secrets = {name: value.get_secret_value() for name, value in block if isinstance(value, SecretStr)}
    return block.model_dump(mode="json") | secrets
