"""Load a block from Prefect; a wrong block is reported in words for the person who edits it."""

from typing import TypeVar

from prefect.blocks.core import Block
from pydantic import ValidationError

from blocks.common.errors import CredentialsRejected

B = TypeVar("B", bound=Block)

SYSTEM = "Prefect"


async def stored(kind: type[B], name: str) -> B:
    """The block of this kind and name.

    Raises:
        CredentialsRejected: it is missing, or fields are wrong; names each of them and never quotes a secret.
    """
    place = f"Blocks → {kind._block_type_name} → {name}"  # noqa: SLF001 -- its name in the dashboard
    try:
        block: B = await kind.aload(name)
    except ValueError:
        raise CredentialsRejected(SYSTEM, f"{place} is missing. Create it, or run `lifecycle bootstrap`") from None
    except RuntimeError as error:
        if not isinstance(error.__cause__, ValidationError):
            raise
        raise CredentialsRejected(SYSTEM, f"edit {place}. {_problems(kind, error.__cause__)}") from None
    return block


def _problems(kind: type[Block], invalid: ValidationError) -> str:
    """Each wrong field by its title, and its problem."""
    errors = invalid.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(_problem(kind, error["loc"], error["msg"].removeprefix("Value error, ")) for error in errors)


def _problem(kind: type[Block], path: tuple[int | str, ...], message: str) -> str:
    field = kind.model_fields.get(str(path[0])) if path else None
    if field is None:
        return message
    return " ".join([field.title or str(path[0]), *map(str, path[1:])]) + f": {message}"
