"""An org as it comes from Salesforce: without fields of ours, and a user who may do next to nothing.

Deployed metadata changes that. The stand-in has one login for everybody, so anybody may deploy here; a real org takes
metadata from an admin only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from sandbox.salesforce import schema
from sandbox.salesforce.metadata.package import BadComponent, File, each, field_of, text
from sandbox.salesforce.metadata.rights import Rights, is_secured, merged, visible
from sandbox.salesforce.schema.model import Field, SObject, narrowed


class Failure(NamedTuple):
    """A component that was refused, and why."""

    component: str
    problem: str


@dataclass
class Metadata:
    """What was deployed to an org; names are full names.

    Attributes:
        fields: custom fields, by object.
        sets: permission sets.
        reports: `Folder/Report`, with its title.
        others: other components: custom objects, custom permissions, outbound messages, flows.
    """

    fields: dict[str, dict[str, Field]] = field(default_factory=dict)
    sets: dict[str, Rights] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    def copy(self) -> "Metadata":
        """A copy that can be thrown away."""
        fields = {name: dict(known) for name, known in self.fields.items()}
        return Metadata(fields, dict(self.sets), dict(self.labels), dict(self.reports), set(self.others))

    def objects(self) -> Iterator[SObject]:
        """The objects of the org, for somebody who sees all of them."""
        for known in schema.EVERY.values():
            if not known.name.endswith("__c") or f"CustomObject {known.name}" in self.others:
                standard = (one for one in known.fields.values() if not one.custom)
                yield narrowed(known, [*standard, *self.fields.get(known.name, {}).values()])

    def seen_with(self, assigned: list[str]) -> list[SObject]:
        """The objects as a user with these permission sets sees them."""
        return list(visible(self.objects(), merged(self.sets[name] for name in assigned if name in self.sets)))

    def take(self, files: list[File]) -> list[Failure]:
        """Take every component of a package; the refused ones are left out."""
        takers: list[tuple[str, Callable[[File], None]]] = [
            ("objects", self._object),
            ("customPermissions", lambda file: self.others.add(f"CustomPermission {file.name}")),
            ("workflows", self._workflow),
            ("flows", self._flow),
            ("reports", self._report),
            ("permissionsets", self._permission_set),
        ]
        known = {folder for folder, _ in takers}
        failures = [
            Failure(f"{file.folder}/{file.name}", "the stand-in takes no such component")
            for file in files
            if file.folder not in known
        ]
        for folder, taker in takers:
            for file in files:
                if file.folder == folder:
                    try:
                        taker(file)
                    except BadComponent as refused:
                        failures.append(Failure(f"{folder}/{file.name}", str(refused)))
        return failures

    def _object(self, file: File) -> None:
        if file.name not in schema.EVERY:
            raise BadComponent(f"the stand-in has no object {file.name}")
        if file.name.endswith("__c"):
            if text(file.root, "nameField/type") != "Text" or text(file.root, "deploymentStatus") != "Deployed":
                raise BadComponent("a custom object needs a nameField of type Text, and deploymentStatus Deployed")
            self.others.add(f"CustomObject {file.name}")
        for element in each(file.root, "fields"):
            made = field_of(element)
            if made.targets and made.targets[0] not in schema.EVERY:
                raise BadComponent(f"{made.name}: referenceTo value of '{made.targets[0]}' does not resolve")
            self.fields.setdefault(file.name, {})[made.name] = made

    def _workflow(self, file: File) -> None:
        for message in each(file.root, "outboundMessages"):
            if not text(message, "endpointUrl").startswith("http") or not text(message, "integrationUser"):
                raise BadComponent("an outbound message needs endpointUrl and integrationUser")
            self.others.add(f"OutboundMessage {file.name}.{text(message, 'fullName')}")

    def _flow(self, file: File) -> None:
        for action in each(file.root, "actionCalls"):
            name = text(action, "actionName")
            if text(action, "actionType") == "outboundMessage" and f"OutboundMessage {name}" not in self.others:
                raise BadComponent(f"We can't find an action with the name and action type that you specified: {name}")
        self.others.add(f"Flow {file.name}")

    def _report(self, file: File) -> None:
        if "/" in file.name:
            self.reports[file.name] = text(file.root, "name")

    def _permission_set(self, file: File) -> None:
        objects = {known.name: known for known in self.objects()}
        fields = {
            text(one, "field"): text(one, "editable") == "true"
            for one in each(file.root, "fieldPermissions")
            if text(one, "readable") == "true"
        }
        for name in fields:
            _check_field(name, objects)
        allowed = {text(one, "object"): _allowed(one) for one in each(file.root, "objectPermissions")}
        for name in allowed:
            if name not in objects:
                raise BadComponent(f"In field: field - no CustomObject named {name} found")
        for one in each(file.root, "customPermissions"):
            if f"CustomPermission {text(one, 'name')}" not in self.others:
                raise BadComponent(f"no CustomPermission named {text(one, 'name')} found")
        system = (text(one, "name") for one in each(file.root, "userPermissions") if text(one, "enabled") == "true")
        self.sets[file.name] = Rights(allowed, fields, frozenset(system))
        self.labels[file.name] = text(file.root, "label")


def _allowed(element: Element) -> frozenset[str]:
    flags = {"read": "allowRead", "edit": "allowEdit", "create": "allowCreate", "delete": "allowDelete"}
    return frozenset(right for right, flag in flags.items() if text(element, flag) == "true")


def _check_field(name: str, objects: dict[str, Any]) -> None:
    sobject, _, field_name = name.partition(".")
    known = objects[sobject].fields.get(field_name) if sobject in objects else None
    if known is None:
        raise BadComponent(f"In field: field - no CustomField named {name} found")
    if not is_secured(sobject, known):
        raise BadComponent(f"You cannot deploy to a required field: {name}")
