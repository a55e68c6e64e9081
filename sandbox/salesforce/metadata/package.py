"""A zip of metadata as `deploy` takes it: its files, and the components that they define."""

import io
import zipfile
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException, ElementTree

from sandbox.salesforce.schema.model import Field, FieldType

NAMESPACE: Final = "{http://soap.sforce.com/2006/04/metadata}"
_TYPES: Final[dict[str, FieldType]] = {
    "Checkbox": "boolean", "Currency": "currency", "Date": "date", "DateTime": "datetime", "LongTextArea": "textarea",
    "Lookup": "reference", "MultiselectPicklist": "multipicklist", "Number": "double", "Picklist": "picklist",
    "Text": "string", "Url": "url",
}  # fmt: skip
_LENGTHS: Final[dict[str, int]] = {"Lookup": 18, "MultiselectPicklist": 4099, "Picklist": 255, "Url": 255}


class BadComponent(Exception):
    """Raised for a component that no org would take; the message is the problem."""


class File(NamedTuple):
    """One file of the zip: `objects`, `Account`, and its root element."""

    folder: str
    name: str
    root: Element


def files_of(content: bytes) -> list[File]:
    """The files of a zip, without `package.xml`.

    Raises:
        BadComponent: it is no zip, has no `package.xml`, or a file is no XML.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise BadComponent("the file is no zip") from None
    names = archive.namelist()
    if "package.xml" not in names:
        raise BadComponent("No package.xml found")
    return [_file(name, archive.read(name)) for name in names if name != "package.xml" and not name.endswith("/")]


def _file(path: str, content: bytes) -> File:
    folder, _, rest = path.partition("/")
    try:
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise BadComponent(f"{path}: {error}") from None
    # `reports/Folder-meta.xml` and `reports/Folder/Report.report`
    return File(folder, rest.rpartition(".")[0].removesuffix("-meta"), root)


def text(element: Element, path: str, default: str = "") -> str:
    """The text of an element below another; a path's steps are separated by slashes."""
    return (element.findtext("/".join(f"{NAMESPACE}{step}" for step in path.split("/"))) or default).strip()


def each(element: Element, name: str) -> Iterator[Element]:
    """The elements of that name right below another."""
    yield from element.findall(f"{NAMESPACE}{name}")


def field_of(element: Element) -> Field:
    """The field that a `CustomField` defines.

    Raises:
        BadComponent: a value is missing, or of a kind that this org has not.
    """
    name, kind = text(element, "fullName"), text(element, "type")
    if kind not in _TYPES:
        raise BadComponent(f"{name}: the stand-in has no fields of type {kind or 'nothing'}")
    if not name.endswith("__c") or not text(element, "label"):
        raise BadComponent(f"{name}: a custom field has a name that ends in __c, and a label")
    if kind in ("Text", "LongTextArea") and not text(element, "length"):
        raise BadComponent(f"{name}: Must specify 'length' for a CustomField of type {kind}")
    if kind in ("LongTextArea", "MultiselectPicklist") and not text(element, "visibleLines"):
        raise BadComponent(f"{name}: Must specify 'visibleLines' for a CustomField of type {kind}")
    if kind == "Checkbox" and not text(element, "defaultValue"):
        raise BadComponent(f"{name}: Must specify 'defaultValue' for a CustomField of type Checkbox")
    values = element.findall(f".//{NAMESPACE}valueSetDefinition/{NAMESPACE}value/{NAMESPACE}fullName")
    lookup = kind == "Lookup"
    if lookup and not text(element, "relationshipName"):
        raise BadComponent(f"{name}: Must specify 'relationshipName' for a CustomField of type Lookup")
    return Field(
        name,
        _TYPES[kind],
        text(element, "label"),
        int(text(element, "length") or _LENGTHS.get(kind, 0)),
        external_id=text(element, "externalId") == "true",
        unique=text(element, "unique") == "true",
        values=tuple(value.text or "" for value in values),
        restricted=text(element, "valueSet/restricted", "true") == "true",
        targets=(text(element, "referenceTo"),) if lookup else (),
        relationship=f"{name.removesuffix('__c')}__r" if lookup else "",
        children=f"{text(element, 'relationshipName')}__r" if lookup else "",
        default=False if kind == "Checkbox" else None,
        scale=int(text(element, "scale") or 0),
    )
