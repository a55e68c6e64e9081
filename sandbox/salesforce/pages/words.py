"""How records and fields are called and shown on the org's pages."""

import re
from html import escape
from typing import Any, Final

from sandbox.page import link
from sandbox.salesforce.schema import BY_PREFIX
from sandbox.salesforce.schema.model import NUMBERS, Field, Row, SObject
from sandbox.salesforce.store import Store

OBJECTS: Final = {
    "Opportunity": ("Opportunity", "Opportunities"),
    "Account": ("Account", "Accounts"),
    "Contact": ("Contact", "Contacts"),
    "Contract": ("Contract", "Contracts"),
    "Customer_Onboarding__c": ("Customer Onboarding", "Customer Onboardings"),
    "OpportunityContactRole": ("Contact Role", "Contact Roles"),
    "User": ("User", "Users"),
    "Case": ("Case", "Cases"),
    "Task": ("Task", "Tasks"),
    "Event": ("Event", "Events"),
    "ContentDocument": ("File", "Files"),
    "ContentVersion": ("File version", "File versions"),
    "ContentDocumentLink": ("File link", "Files"),
}
"""The name of one record and of several, by object."""
_LABELS: Final = {
    "StageName": "Stage",
    "IsPrimary": "Primary",
    "IsActive": "Active",
    "WhatId": "Related To",
    "WhoId": "Name",
    "TimeZoneSidKey": "Time Zone",
    "ActivityDate": "Due Date",
    "MRR__c": "MRR",
    "ContentDocumentId": "File",
    "LinkedEntityId": "Record",
}
_TITLES: Final = ("Name", "ContractNumber", "CaseNumber", "Subject", "Title")
_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def object_label(name: str, *, several: bool = False) -> str:
    """What an object is called."""
    return OBJECTS.get(name, (name, name))[several]


def label(field: Field) -> str:
    """What a field is called: `OwnerId` is Owner, `CloseDate` is Close Date."""
    name = field.name.removesuffix("Id") if field.targets else field.label
    return _LABELS.get(field.name) or _WORDS.sub(" ", name.removesuffix("__c").replace("_", " "))


def title(store: Store, row: Row) -> str:
    """What a record is called: a contact role by its contact, a link to a file by its file."""
    found = next((str(row[name]) for name in _TITLES if row.get(name)), "")
    other = row.get("ContactId") if "IsPrimary" in row else row.get("ContentDocumentId")
    named = store.named(other) if not found else None
    return found or (title(store, named[1]) if named else str(row["Id"]))


def address(record_id: str) -> str:
    """The page of a record."""
    return f"/salesforce/lightning/r/{record_id}/view"


def list_address(name: str) -> str:
    """The page of an object's records."""
    return f"/salesforce/lightning/o/{name}/list"


def record_link(store: Store, row: Row) -> str:
    """A link to a record."""
    return link(address(str(row["Id"])), title(store, row))


def text(field: Field, value: Any) -> str:
    """A value as a form holds it; "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if field.type in NUMBERS and float(value).is_integer():
        return str(int(value))
    return str(value)


def shown(store: Store, field: Field, row: Row) -> str:
    """A value as markup for people; "" for none."""
    value = row.get(field.name)
    if value is None:
        return ""
    if field.type == "reference":
        found = store.named(str(value))
        return record_link(store, found[1]) if found else escape(str(value))
    if field.type == "url" and str(value).startswith(("https://", "http://")):
        return link(str(value), value)
    text = escape(_text_of(field, value))
    return f"<time>{text}</time>" if field.type in ("date", "datetime") else text


def _text_of(field: Field, value: Any) -> str:
    match field.type:
        case "boolean":
            return "Yes" if value else "No"
        case "datetime":
            return f"{str(value)[:16].replace('T', ' ')} UTC"
        case "currency":
            return f"{value:,.2f}"
        case "double":
            return f"{value:,.15g}"
        case "multipicklist":
            return str(value).replace(";", ", ")
    return str(value)


def object_of(store: Store, record_id: str) -> tuple[SObject, Row] | None:
    """The live record of an id, with its object."""
    known = BY_PREFIX.get(record_id[:3])
    row = store.live(known.name, record_id) if known else None
    return (known, row) if known and row else None
