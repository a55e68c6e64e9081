"""What a statement shows of each row: fields, parents, children, nested as Salesforce nests them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.errors import malformed_query
from sandbox.salesforce.schema.model import Field, Row, SObject
from sandbox.salesforce.soql.columns import column, parent, seen_through
from sandbox.salesforce.soql.syntax import Path
from sandbox.salesforce.store import Store

Children = Callable[[Row], list[Row]]


@dataclass
class Selection:
    """The chosen fields of one object, and those of its parents and children.

    Attributes:
        parents: by relationship name: the reference, and what is chosen of the parent.
        children: by relationship name: how a row's children are found, and what is chosen of each.
    """

    source: SObject
    fields: list[Field] = field(default_factory=list)
    parents: dict[str, "tuple[Field, Selection]"] = field(default_factory=dict)
    children: dict[str, "tuple[Children, Selection]"] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Choose a field; choosing it twice is refused as the real service does."""
        found = column(self.source, path)
        at = self
        for step in found.parents:
            at = at.parents.setdefault(step.relationship, (step, Selection(seen_through(step))))[1]
        if found.field in at.fields:
            raise malformed_query(f"duplicate field selected: {path}")
        at.fields.append(found.field)

    def render(self, store: Store, row: Row, base: str) -> dict[str, Any]:
        """A row as JSON.

        Args:
            store: where its parents are.
            row: the record.
            base: the version's path, `/services/data/v59.0`.
        """
        shown: dict[str, Any] = {"attributes": attributes(row.get("Type", "Name"), row["Id"], base)}
        if self.source.prefix:
            shown["attributes"] = attributes(self.source.name, row["Id"], base)
        for chosen in self.fields:
            shown[chosen.name] = _shown(chosen, row, shown["attributes"]["url"])
        for name, (step, selection) in self.parents.items():
            above = parent(store, step, row)
            shown[name] = None if above is None else selection.render(store, above, base)
        for name, (children, selection) in self.children.items():
            rows = [selection.render(store, child, base) for child in children(row)]
            shown[name] = {"totalSize": len(rows), "done": True, "records": rows} if rows else None
        return shown


def _shown(chosen: Field, row: Row, url: str) -> Any:
    if chosen.type == "base64":
        return f"{url}/{chosen.name}"
    return row.get(chosen.name, False if chosen.type == "boolean" else None)


def attributes(object_name: str, record_id: str, base: str) -> dict[str, str]:
    """What Salesforce puts in front of every record."""
    return {"type": object_name, "url": f"{base}/sobjects/{object_name}/{record_id}"}
