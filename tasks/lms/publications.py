"""LMS steps for publications: set up, rename, update, deactivate, reactivate (PUB-2, PUB-5)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn, TypedDict

from blocks.common.errors import UnexpectedResponse, VendorRefused
from blocks.lms.block import Lms, LmsClient
from rules.common.problems import HumanInputRequired
from rules.common.records import INACTIVE, Change, Company
from rules.common.text import normalize
from rules.contracts.clients import Client
from rules.publications.requests import PublicationAction
from rules.publications.review import name_taken
from rules.publications.steps import PublicationStep, has_details, state
from tasks.core.connections import connection
from tasks.core.effects import record, record_if_unknown, recording
from tasks.core.steps import attempt, write_task

MOST_KEYS = 5
"""Creation keys that are tried for a name which earlier publications of the company used and gave up."""


class PublicationDraft(TypedDict):
    """A publication to create; `account_id` and `contract_id` are the records that sales check if the name is taken."""

    company_id: str
    organization: str
    name: str
    details: dict[str, Any]
    account_id: str
    contract_id: str


class PlannedPublication(TypedDict):
    """A publication as it was when the plan was made: the name and the state are a part of the step's key."""

    company_id: str
    id: str
    name: str
    state: str


async def carry_out(client: Client, company: Company, step: PublicationStep) -> None:
    """Carry out one step of a plan.

    Raises:
        HumanInputRequired: the name belongs to another company's publication.
    """
    changes, listed, existing = step.changes, step.listed, step.there
    contract_id = listed.agreements[0].id if listed else ""
    if existing is None:
        assert listed is not None
        draft = PublicationDraft(
            company_id=company.id,
            organization=client.name,
            name=listed.name,
            details=dict(listed.details),
            account_id=client.id,
            contract_id=contract_id,
        )
        await set_up_publication(draft, changes)
        return
    planned = PlannedPublication(company_id=company.id, id=existing.id, name=existing.name, state=state(existing))
    match step.action:
        case PublicationAction.RENAME:
            await rename_publication(planned, step.name, changes, account_id=client.id, contract_id=contract_id)
        case PublicationAction.UPDATE if listed:
            await update_publication({**planned, "name": step.name}, dict(listed.details), changes)
        case PublicationAction.DEACTIVATE:
            await deactivate_publication(planned, str(step.last_day), step.reason, changes)
        case _:
            await reactivate_publication({**planned, "name": step.name}, changes)


def raise_out_of_sync(summary: str) -> NoReturn:
    """End a run after the LMS accepted changes that it does not show.

    Raises:
        UnexpectedResponse: always, with the summary.
    """
    raise UnexpectedResponse("LMS", f"the publications are out of sync with the contracts. {summary}")


@write_task("Set up publication {draft[name]} in the LMS")
async def set_up_publication(draft: PublicationDraft, changes: Sequence[Change]) -> None:
    """Create a publication, once for each company and name; an existing one gets the details (PUB-2).

    Args:
        draft: the publication.
        changes: the plan's changes, for the audit.

    Raises:
        HumanInputRequired: the name belongs to another company's publication.
    """
    lms = await _client()
    known = await lms.publications(draft["company_id"])
    publication = _with_name(known, draft["name"])
    if publication is None:
        with record_if_unknown(*changes):
            publication, ours = await _create(lms, draft, {row["id"] for row in known}), True
    else:
        # An earlier try of this step, or another run, has created it.
        ours = attempt() > 1
    if not has_details(publication["details"], draft["details"]):
        details = _merged(publication["details"], draft["details"])
        await lms.update_publication(publication["id"], details=details)
    if ours:
        record(*(replace(change, record=f"Publication {publication['id']}") for change in changes))


@write_task("Rename publication {planned[name]} to {new_name} in the LMS")
async def rename_publication(
    planned: PlannedPublication, new_name: str, changes: Sequence[Change], *, account_id: str, contract_id: str
) -> None:
    """Give a publication its new name (PUB-5).

    Args:
        planned: the publication.
        new_name: the name in the contract.
        changes: the plan's changes, for the audit.
        account_id: the record that sales check if the name is taken and no contract lists it.
        contract_id: the record that they check otherwise; "" for none.

    Raises:
        HumanInputRequired: the name belongs to another company's publication.
    """
    try:
        await _change(planned, changes, publicationName=new_name)
    except VendorRefused as refused:
        if refused.code != "publication_exists":
            raise
        organization = (await _present(await _client(), planned))["organizationName"]
        raise HumanInputRequired([name_taken(account_id, contract_id, new_name, organization)]) from None


@write_task("Update the details of publication {planned[name]} in the LMS")
async def update_publication(
    planned: PlannedPublication, details: Mapping[str, Any], changes: Sequence[Change]
) -> None:
    """Set a publication's details to those of the contract; other details stay (PUB-5)."""
    lms = await _client()
    publication = await _present(lms, planned)
    if has_details(publication["details"], details):
        _record_made(changes)
        return
    with recording(*changes):
        await lms.update_publication(planned["id"], details=_merged(publication["details"], details))


@write_task("Deactivate publication {planned[name]} in the LMS: {last_day} is its last day")
async def deactivate_publication(
    planned: PlannedPublication, last_day: str, reason: str, changes: Sequence[Change]
) -> None:
    """Set the last day of a publication, an ISO date; the LMS ends it at the start of the next day (PUB-5)."""
    await _change(planned, changes, deactivateOn=date.fromisoformat(last_day), deactivationReason=reason)


@write_task("Reactivate publication {planned[name]} in the LMS")
async def reactivate_publication(planned: PlannedPublication, changes: Sequence[Change]) -> None:
    """Cancel the end of a publication, past or planned (PUB-5)."""
    await _change(planned, changes, status="active", deactivateOn=None)


async def _change(planned: PlannedPublication, changes: Sequence[Change], **fields: Any) -> None:
    """Write fields of a publication, unless they have these values already."""
    lms = await _client()
    publication = await _present(lms, planned)
    if all(publication[name] == value for name, value in fields.items()):
        _record_made(changes)
    elif not (fields.get("deactivateOn") and publication["status"] == INACTIVE):
        with recording(*changes):
            await lms.update_publication(planned["id"], **fields)


def _record_made(changes: Sequence[Change]) -> None:
    """Record changes that the LMS shows already, if an earlier try of this step may have made them."""
    if attempt() > 1:
        record(*changes)


async def _client() -> LmsClient:
    return (await connection(Lms)).client()


async def _present(lms: LmsClient, planned: PlannedPublication) -> dict[str, Any]:
    """The publication as it is now."""
    for publication in await lms.publications(planned["company_id"]):
        if publication["id"] == planned["id"]:
            return publication
    label = f"{planned['name']} ({planned['id']}) of company {planned['company_id']}"
    raise VendorRefused("LMS", f"the publication {label} does not exist any more.", code="not_found")


def _with_name(publications: Sequence[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((row for row in publications if normalize(row["publicationName"]) == normalize(name)), None)


async def _create(lms: LmsClient, draft: PublicationDraft, known: set[str]) -> dict[str, Any]:
    """Create the publication under the first key that its name has not used up.

    A key stands for one creation for ever. If the publication that it created has another name now, the next key
    is used.

    Args:
        lms: the client.
        draft: the publication.
        known: the ids of the company's publications before.
    """
    company_id, name = draft["company_id"], draft["name"]
    fields = {"organizationName": draft["organization"], "publicationName": name, "companyId": company_id}
    digest = hashlib.sha256(normalize(name).encode()).hexdigest()[:16]
    for number in range(1, MOST_KEYS + 1):
        key = f"publication:{company_id}:{digest}" + (f":{number}" if number > 1 else "")
        try:
            created = await lms.create_publication({**fields, "details": draft["details"]}, idempotency_key=key)
        except VendorRefused as refused:
            if refused.code not in ("publication_exists", "idempotency_conflict"):
                raise
            if existing := _with_name(await lms.publications(company_id), name):
                return existing
            if refused.code == "publication_exists":
                problem = name_taken(draft["account_id"], draft["contract_id"], name, draft["organization"])
                raise HumanInputRequired([problem]) from None
        else:
            if created["id"] not in known:
                return created
    message = f"{MOST_KEYS} publications of company {company_id} had the name {name} before. Set this one up by hand."
    raise VendorRefused("LMS", message)


def _merged(present: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The present details with the changed ones; the others keep their values."""
    return {**{name: _as_sent(value) for name, value in present.items()}, **changed}


def _as_sent(value: Any) -> Any:
    """The JSON value as the LMS sent it: its fractions were read as Decimal."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_as_sent(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_sent(item) for name, item in value.items()}
    return value
