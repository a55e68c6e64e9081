"""The step that puts the filled Account Analysis Checklist among the files of the Salesforce account (TRN-8)."""

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
from tasks.transition.checklist_workbook import Filled, filled
from tasks.transition.policy import thresholds_of

LONGEST_KEY = 150
"""Salesforce cuts a title after 255 characters, and the key stands behind the name."""
WITHDRAWN = "Withdrawn: "
"""Before the title of a checklist whose move was undone."""
_LONGEST_NAME = 60
_NOT_IN_NAMES = re.compile(r"[^\w .&'-]+")


class Uploaded(TypedDict):
    """The file: its id in Salesforce (ContentDocument, 18 characters), and its page."""

    id: str
    url: str


async def filled_checklist(facts: AccountFacts, today: date) -> bytes:
    """The checklist of an account as a workbook.

    Args:
        facts: as all systems know it.
        today: in the org's time zone.
    """
    thresholds = thresholds_of(await connection(Policy))
    lines = checklist(facts, today, thresholds)
    return await asyncio.to_thread(filled, Filled(facts, lines, today, facts.users_paid_for(today)))


@write_task("Upload the checklist of {name}", keyed_by=("account_id", "key"))
async def upload_checklist(account_id: str, key: str, *, name: str, content: str) -> Uploaded:
    """Put the checklist among the account's files, once for ever: a repeat finds it by its key.

    Args:
        account_id: 18 characters.
        key: names the file for ever and stands in its title: `transition:<approval>:<account id>`.
        name: the account's.
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
        if there := published(client, account_id, key):
            return there[0], False
        try:
            version = client.create("ContentVersion", body)
        except VendorError as error:
            # What may have arrived is looked for before anybody sends it again.
            there = _arrived(client, account_id, key) if _unclear(error) else []
            if not there:
                raise
            return there[0], True
        return required(client.get("ContentVersion", version, ["ContentDocumentId"]), "ContentDocumentId"), True

    with record_if_unknown(change):
        document, ours = await asyncio.to_thread(upload)
    if ours:
        record(change)
    return Uploaded(id=document, url=org.record_url(document))


@write_task("Mark the checklist of {label} as withdrawn", per_try=True)
async def withdraw_checklist(account_id: str, key: str) -> None:
    """Say in the title of a move's checklists that they are withdrawn; the files stay.

    Args:
        account_id: 18 characters.
        key: of the checklist.
    """
    org = await connection(SalesforceOrg)
    there = await asyncio.to_thread(lambda: titles(org.client(), account_id, key))
    marked = {document: f"{WITHDRAWN}{title}" for document, title in there.items() if not title.startswith(WITHDRAWN)}
    changes = [
        Change("Salesforce", f"ContentDocument {document}", "Title", there[document], title, "TRN-8")
        for document, title in marked.items()
    ]
    if marked:
        records = [Fields("ContentDocument", document, {"Title": title}) for document, title in marked.items()]
        with recording(*changes):
            await asyncio.to_thread(lambda: org.client().change(records))


def in_base64(content: bytes) -> str:
    """A file as the step takes it: plain text."""
    return base64.b64encode(content).decode()


def _unclear(error: VendorError) -> bool:
    return isinstance(error, UnexpectedResponse) or (isinstance(error, VendorUnavailable) and error.outcome_unknown)


def published(client: SalesforceClient, account_id: str, key: str) -> list[str]:
    """The account's files whose title carries the key, the oldest first: their ids, one or none if all went well.

    Args:
        client: of this thread.
        account_id: 18 characters.
        key: of the checklist.
    """
    return list(titles(client, account_id, key))


def titles(client: SalesforceClient, account_id: str, key: str) -> dict[str, str]:
    """As `published`, with the title of each."""
    soql = format_soql(
        "SELECT ContentDocumentId, ContentDocument.Title FROM ContentDocumentLink"
        " WHERE LinkedEntityId = {} AND ContentDocument.Title LIKE '%({:like})%' ORDER BY ContentDocumentId",
        account_id,
        key,
    )
    rows = client.query(soql)
    return {required(row, "ContentDocumentId"): required(parent(row, "ContentDocument") or {}, "Title") for row in rows}


def _arrived(client: SalesforceClient, account_id: str, key: str) -> list[str]:
    """As `published`; a search that fails as well finds nothing, so that the doubt about the upload stays."""
    try:
        return published(client, account_id, key)
    except VendorError:
        return []
