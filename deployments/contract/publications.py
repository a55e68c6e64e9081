"""Publications: created once for each key, one for each name of an organization, changed and ended."""

from typing import Any

from deployments.contract.end_of_service import FAR, ended_and_back, planned_and_withdrawn
from deployments.contract.trial import Trial, check


@check(
    "createPublication",
    "A company gets a publication: 201 with every field as it was sent, and active.",
    advice="Answer 201 with the whole publication. Keep details as they are.",
)
async def publication_created(trial: Trial) -> None:
    """Details of any form are kept."""
    details = {"products": ["Learning"], "rate": 0.5, "note": None, "nested": {"Söhne": [1, "2"]}}
    body = await _new(trial, details=details)
    reply = await trial.call(json=body, idempotency_key=trial.key())
    reply.expect_fields(body | {"status": "active"}, reply.expect(201))


@check(
    "createPublication",
    "A repeat with the same key and body answers 200 with the same publication.",
    advice="Keep the first response under its Idempotency-Key, and give it again.",
)
async def publication_repeat(trial: Trial) -> None:
    """Nothing is created by a repeat."""
    body, key = await _new(trial), trial.key()
    first = await trial.given("createPublication", json=body, idempotency_key=key)
    again = await trial.call(json=body, idempotency_key=key)
    again.expect_value("the id of the first response", first["id"], again.expect(200)["id"])
    found = await trial.given("findPublications", params={"companyId": body["companyId"]})
    again.expect_value("the publications", [first["id"]], [one["id"] for one in found["publications"]])


@check(
    "createPublication",
    "The same key with another body is 409 idempotency_conflict.",
    advice="Keep a digest of the body with the Idempotency-Key, and compare it.",
)
async def publication_conflict(trial: Trial) -> None:
    """A key stands for one body."""
    body, key = await _new(trial), trial.key()
    await trial.given("createPublication", json=body, idempotency_key=key)
    other = await trial.call(json=body | {"publicationName": "South"}, idempotency_key=key)
    other.expect(409, code="idempotency_conflict")


@check(
    "createPublication",
    "A name that the organization has, also in capitals, is 409 publication_exists with its publicationId.",
    advice="Make organizationName and publicationName unique together, without regard to case.",
)
async def publication_exists(trial: Trial) -> None:
    """The error names the publication."""
    body = await _new(trial)
    first = await trial.given("createPublication", json=body, idempotency_key=trial.key())
    names = {name: body[name].upper() for name in ("organizationName", "publicationName")}
    other = await trial.call(json=body | names, idempotency_key=trial.key())
    error = other.expect(409, code="publication_exists")["error"]
    other.expect_value("publicationId", first["id"], error["publicationId"])


@check(
    "createPublication",
    "Another organization may have a publication with the same name.",
    advice="Make the name unique within its organization only.",
)
async def publication_of_other_organization(trial: Trial) -> None:
    """Names are unique in one organization only."""
    body = await _new(trial)
    first = await trial.given("createPublication", json=body, idempotency_key=trial.key())
    other = await trial.call(json=body | {"organizationName": f"Other {trial.name}"}, idempotency_key=trial.key())
    created = other.expect(201)
    found = (await trial.given("findPublications", params={"companyId": body["companyId"]}))["publications"]
    ids = {one["id"] for one in found}
    other.expect_value("both publications:", sorted({first["id"], created["id"]}), sorted(ids))


@check(
    "createPublication",
    "A wrong value is 422 invalid with its field.",
    advice="Check every field before you create anything, and name all wrong ones in fields.",
)
async def publication_invalid(trial: Trial) -> None:
    """Nothing is created."""
    body = await _new(trial, publicationName="")
    reply = await trial.call(json=body, idempotency_key=trial.key())
    fields = reply.expect(422, code="invalid")["error"]["fields"]
    reply.expect_value("the wrong fields", ["publicationName"], sorted(fields))


@check(
    "updatePublication",
    "A publication gets a new name and details, a repeat is 200, and its old name is free.",
    advice="Change only the fields that were sent, and store them. Check uniqueness against present names.",
)
async def publication_changes(trial: Trial) -> None:
    """Details are replaced, not merged."""
    body = await _new(trial)
    publication = await trial.given("createPublication", json=body, idempotency_key=trial.key())
    changes = {"publicationName": "East", "details": {"userCount": 50}}
    for _ in range(2):
        reply = await trial.call(publication["id"], json=changes)
        reply.expect_fields(body | changes, reply.expect(200))
    found = await trial.given("findPublications", params={"companyId": body["companyId"]})
    for one in found["publications"]:
        reply.expect_fields(changes, one)
    await trial.given("createPublication", json=body, idempotency_key=trial.key())


@check(
    "updatePublication",
    "A name that the organization has, also in capitals, is 409 publication_exists with its publicationId.",
    advice="Check the new name as that of a new publication.",
)
async def publication_renamed_to_existing(trial: Trial) -> None:
    """The error names the other publication."""
    company_id = (await trial.given_company())["companyId"]
    first, second = [await trial.given_publication(company_id) for _ in range(2)]
    reply = await trial.call(second["id"], json={"publicationName": first["publicationName"].upper()})
    error = reply.expect(409, code="publication_exists")["error"]
    reply.expect_value("publicationId", first["id"], error["publicationId"])


@check(
    "updatePublication",
    "A last day in the future makes a publication scheduled, and null withdraws it.",
    advice="Derive the status from deactivateOn. A service lasts through its last day.",
)
async def publication_end_planned(trial: Trial) -> None:
    """As for a company."""
    await planned_and_withdrawn(trial, await _given(trial))


@check(
    "updatePublication",
    "A last day in the past makes a publication inactive, and status active starts it again.",
    advice="End a service at once if its last day is over. status active without deactivateOn removes the last day.",
)
async def publication_ended_and_back(trial: Trial) -> None:
    """As for a company."""
    await ended_and_back(trial, await _given(trial))


@check(
    "updatePublication",
    "A wrong value is 422 invalid with its field, and the publication stays as it was.",
    advice="Check every field before you change anything.",
)
async def publication_change_invalid(trial: Trial) -> None:
    """A right field of the same request is not changed either."""
    company_id = (await trial.given_company())["companyId"]
    publication = await trial.given_publication(company_id)
    reply = await trial.call(publication["id"], json={"publicationName": "", "deactivateOn": FAR})
    fields = reply.expect(422, code="invalid")["error"]["fields"]
    reply.expect_value("the wrong fields", ["publicationName"], sorted(fields))
    found = await trial.given("findPublications", params={"companyId": company_id})
    for one in found["publications"]:
        reply.expect_fields({"publicationName": publication["publicationName"], "status": "active"}, one)


async def _given(trial: Trial) -> str:
    company_id = (await trial.given_company())["companyId"]
    return str((await trial.given_publication(company_id))["id"])


async def _new(trial: Trial, **changes: Any) -> dict[str, Any]:
    """A publication of a new company."""
    return trial.publication((await trial.given_company())["companyId"], **changes)


CHECKS = (
    publication_created,
    publication_repeat,
    publication_conflict,
    publication_exists,
    publication_of_other_organization,
    publication_invalid,
    publication_changes,
    publication_renamed_to_existing,
    publication_end_planned,
    publication_ended_and_back,
    publication_change_invalid,
)
