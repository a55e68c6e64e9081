"""Lists of records: of one object, of what belongs to a record, and of what a search finds."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final
from urllib.parse import urlencode

from sandbox.page import link, search_form, table
from sandbox.salesforce import ids
from sandbox.salesforce.pages.words import address, label, list_address, object_label, object_of, record_link, shown
from sandbox.salesforce.schema import CHILDREN, OBJECTS
from sandbox.salesforce.schema.model import Row, SObject
from sandbox.salesforce.store import Store

LISTED: Final = 200
_FEW: Final = 20
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "Opportunity": ("AccountId", "StageName", "Type", "CloseDate", "Amount", "OwnerId"),
    "Account": ("CS_Status__c", "CS_Segmentation__c", "Customer_Success_Manager__c", "MRR__c", "LMS_Company_Id__c"),
    "Contact": ("AccountId", "Title", "Email", "Phone"),
    "Contract": (
        "AccountId", "Status", "StartDate", "EndDate", "Service_Level__c", "User_Count__c", "Plan_Amount__c",
        "Products__c",
    ),
    "Customer_Onboarding__c": (
        "Account__c", "Opportunity__c", "Onboarding_Email_Sent_Date__c", "Send_Onboarding_Email__c",
    ),
    "OpportunityContactRole": ("ContactId", "OpportunityId", "Role", "IsPrimary"),
    "User": ("Email", "Title", "CS_Role__c", "CS_Segments__c", "ManagerId", "IsActive"),
    "Case": ("Subject", "AccountId", "Status", "Priority", "OwnerId"),
    "Task": ("WhatId", "Status", "ActivityDate", "OwnerId"),
    "Event": ("WhatId", "StartDateTime", "OwnerId"),
    "ContentDocumentLink": ("ContentDocumentId",),
}  # fmt: skip
CREATABLE: Final = ("Opportunity", "Account", "Contact", "Contract", "OpportunityContactRole", "Case", "Task")
"""The objects of which a person makes records by hand."""
_ALWAYS: Final = ("OpportunityContactRoles", "Contacts", "Opportunities", "Contracts")
"""The related lists that are shown even when they are empty."""
_SEARCHED: Final = (
    "Opportunity",
    "Account",
    "Contact",
    "Contract",
    "Customer_Onboarding__c",
    "User",
    "Case",
    "ContentDocument",
)
_TEXTS: Final = ("Name", "Email", "ContractNumber", "CaseNumber", "Subject", "Title", "Id")


def object_list(store: Store, known: SObject, query: str) -> str:
    """The newest records of an object that have the text."""
    rows = [row for row in reversed(store.tables[known.name].rows.values()) if _has(store, known, row, query)]
    many = object_label(known.name, several=True)
    counted = f"{len(rows)} {many}" + (f"; the newest {LISTED} are shown" if len(rows) > LISTED else "")
    new = (
        f"<a class='button' href='/salesforce/lightning/o/{known.name}/new'>New</a>" if known.name in CREATABLE else ""
    )
    head = f"<div class='head'>{search_form(query, f'Find in {many}')}{new}</div><p class='soft'>{escape(counted)}</p>"
    return head + record_table(store, known, rows[:LISTED])


def record_table(store: Store, known: SObject, rows: Iterable[Row], without: str = "") -> str:
    """Records with the columns that their object has; without the one that says the same of all."""
    fields = [known.fields[name] for name in _COLUMNS.get(known.name, ()) if name != without]
    lines = ([record_link(store, row), *(shown(store, field, row) for field in fields)] for row in rows)
    return table((object_label(known.name), *map(label, fields)), lines, "None.")


def related_lists(store: Store, known: SObject, record_id: str) -> str:
    """What belongs to a record, a list for each kind."""
    return "".join(_related(store, record_id, *one) for one in _relations(known))


def search(store: Store, query: str) -> str:
    """What has the text, by object; the first of each."""
    parts = []
    for name in _SEARCHED if query.strip() else ():
        known = OBJECTS[name]
        rows = [row for row in store.tables[name].rows.values() if _has(store, known, row, query)]
        if rows:
            more = (
                link(f"{list_address(name)}?{urlencode({'q': query})}", f"All {len(rows)}") if len(rows) > _FEW else ""
            )
            parts.append(f"<h2>{object_label(name, several=True)}</h2>{record_table(store, known, rows[:_FEW])}{more}")
    return "".join(parts)


def exact(store: Store, query: str) -> str:
    """The address of the record whose id was given, 15 or 18 characters; "" if there is none."""
    record_id = ids.normal(query.strip())
    return address(record_id) if record_id and object_of(store, record_id) else ""


def _relations(known: SObject) -> Iterator[tuple[str, str, str]]:
    """Name, object and field of each list, those that are always shown first."""
    found = [(one.name, one.child, one.field) for one in CHILDREN.get(known.name, {}).values()]
    return iter(sorted(found, key=lambda one: _ALWAYS.index(one[0]) if one[0] in _ALWAYS else len(_ALWAYS)))


def _related(store: Store, record_id: str, name: str, child: str, field: str) -> str:
    rows = [row for row in store.tables[child].holding(field, [record_id]) if not row["IsDeleted"]]
    if not rows and name not in _ALWAYS:
        return ""
    new = ""
    if child in CREATABLE:
        given = urlencode({field: record_id, "next": address(record_id)})
        text = escape(f"New {object_label(child)}")
        new = f"<a class='button' href='/salesforce/lightning/o/{child}/new?{escape(given)}'>{text}</a>"
    shown_rows = record_table(store, OBJECTS[child], rows[:LISTED], without=field)
    return f"<div class='head'><h2>{escape(object_label(child, several=True))}</h2>{new}</div>{shown_rows}"


def _has(store: Store, known: SObject, row: Row, query: str) -> bool:
    if row["IsDeleted"]:
        return False
    wanted = query.strip().casefold()
    texts = [str(row.get(name) or "") for name in _TEXTS]
    if wanted and "AccountId" in known.fields:
        account = store.named(row.get("AccountId"))
        texts.append(str(account[1].get("Name") or "") if account else "")
    return any(wanted in one.casefold() for one in texts)
