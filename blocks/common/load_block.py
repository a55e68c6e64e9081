"""A block as Prefect keeps it, or what is wrong with it in words for the person who edits it."""

from typing import TypeVar

from prefect.blocks.core import Block
from pydantic import ValidationError

from blocks.common.errors import CredentialsRejected

B = TypeVar("B", bound=Block)

SYSTEM = "Prefect"


async def stored(kind: type[B], name: str) -> B:
    """The block of this kind and name.

    Raises:
        WrongCredentials: it is not there, or names each field that is wrong; never quotes what a secret field holds.
    """
    place = f"Blocks → {kind._block_type_name} → {name}"  # noqa: SLF001 -- the name it has in the dashboard
    try:
        block: B = await kind.aload(name)
    except ValueError:
        raise CredentialsRejected(SYSTEM, f"{place} is missing. Create it, or run `lifecycle bootstrap`") from None
    except RuntimeError as error:
        if not isinstance(error.__cause__, ValidationError):
            raise
        raise CredentialsRejected(SYSTEM, f"edit {place}. {_told(kind, error.__cause__)}") from None
    return block


def _told(kind: type[Block], invalid: ValidationError) -> str:
    """Each wrong field by its title, and why."""
    errors = invalid.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(_one(kind, error["loc"], error["msg"].removeprefix("Value error, ")) for error in errors)


def _one(kind: type[Block], path: tuple[int | str, ...], message: str) -> str:
    field = kind.model_fields.get(str(path[0])) if path else None
    if field is None:
        return message
    return " ".join([field.title or str(path[0]), *map(str, path[1:])]) + f": {message}"
