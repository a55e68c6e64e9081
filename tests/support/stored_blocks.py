"""The data of blocks that are stored in Prefect. `Block.save` takes a second, because it registers the type again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentCreate, BlockDocumentUpdate
from prefect.exceptions import ObjectNotFound
from pydantic import SecretStr


async def stored_data(block: Block | type[Block]) -> tuple[Any, dict[str, Any]] | None:
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


async def save(block: Block) -> None:
    """Save a block as `default`, in place of one that is stored."""
    await _put(type(block), data_of(block))


async def delete(kind: type[Block]) -> None:
    """Delete the stored block of a type, if there is one."""
    await _put(kind, None)


@asynccontextmanager
async def as_before(kind: type[Block]) -> AsyncIterator[None]:
    """In the end, the stored block of a type is as it was, or there is none."""
    before = await stored_data(kind)
    yield
    await _put(kind, before and before[1])


async def _put(kind: type[Block], data: dict[str, Any] | None) -> None:
    stored = await stored_data(kind)
    if stored and data is not None:
        await store_data(stored[0], data)
    elif stored:
        async with get_client() as client:
            await client.delete_block_document(stored[0])
    elif data is not None:
        if kind._block_schema_id is None:
            await kind.register_type_and_schema()
        of = {"block_type_id": kind._block_type_id, "block_schema_id": kind._block_schema_id}
        async with get_client() as client:
            await client.create_block_document(BlockDocumentCreate(name="default", data=data, **of))
