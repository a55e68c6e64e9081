"""What an org's schema is made of: objects, fields, and how they hang together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

Row = dict[str, Any]
FieldType = Literal[
    "id", "string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "combobox",
    "boolean", "double", "currency", "percent", "int", "date", "datetime", "reference", "base64",
]  # fmt: skip
NUMBERS = frozenset({"double", "currency", "percent", "int"})
_LONGEST_FILTERABLE = 255


@dataclass(frozen=True)
class Field:
    """One field as describe shows it.

    Attributes:
        targets: the objects a reference may point to; several make it polymorphic.
        relationship: the name of the parent in a path, when it is a reference.
        children: the name of this reference seen from the parent, for subqueries.
        restricted: values outside the picklist are refused.
        scale: decimal places kept.
        auto_number: the org numbers the records itself.
    """

    name: str
    type: FieldType
    label: str = ""
    length: int = 0
    required: bool = False
    createable: bool = True
    updateable: bool = True
    external_id: bool = False
    unique: bool = False
    values: tuple[str, ...] = ()
    restricted: bool = True
    targets: tuple[str, ...] = ()
    relationship: str = ""
    children: str = ""
    default: Any = None
    scale: int = 0
    auto_number: bool = False

    @property
    def custom(self) -> bool:
        """Made by the org's admin."""
        return self.name.endswith("__c")

    @property
    def filterable(self) -> bool:
        """Long text and files cannot stand in a WHERE."""
        return self.type != "base64" and not (self.type == "textarea" and self.length > _LONGEST_FILTERABLE)


@dataclass(frozen=True)
class SObject:
    """One object: its fields by name, and what it computes from them.

    Attributes:
        folded: the fields by their names in lower case.
        parents: the references by their relationship names in lower case.
        defaults: what a new record holds where nothing is given.
        numbered: the fields that count the records.
        stamps: the fields that hold when another field was changed last, by the other field's name.
        derive: computes formula fields of a row; it gets the whole row and answers the computed values.
    """

    name: str
    prefix: str
    fields: dict[str, Field]
    derive: Callable[[Row], Row] | None = None
    writeable: bool = True
    folded: dict[str, Field] = field(default_factory=dict)
    parents: dict[str, Field] = field(default_factory=dict)
    defaults: Row = field(default_factory=dict)
    numbered: tuple[str, ...] = ()
    stamps: Mapping[str, str] = field(default_factory=dict)

    def field_named(self, name: str) -> Field | None:
        """Field names are case-insensitive."""
        return self.fields.get(name) or self.folded.get(name.lower())

    def parent_named(self, relationship: str) -> Field | None:
        """The reference behind a relationship name (`Account`, `Customer_Success_Manager__r`)."""
        return self.parents.get(relationship.lower())


@dataclass(frozen=True)
class ChildRelationship:
    """A relationship seen from the parent: `Account.Contacts` is Contact by AccountId."""

    name: str
    child: str
    field: str


def sobject(
    name: str,
    prefix: str,
    *fields: Field,
    derive: Callable[[Row], Row] | None = None,
    writeable: bool = True,
    stamps: Mapping[str, str] = MappingProxyType({}),
) -> SObject:
    """Complete an object with the fields every one has, and its look-up tables."""
    bare = SObject(name, prefix, {}, derive, writeable, stamps=stamps)
    return narrowed(bare, (*_BEFORE, *fields, *_AUDIT))


def narrowed(known: SObject, fields: Iterable[Field]) -> SObject:
    """The same object with these fields only."""
    every = {field.name: field for field in fields}
    return replace(
        known,
        fields=every,
        folded={field.name.lower(): field for field in every.values()},
        parents={field.relationship.lower(): field for field in every.values() if field.relationship},
        defaults={field.name: field.default for field in every.values() if field.default is not None},
        numbered=tuple(field.name for field in every.values() if field.auto_number),
    )


def _label(name: str) -> str:
    return name.removesuffix("__c").replace("_", " ")


def text(name: str, length: int = 255, **more: Any) -> Field:
    """A line of text."""
    return Field(name, "string", length=length, label=_label(name), **more)


def area(name: str, length: int = 32_000) -> Field:
    """Several lines of text."""
    return Field(name, "textarea", length=length, label=_label(name))


def kind(name: str, type_: FieldType, **more: Any) -> Field:
    """A field whose type says everything: boolean, date, e-mail."""
    lengths = {"email": 80, "phone": 40, "url": 255}
    default = False if type_ == "boolean" else None
    given = {"length": lengths.get(type_, 0), "default": default} | more
    return Field(name, type_, label=_label(name), **given)


def number(name: str, scale: int = 0, type_: FieldType = "double", **more: Any) -> Field:
    """A number with so many decimal places."""
    return Field(name, type_, label=_label(name), scale=scale, **more)


def picklist(name: str, *values: str, **more: Any) -> Field:
    """One value of a list."""
    return Field(name, "picklist", label=_label(name), length=255, values=values, **more)


def multi(name: str, *values: str, **more: Any) -> Field:
    """Several values of a list, kept as text with semicolons."""
    return Field(name, "multipicklist", label=_label(name), length=4099, values=values, **more)


def reference(name: str, *targets: str, children: str = "", **more: Any) -> Field:
    """A look-up: `AccountId` is reached as `Account`, `Lead__c` as `Lead__r`."""
    parent = name.removesuffix("Id") if name.endswith("Id") else name.removesuffix("__c") + "__r"
    return Field(
        name,
        "reference",
        label=_label(name),
        length=18,
        targets=targets,
        relationship=parent,
        children=children,
        **more,
    )


def computed(source: Field) -> Field:
    """A formula: nobody writes it."""
    return replace(source, createable=False, updateable=False)


_BEFORE = (computed(Field("Id", "id", label="Record ID", length=18)),)
_AUDIT = (
    computed(kind("IsDeleted", "boolean")),
    computed(kind("CreatedDate", "datetime")),
    computed(reference("CreatedById", "User")),
    computed(kind("LastModifiedDate", "datetime")),
    computed(reference("LastModifiedById", "User")),
    computed(kind("SystemModstamp", "datetime")),
)
