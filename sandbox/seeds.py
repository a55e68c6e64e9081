"""The records of a seed order, checked for their shape."""

from collections.abc import Collection
from typing import Any


def check_kinds(system: str, records: dict[str, Any], kinds: Collection[str]) -> None:
    """Raise ValueError when there are records of a kind that the system cannot be given."""
    if unknown := set(records) - set(kinds):
        raise ValueError(f"{system}.{min(unknown)}: only {', '.join(kinds)} can be seeded")


def rows(
    system: str, kind: str, records: dict[str, Any], fields: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """The records of one kind.

    Raises:
        ValueError: they are not a list of objects, or have others than these fields.
    """
    found = records.get(kind, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ValueError(f"{system}.{kind}: a list of objects is expected")
    for row in found:
        if fields is not None and (unknown := set(row) - set(fields)):
            raise ValueError(f"{system}.{kind}: {min(unknown)} is not one of {', '.join(fields)}")
    return found
