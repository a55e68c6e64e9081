"""What a user without an admin's rights sees of an org: its objects and fields, by the user's permission sets.

The user has the profile *Minimum Access - API Only Integrations*, which allows next to nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sandbox.salesforce.schema.model import Field, SObject, narrowed

SECURED: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "Account": """AccountNumber BillingCity BillingCountry BillingPostalCode BillingState BillingStreet Description
            Industry NumberOfEmployees ParentId Phone Type Website""",
        "Case": "AccountId ClosedDate ContactId Description Origin Priority Subject Type",
        "Contact": "AccountId Department Email MobilePhone Phone Title",
        "Contract": "Description ContractTerm EndDate StartDate",
        "Event": "Description IsAllDayEvent Location WhatId WhoId",
        "Opportunity": "AccountId Amount ContractId Description NextStep Probability Type",
        "Task": "ActivityDate Description WhatId WhoId",
    }.items()
}
"""The standard fields with field-level security, as the profiles of real orgs list them; nobody can hide the others."""
_OPEN: Final = frozenset({"User", "Organization", "PermissionSet", "PermissionSetAssignment"})
_FILES: Final = frozenset({"ContentVersion", "ContentDocument", "ContentDocumentLink"})
_ACTIVITIES: Final = frozenset({"Task", "Event"})
_READ_WITH: Final = {"OpportunityContactRole": "Opportunity"}


@dataclass(frozen=True)
class Rights:
    """What a user's permission sets allow together.

    Attributes:
        objects: read and edit, by object.
        fields: whether it may be edited, by `Object.Field`.
        system: names of system permissions.
    """

    objects: Mapping[str, frozenset[str]]
    fields: Mapping[str, bool]
    system: frozenset[str]

    def reads(self, name: str) -> bool:
        """Whether the user sees an object."""
        if name in _OPEN or name in _FILES:
            return True
        if name in _ACTIVITIES:
            return "ActivitiesAccess" in self.system
        if name == "Report":
            return "RunReports" in self.system
        return "read" in self.objects.get(_READ_WITH.get(name, name), ())

    def edits(self, name: str) -> bool:
        """Whether the user may change records of an object."""
        if name in ("PermissionSetAssignment", *_FILES):
            return True
        return "EditTask" in self.system if name == "Task" else "edit" in self.objects.get(name, ())

    def creates(self, name: str) -> bool:
        """Whether the user may create records of an object."""
        return name in ("PermissionSetAssignment", *_FILES) or "create" in self.objects.get(name, ())


def merged(sets: Iterable[Rights]) -> Rights:
    """The rights of several permission sets."""
    objects: dict[str, frozenset[str]] = {}
    fields: dict[str, bool] = {}
    system: frozenset[str] = frozenset()
    for one in sets:
        objects |= {name: allowed | objects.get(name, frozenset()) for name, allowed in one.objects.items()}
        fields |= {name: editable or fields.get(name, False) for name, editable in one.fields.items()}
        system |= one.system
    return Rights(objects, fields, system)


def visible(objects: Iterable[SObject], rights: Rights) -> Iterator[SObject]:
    """The objects as the user sees them."""
    for known in objects:
        if rights.reads(known.name):
            yield narrowed(known, (_as_seen(known, field, rights) for field in _readable(known, rights)))


def _readable(known: SObject, rights: Rights) -> Iterator[Field]:
    for field in known.fields.values():
        if not is_secured(known.name, field) or f"{known.name}.{field.name}" in rights.fields:
            yield field


def _as_seen(known: SObject, field: Field, rights: Rights) -> Field:
    allowed = not is_secured(known.name, field) or rights.fields[f"{known.name}.{field.name}"]
    if (known.name, field.name) == ("Case", "OwnerId"):
        allowed = "TransferAnyCase" in rights.system
    return replace(
        field,
        createable=field.createable and allowed and rights.creates(known.name),
        updateable=field.updateable and allowed and rights.edits(known.name),
    )


def is_secured(name: str, field: Field) -> bool:
    """Whether the field is hidden from a user whose permission sets do not name it."""
    return field.custom or field.name in SECURED.get(name, ())
