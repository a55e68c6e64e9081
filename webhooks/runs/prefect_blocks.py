"""Reads a block document of Prefect over its API, without loading Prefect's client or our block classes."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from webhooks.common.errors import MissingError
from webhooks.runs.prefect_api import PrefectApi, parsed

Fields = TypeVar("Fields", bound=BaseModel)


class _Document(BaseModel, Generic[Fields]):
    model_config = ConfigDict(hide_input_in_errors=True)

    data: Fields


async def read_block(api: PrefectApi, fields: type[Fields], block: str, advice: str) -> Fields:
    """The fields of a block, secrets included.

    Args:
        api: repeats the call while Prefect is busy.
        fields: the fields that the caller needs; the others are ignored.
        block: `<type slug>/<name>`.
        advice: what to do when the block does not exist; ends the error message.

    Raises:
        MissingError: Prefect has no such block.
        PrefectError: Prefect did not answer, or the block lacks a field.
    """
    slug, name = block.split("/")
    path = f"/block_types/slug/{slug}/block_documents/name/{name}?include_secrets=true"
    try:
        answer = await api.with_retries(lambda: api.call("GET", path))
    except MissingError as error:
        raise MissingError(f"Prefect has no block {block}: {advice}") from error
    return parsed(_Document[fields], answer).data  # type: ignore[valid-type]
