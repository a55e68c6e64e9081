"""The steps that upload the filled Account Analysis Checklist to the Salesforce account, and withdraw it (TRN-8)."""

import asyncio
import base64
import re
from datetime import date
from typing import TypedDict

from simple_salesforce.format import format_soql

from blocks.common.errors import UnexpectedResponse, VendorError, VendorUnavailable
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.client import SalesforceClient
from blocks.salesforce.composite import Fields
from rules.common.records import Change
from rules.common.text import safe_file_name
from rules.transition.account_facts import AccountFacts
from rules.transition.checklist import checklist
from tasks.core.connections import connection
from tasks.core.effects import record, record_if_unknown, recording
from tasks.core.steps import write_task
from tasks.salesforce.fields import parent, required
from tasks.transition.checklist_workbook import ChecklistContent, fill_template
from tasks.transition.policy import thresholds_of

LONGEST_KEY = 150
"""Salesforce cuts a title after 255 characters, and the title ends with the key."""
WITHDRAWN = "Withdrawn: "
"""The beginning of the title of a checklist whose move was undone."""
_LONGEST_NAME = 60
_NOT_IN_NAMES = re.compile(r"[^\w .&'-]+")


class UploadedFile(TypedDict):
    """A file in Salesforce: its id (ContentDocument, 18 characters), and its page."""

    id: str
    url: str


async def fill_checklist(facts: AccountFacts, today: date) -> bytes:
    """The filled checklist of an account, as a workbook.

    Args:
        facts: of the account, from all systems.
        today: in the org's time zone.
    """
    thresholds = thresholds_of(await connection(Policy))
    lines = checklist(facts, today, thresholds)
    return await asyncio.to_thread(fill_template, ChecklistContent(facts, lines, today, facts.users_paid_for(today)))


@write_task("Upload the checklist of {name}", keyed_by=("account_id", "key"))
async def upload_checklist(account_id: str, key: str, *, name: str, content: str) -> UploadedFile:
    """Upload the checklist to the account, once: a repeat finds the file by its key.

    Args:
        account_id: 18 characters.
        key: the permanent key of the file, at the end of its title: `transition:<approval>:<account id>`.
        name: of the account.
        content: the workbook in base64.
    """
    if not key or len(key) > LONGEST_KEY:
        raise ValueError(f"a key has 1 to {LONGEST_KEY} characters, not {len(key)}")
    org = await connection(SalesforceOrg)
    plain_name = " ".join(_NOT_IN_NAMES.sub(" ", name).split())[:_LONGEST_NAME].strip()
    title = f"Account Analysis Checklist {plain_name} ({key})"
    change = Change("Salesforce", f"Account {account_id}", "File", "", title, "TRN-8")
    body = {
        "Title": title,
        "PathOnClient": safe_file_name(f"Account Analysis Checklist {plain_name}.xlsx"),
        "VersionData": content,
        "FirstPublishLocationId": account_id,
    }

    def upload() -> tuple[str, bool]:
        client = org.client()
        if ids := checklist_ids(client, account_id, key):
            return ids[0], False
        try:
            version = client.create("ContentVersion", body)
        except VendorError as error:
            # The file may have been created: a Retry must not create it again.
            ids = _created_ids(client, account_id, key) if _is_outcome_unknown(error) else []
            if not ids:
                raise
            return ids[0], True
        return required(client.get("ContentVersion", version, ["ContentDocumentId"]), "ContentDocumentId"), True

    with record_if_unknown(change):
        document, is_new = await asyncio.to_thread(upload)
    if is_new:
        record(change)
    return UploadedFile(id=document, url=org.record_url(document))


@write_task("Mark the checklist of {label} as withdrawn", per_try=True)
async def withdraw_checklist(account_id: str, key: str) -> None:
    """Mark the checklists of a move as withdrawn, in their titles; the files are kept.

    Args:
        account_id: 18 characters.
        key: of the checklist.
    """
    org = await connection(SalesforceOrg)
    titles = await asyncio.to_thread(lambda: checklist_titles(org.client(), account_id, key))
    marked = {document: f"{WITHDRAWN}{title}" for document, title in titles.items() if not title.startswith(WITHDRAWN)}
    changes = [
        Change("Salesforce", f"ContentDocument {document}", "Title", titles[document], title, "TRN-8")
        for document, title in marked.items()
    ]
    if marked:
        records = [Fields("ContentDocument", document, {"Title": title}) for document, title in marked.items()]
        with recording(*changes):
            await asyncio.to_thread(lambda: org.client().change(records))


def in_base64(content: bytes) -> str:
    """The content of a file as text, for a parameter of a step."""
    return base64.b64encode(content).decode()


def _is_outcome_unknown(error: VendorError) -> bool:
    return isinstance(error, UnexpectedResponse) or (isinstance(error, VendorUnavailable) and error.outcome_unknown)


def checklist_ids(client: SalesforceClient, account_id: str, key: str) -> list[str]:
    """The ids of the account's files whose title contains the key, the oldest first; usually one or none.

    Args:
        client: of this thread.
        account_id: 18 characters.
        key: of the checklist.
    """
    return list(checklist_titles(client, account_id, key))


def checklist_titles(client: SalesforceClient, account_id: str, key: str) -> dict[str, str]:
    """The titles of the same files, by their ids."""
    soql = format_soql(
        "SELECT ContentDocumentId, ContentDocument.Title FROM ContentDocumentLink"
        " WHERE LinkedEntityId = {} AND ContentDocument.Title LIKE '%({:like})%' ORDER BY ContentDocumentId",
        account_id,
        key,
    )
    rows = client.query(soql)
    return {required(row, "ContentDocumentId"): required(parent(row, "ContentDocument") or {}, "Title") for row in rows}


def _created_ids(client: SalesforceClient, account_id: str, key: str) -> list[str]:
    """As `checklist_ids`; nothing when the search fails as well, so that the error of the upload is raised."""
    try:
        return checklist_ids(client, account_id, key)
    except VendorError:
        return []
