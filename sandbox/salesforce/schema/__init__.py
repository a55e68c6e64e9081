"""The stand-in org's schema (contracts, section 9): declared once, used by every part."""

from collections import defaultdict
from collections.abc import Iterable

from sandbox.salesforce.schema import around, standard
from sandbox.salesforce.schema.model import ChildRelationship, SObject, kind, sobject, text

EVERY: dict[str, SObject] = {known.name: known for known in (*standard.OBJECTS, *around.OBJECTS)}
OBJECTS: dict[str, SObject] = dict(EVERY)
"""What the API shows: everything, unless the world is bare (`show`)."""
BY_PREFIX: dict[str, SObject] = {known.prefix: known for known in EVERY.values()}
# What a polymorphic parent (What, Who) shows in a path.
NAME = sobject("Name", "", text("Name"), kind("Type", "picklist"), writeable=False)

_FOLDED = {name.lower(): known for name, known in OBJECTS.items()}


def object_named(name: str) -> SObject | None:
    """Object names are case-insensitive."""
    return OBJECTS.get(name) or _FOLDED.get(name.lower())


def _children() -> dict[str, dict[str, ChildRelationship]]:
    found: dict[str, dict[str, ChildRelationship]] = defaultdict(dict)
    for child in OBJECTS.values():
        for field in child.fields.values():
            for target in field.targets if field.children else ():
                found[target][field.children.lower()] = ChildRelationship(field.children, child.name, field.name)
    return found


CHILDREN: dict[str, dict[str, ChildRelationship]] = _children()


def show(objects: Iterable[SObject]) -> None:
    """Let the API show these objects only, as they are here."""
    OBJECTS.clear()
    OBJECTS.update({known.name: known for known in objects})
    _FOLDED.clear()
    _FOLDED.update({name.lower(): known for name, known in OBJECTS.items()})
    CHILDREN.clear()
    CHILDREN.update(_children())
