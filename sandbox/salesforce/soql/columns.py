"""Which field a path means, and how its value is read from a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce import schema
from sandbox.salesforce.errors import SalesforceError, malformed_query
from sandbox.salesforce.schema.model import Field, Row, SObject
from sandbox.salesforce.soql.syntax import Path
from sandbox.salesforce.store import Store

Getter = Callable[[Row], Any]
_DEEPEST = 5
_NAMES = ("Name", "CaseNumber", "ContractNumber", "Subject", "Title")


@dataclass(frozen=True)
class Column:
    """A field and the references that lead to it."""

    parents: tuple[Field, ...]
    field: Field

    def getter(self, store: Store) -> Getter:
        """Reads the value from a row; None where a parent is missing, and false for a check box there."""
        name, absent = self.field.name, False if self.field.type == "boolean" else None
        if not self.parents:
            return lambda row: row.get(name, absent)
        parents = self.parents

        def read(row: Row) -> Any:
            for step in parents:
                above = parent(store, step, row)
                if above is None:
                    return absent
                row = above
            return row.get(name, absent)

        return read


def parent(store: Store, step: Field, row: Row) -> Row | None:
    """The record a reference points to; of a polymorphic one only id, name and type are seen."""
    target = row.get(step.name)
    if target is None:
        return None
    if len(step.targets) == 1:
        return store.live(step.targets[0], target)
    found = store.named(target)
    if found is None or found[1]["IsDeleted"]:
        return None
    shown = next((found[1][name] for name in _NAMES if name in found[1]), None)
    return {"Id": target, "Name": shown, "Type": found[0]}


def seen_through(step: Field) -> SObject:
    """The object at the other end of a reference."""
    return schema.OBJECTS[step.targets[0]] if len(step.targets) == 1 else schema.NAME


def column(source: SObject, path: Path) -> Column:
    """Resolve a path from an object.

    Raises:
        SalesforceError: INVALID_FIELD.
    """
    if len(path.steps) > _DEEPEST + 1:
        raise malformed_query(f"relationship path is too deep: {path}")
    parents: list[Field] = []
    for name in path.steps[:-1]:
        step = source.parent_named(name)
        if step is None or not any(target in schema.OBJECTS for target in step.targets):
            raise SalesforceError(
                "INVALID_FIELD",
                f"Didn't understand relationship '{name}' in field path. If you are attempting to use a "
                "custom relationship, be sure to append the '__r' after the custom relationship name. "
                "Please reference your WSDL or the describe call for the appropriate names.",
            )
        parents.append(step)
        source = seen_through(step)
    field = source.field_named(path.steps[-1])
    if field is None:
        raise no_such_column(path.steps[-1], source)
    return Column(tuple(parents), field)


def no_such_column(name: str, source: SObject) -> SalesforceError:
    """The refusal of an unknown field."""
    return SalesforceError(
        "INVALID_FIELD",
        f"No such column '{name}' on entity '{source.name}'. If you are attempting to use a custom field, "
        "be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe "
        "call for the appropriate names.",
    )
