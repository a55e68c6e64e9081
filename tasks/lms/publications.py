"""The steps against the LMS's publications: set up, rename, update, deactivate, reactivate (PUB-2, PUB-5)."""

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
"""How often a name may have been used and given up in a company before a new publication of it is refused."""


class Wanted(TypedDict):
    """A publication to be, as a step takes it.

    `account_id` and `contract_id` say where sales look when the name is taken.
    """

    company_id: str
    organization: str
    name: str
    details: dict[str, Any]
    account_id: str
    contract_id: str


class Seen(TypedDict):
    """A publication as the plan saw it, as a step takes it: what was done to another state of it was another thing."""

    company_id: str
    id: str
    name: str
    state: str


async def carry_out(client: Client, company: Company, step: PublicationStep) -> None:
    """Do one step of a plan.

    Raises:
        HumanInputRequired: the name belongs to another company's publication.
    """
    changes, one, there = step.changes, step.listed, step.there
    contract_id = one.agreements[0].id if one else ""
    if there is None:
        assert one is not None
        wanted = Wanted(
            company_id=company.id,
            organization=client.name,
            name=one.name,
            details=dict(one.details),
            account_id=client.id,
            contract_id=contract_id,
        )
        await set_up_publication(wanted, changes)
        return
    seen = Seen(company_id=company.id, id=there.id, name=there.name, state=state(there))
    match step.action:
        case PublicationAction.RENAME:
            await rename_publication(seen, step.name, changes, account_id=client.id, contract_id=contract_id)
        case PublicationAction.UPDATE if one:
            await update_publication({**seen, "name": step.name}, dict(one.details), changes)
        case PublicationAction.DEACTIVATE:
            await deactivate_publication(seen, str(step.last_day), step.reason, changes)
        case _:
            await reactivate_publication({**seen, "name": step.name}, changes)


def not_in_line(said: str) -> NoReturn:
    """End a run whose changes the LMS took and does not have.

    Raises:
        UnexpectedResponse: always, with what was done and what is left.
    """
    raise UnexpectedResponse("LMS", f"the publications are not in line. {said}")


@write_task("Set up publication {wanted[name]} in the LMS")
async def set_up_publication(wanted: Wanted, changes: Sequence[Change]) -> None:
    """Create a publication, once for each company and name; one that is there already is brought in line (PUB-2).

    Args:
        wanted: the publication.
        changes: the plan's lines, for the audit.

    Raises:
        HumanInputRequired: the name belongs to another company's publication.
    """
    lms = (await connection(Lms)).client()
    known = await lms.publications(wanted["company_id"])
    there = _called(known, wanted["name"])
    if there is None:
        with record_if_unknown(*changes):
            there, ours = await _create(lms, wanted, {one["id"] for one in known}), True
    else:
        # What is there although it is to be set up was made by an earlier try of this step, or by another run.
        ours = attempt() > 1
    if not has_details(there["details"], wanted["details"]):
        await lms.update_publication(there["id"], details=_merged(there["details"], wanted["details"]))
    if ours:
        record(*(replace(change, record=f"Publication {there['id']}") for change in changes))


@write_task("Rename publication {seen[name]} to {new_name} in the LMS")
async def rename_publication(
    seen: Seen, new_name: str, changes: Sequence[Change], *, account_id: str, contract_id: str
) -> None:
    """Give a publication its new name (PUB-5).

    Args:
        seen: the publication.
        new_name: as the contract lists it.
        changes: the plan's lines, for the audit.
        account_id: where sales look when the name is taken and no contract lists it.
        contract_id: where they look else.

    Raises:
        HumanInputRequired: the name belongs to another company's publication.
    """
    try:
        await _change(seen, changes, publicationName=new_name)
    except VendorRefused as refused:
        if refused.code != "publication_exists":
            raise
        organization = (await _present(await _client(), seen))["organizationName"]
        raise HumanInputRequired([name_taken(account_id, contract_id, new_name, organization)]) from None


@write_task("Update the details of publication {seen[name]} in the LMS")
async def update_publication(seen: Seen, details: Mapping[str, Any], changes: Sequence[Change]) -> None:
    """Bring a publication's details up to the contract; further details that others keep there stay (PUB-5)."""
    lms = await _client()
    there = await _present(lms, seen)
    if has_details(there["details"], details):
        _record_made(changes)
        return
    with recording(*changes):
        await lms.update_publication(seen["id"], details=_merged(there["details"], details))


@write_task("Deactivate publication {seen[name]} in the LMS: {last_day} is its last day")
async def deactivate_publication(seen: Seen, last_day: str, reason: str, changes: Sequence[Change]) -> None:
    """Set the last day of a publication, an ISO date; the LMS ends it at the start of the next (PUB-5)."""
    await _change(seen, changes, deactivateOn=date.fromisoformat(last_day), deactivationReason=reason)


@write_task("Reactivate publication {seen[name]} in the LMS")
async def reactivate_publication(seen: Seen, changes: Sequence[Change]) -> None:
    """Take back the end of a publication, whether it is past or planned (PUB-5)."""
    await _change(seen, changes, status="active", deactivateOn=None)


async def _change(seen: Seen, changes: Sequence[Change], **fields: Any) -> None:
    """Write fields of a publication, unless they are so."""
    lms = await _client()
    there = await _present(lms, seen)
    if all(there[name] == value for name, value in fields.items()):
        _record_made(changes)
    elif not (fields.get("deactivateOn") and there["status"] == INACTIVE):
        with recording(*changes):
            await lms.update_publication(seen["id"], **fields)


def _record_made(changes: Sequence[Change]) -> None:
    """Record what is there already, if an earlier try of this step may have made it."""
    if attempt() > 1:
        record(*changes)


async def _client() -> LmsClient:
    return (await connection(Lms)).client()


async def _present(lms: LmsClient, seen: Seen) -> dict[str, Any]:
    """The publication as it is now."""
    for one in await lms.publications(seen["company_id"]):
        if one["id"] == seen["id"]:
            return one
    where = f"{seen['name']} ({seen['id']}) of company {seen['company_id']}"
    raise VendorRefused("LMS", f"there is no publication {where} any more.", code="not_found")


def _called(publications: Sequence[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((one for one in publications if normalize(one["publicationName"]) == normalize(name)), None)


async def _create(lms: LmsClient, wanted: Wanted, known: set[str]) -> dict[str, Any]:
    """Create the publication under the first key that its name has not used up.

    A key stands for one creation for ever. Where the publication it made has another name now, the name is new again.
    """
    company_id, name = wanted["company_id"], wanted["name"]
    fields = {"organizationName": wanted["organization"], "publicationName": name, "companyId": company_id}
    digest = hashlib.sha256(normalize(name).encode()).hexdigest()[:16]
    for number in range(1, MOST_KEYS + 1):
        key = f"publication:{company_id}:{digest}" + (f":{number}" if number > 1 else "")
        try:
            made = await lms.create_publication({**fields, "details": wanted["details"]}, idempotency_key=key)
        except VendorRefused as refused:
            if refused.code not in ("publication_exists", "idempotency_conflict"):
                raise
            if there := _called(await lms.publications(company_id), name):
                return there
            if refused.code == "publication_exists":
                problem = name_taken(wanted["account_id"], wanted["contract_id"], name, wanted["organization"])
                raise HumanInputRequired([problem]) from None
        else:
            if made["id"] not in known:
                return made
    raise VendorRefused("LMS", f"the name {name} was used and given up {MOST_KEYS} times. Set it up by hand.")


def _merged(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The details with ours in them; what others keep there goes back as it came."""
    return {**{name: _as_sent(value) for name, value in present.items()}, **wanted}


def _as_sent(value: Any) -> Any:
    """JSON as it was: its fractions were read as Decimal."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_as_sent(one) for one in value]
    if isinstance(value, dict):
        return {name: _as_sent(one) for name, one in value.items()}
    return value
