"""Load blocks from Prefect; a wrong block is reported in words for the person who edits it."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient
from prefect.client.utilities import inject_client
from pydantic import BaseModel, ValidationError

from blocks.common.errors import CredentialsRejected

B = TypeVar("B", bound=Block)
Stored = Mapping[str, Mapping[str, Any]]
"""Blocks as Prefect stores them, secrets included, by the slug of their kind."""

SYSTEM = "Prefect"


async def stored(kind: type[B], name: str) -> B:
    """The block of this kind and name.

    Raises:
        CredentialsRejected: it is missing, or fields are wrong; names each of them and never quotes a secret.
    """
    return validated(kind, name, await read_stored([kind], name))


@inject_client
async def read_stored(kinds: Iterable[type[Block]], name: str, *, client: PrefectClient | None = None) -> Stored:
    """The blocks of that name, in one call to Prefect; those that do not exist are left out."""
    assert client is not None
    slugs = [kind.get_block_type_slug() for kind in kinds]
    which = {"block_types": {"slug": {"any_": slugs}}, "block_documents": {"name": {"any_": [name]}}}
    answer = await client.request("POST", "/block_documents/filter", json=which | {"include_secrets": True})
    return {document["block_type"]["slug"]: document for document in answer.json()}


def validated(kind: type[B], name: str, read: Stored) -> B:
    """The block of this kind, from what was read.

    Raises:
        CredentialsRejected: as for `stored`.
    """
    place = f"Blocks → {kind._block_type_name} → {name}"  # noqa: SLF001 -- its name in the dashboard
    found = read.get(kind.get_block_type_slug())
    if found is None:
        advice = "Create it in the dashboard. If Prefect does not offer its type, run `lifecycle bootstrap`"
        raise CredentialsRejected(SYSTEM, f"{place} is missing. {advice}")
    try:
        block = kind.model_validate(found["data"])
    except ValidationError as invalid:
        raise CredentialsRejected(SYSTEM, f"edit {place}. {problems_of(kind, invalid)}") from None
    # As Prefect's own `load` does, without its event for each block that is read.
    block._block_document_id, block._block_document_name = UUID(found["id"]), name  # noqa: SLF001
    block._is_anonymous = found["is_anonymous"]  # noqa: SLF001
    return block


def problems_of(kind: type[Block], invalid: ValidationError) -> str:
    """Each wrong field by its title, and its problem."""
    errors = invalid.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(_problem(kind, error["loc"], error["msg"].removeprefix("Value error, ")) for error in errors)


def _problem(kind: type[BaseModel], path: tuple[int | str, ...], message: str) -> str:
    """The title of the wrong field, after those of its sections, and its problem."""
    field = kind.model_fields.get(str(path[0])) if path else None
    if field is None:
        return message
    title, section, rest = field.title or str(path[0]), field.annotation, path[1:]
    if rest and isinstance(section, type) and issubclass(section, BaseModel) and rest[0] in section.model_fields:
        return f"{title} → {_problem(section, rest, message)}"
    return " ".join([title, *map(str, rest)]) + f": {message}"
