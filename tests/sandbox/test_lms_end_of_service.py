import httpx
import pytest

from tests.sandbox.lms_calls import error


def status(lms: httpx.Client, company: str) -> str:
    return str(lms.get(f"/api/companies/{company}").json()["status"])


def test_a_company_is_in_service_through_its_last_day_and_inactive_from_the_next(stand_in, lms, company):
    stand_in.clock("2026-06-29")
    lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30", "deactivationReason": "Churn"})
    assert status(lms, company) == "scheduled"
    stand_in.clock("2026-06-30")
    assert status(lms, company) == "scheduled"
    stand_in.clock("2026-07-01")
    assert status(lms, company) == "inactive"
    assert stand_in.state("lms")["companies"][0]["deactivationReason"] == "Churn"


def test_the_state_shows_the_end_of_service_without_any_request(stand_in, lms, company):
    stand_in.clock("2026-06-29")
    lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30"})
    stand_in.clock("2026-07-01")
    assert stand_in.state("lms")["companies"][0]["status"] == "inactive"


def test_a_planned_end_can_be_withdrawn(stand_in, lms, company):
    stand_in.clock("2026-06-29")
    lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30"})
    withdrawn = lms.patch(f"/api/companies/{company}", json={"deactivateOn": None}).json()
    assert (withdrawn["status"], withdrawn["deactivateOn"]) == ("active", None)
    stand_in.clock("2026-07-01")
    assert status(lms, company) == "active"


def test_a_company_can_be_reactivated_and_stays_so(stand_in, lms, company):
    stand_in.clock("2026-06-29")
    lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30"})
    stand_in.clock("2026-07-01")
    again = lms.patch(f"/api/companies/{company}", json={"status": "active"}).json()
    assert (again["status"], again["deactivateOn"]) == ("active", None)
    stand_in.clock("2026-07-02")
    assert status(lms, company) == "active"


def test_a_company_can_be_ended_at_once(stand_in, lms, company):
    stand_in.clock("2026-07-01")
    assert lms.patch(f"/api/companies/{company}", json={"status": "inactive"}).json()["status"] == "inactive"
    past = {"status": "active", "deactivateOn": "2026-06-30"}
    assert lms.patch(f"/api/companies/{company}", json=past).json()["status"] == "inactive"


def test_planning_the_same_end_twice_is_one_effect(stand_in, lms, company):
    stand_in.clock("2026-06-29")
    for _ in range(2):
        lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30"})
    assert len(stand_in.effects("lms")) == 1


def publish(lms: httpx.Client, company: str, key: str = "p1", **changes: object) -> httpx.Response:
    body = {"organizationName": "Acme", "publicationName": "Acme East", "companyId": company, **changes}
    return lms.post("/api/publications", json=body, headers={"Idempotency-Key": key})


def test_a_publication_is_made_once_per_key_and_name(stand_in, lms, company):
    made = publish(lms, company, details={"region": "east"})
    assert made.status_code == 201
    assert (made.json()["status"], made.json()["details"]) == ("active", {"region": "east"})
    repeated = publish(lms, company, details={"region": "east"})
    assert (repeated.status_code, repeated.json()) == (200, made.json())
    conflict = publish(lms, company, details={"region": "west"})
    assert (conflict.status_code, error(conflict)["code"]) == (409, "idempotency_conflict")
    taken = publish(lms, company, key="p2", publicationName="ACME east")
    assert (taken.status_code, error(taken)["code"]) == (409, "publication_exists")
    assert error(taken)["publicationId"] == made.json()["id"]
    assert len(stand_in.effects("lms")) == 1


def test_publications_are_found_by_company_and_by_organization(lms, company):
    made = publish(lms, company).json()
    for params in ({"companyId": company}, {"organizationName": "Acme"}):
        assert lms.get("/api/publications", params=params).json()["publications"] == [made]
    assert lms.get("/api/publications", params={"companyId": "1"}).json()["publications"] == []


@pytest.mark.parametrize("change", [{"publicationName": ""}, {"companyId": "1"}, {"details": []}, {"planet": 1}])
def test_a_wrong_field_of_a_publication_is_named(lms, company, change):
    answer = publish(lms, company, **change)
    assert (answer.status_code, set(error(answer)["fields"])) == (422, set(change))


def test_a_publication_ends_after_its_last_day_and_can_come_back(stand_in, lms, company):
    stand_in.clock("2026-06-29")
    publication = publish(lms, company).json()["id"]
    url = f"/api/publications/{publication}"
    planned = lms.patch(url, json={"deactivateOn": "2026-06-30", "deactivationReason": "End of contract"})
    assert planned.json()["status"] == "scheduled"
    stand_in.clock("2026-07-01")
    assert stand_in.state("lms")["publications"][0]["status"] == "inactive"
    assert lms.patch(url, json={"status": "active"}).json()["status"] == "active"


def test_a_publication_cannot_take_anothers_name(lms, company):
    publish(lms, company)
    other = publish(lms, company, key="p2", publicationName="Acme West").json()["id"]
    answer = lms.patch(f"/api/publications/{other}", json={"publicationName": "Acme East"})
    assert (answer.status_code, error(answer)["code"]) == (409, "publication_exists")
