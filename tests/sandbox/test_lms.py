import asyncio

import httpx
import pytest

from tests.support.sandbox import SandboxProcess

ACCOUNT = "001000000000001AAA"
FORM = {
    "accountId": ACCOUNT,
    "companyName": "Acme Clinics",
    "firstName": "Jane",
    "lastName": "Doe",
    "phone": "+1 555 0100",
    "email": "jane@acme.example",
    "password": "correct horse battery",
    "userCount": "25",
    "locationCount": "1",
    "planAmount": "1250.00",
    "billingStartDate": "2026-01-16",
}
KEY = {"Idempotency-Key": "006000000000001AAA"}
PERSON = {"email": "ann@acme.example", "firstName": "Ann", "lastName": "Lee", "role": "admin"}


@pytest.fixture
def company(sandbox: SandboxProcess) -> str:
    seeded = sandbox.seed(lms={"companies": [{"accountId": ACCOUNT, "name": "Acme Clinics"}]})
    return str(seeded["lms"]["companies"][0])


def sign_up(lms: httpx.Client, key: str = KEY["Idempotency-Key"], **changes: str) -> httpx.Response:
    return lms.post("/signup/preSign", data=FORM | changes, headers={"Idempotency-Key": key})


def error(answer: httpx.Response) -> dict[str, object]:
    return dict(answer.json()["error"])


# Sign-up


def test_a_sign_up_makes_the_company_and_its_super_admin(sandbox, lms):
    answer = sign_up(lms)
    assert answer.status_code == 201
    ids = answer.json()
    assert set(ids) == {"companyId", "userId"}
    company = lms.get(f"/api/companies/{ids['companyId']}").json()
    told = ("id", "accountId", "name", "status", "deactivateOn", "modules", "userCount", "locationCount")
    assert {name: company[name] for name in told} == {
        "id": ids["companyId"],
        "accountId": ACCOUNT,
        "name": "Acme Clinics",
        "status": "active",
        "deactivateOn": None,
        "modules": [],
        "userCount": 25,
        "locationCount": 1,
    }
    assert (company["planAmount"], company["billingStartDate"]) == ("1250.00", "2026-01-16")
    (user,) = lms.get("/api/users", params={"email": "JANE@acme.example"}).json()["users"]
    assert user == {
        "id": ids["userId"],
        "email": "jane@acme.example",
        "firstName": "Jane",
        "lastName": "Doe",
        "companyId": ids["companyId"],
        "kind": "customer",
        "status": "active",
    }
    assert [entry["path"] for entry in sandbox.effects("lms")] == ["/signup/preSign"]
    assert sandbox.state("mail")["mails"] == []


def test_a_repeat_of_the_sign_up_answers_the_same_ids_and_changes_nothing(sandbox, lms):
    first, second = sign_up(lms), sign_up(lms)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(sandbox.effects("lms")) == 1


def test_many_sign_ups_with_one_key_at_once_make_one_company(sandbox):
    async def all_at_once() -> list[int]:
        headers = {"X-API-Key": sandbox.credentials.lms_api_key, **KEY}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            url = f"{sandbox.url}/lms/signup/preSign"
            answers = await asyncio.gather(*(client.post(url, data=FORM) for _ in range(10)))
        return sorted(answer.status_code for answer in answers)

    assert asyncio.run(all_at_once()) == [200] * 9 + [201]
    assert len(sandbox.state("lms")["companies"]) == 1


def test_the_same_key_with_another_body_is_a_conflict(lms):
    sign_up(lms)
    answer = sign_up(lms, userCount="26")
    assert (answer.status_code, error(answer)["code"]) == (409, "idempotency_conflict")


def test_an_account_is_signed_up_once_whatever_the_key(lms):
    company_id = sign_up(lms).json()["companyId"]
    answer = sign_up(lms, key="006000000000002AAA", email="other@acme.example")
    assert answer.status_code == 409
    assert (error(answer)["code"], error(answer)["companyId"]) == ("account_exists", company_id)


def test_a_taken_address_tells_who_holds_it_and_the_same_key_works_once_it_is_free(sandbox, lms):
    holder = {"email": "Jane@acme.example", "firstName": "J", "lastName": "D", "kind": "demo"}
    (user_id,) = sandbox.seed(lms={"users": [holder]})["lms"]["users"]
    answer = sign_up(lms)
    assert (answer.status_code, error(answer)["code"]) == (409, "email_taken")
    assert error(answer)["holder"] == {
        "userId": user_id,
        "kind": "demo",
        "status": "active",
        "companyId": None,
    }
    lms.patch(f"/api/users/{user_id}", json={"email": "janeDONOTUSE@acme.example"})
    assert sign_up(lms).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accountId", "001000000000001"),
        ("accountId", "001000000000001AAB"),
        ("accountId", "006000000000001AAA"),
        ("companyName", " "),
        ("firstName", ""),
        ("lastName", "x" * 256),
        ("phone", "none"),
        ("email", "jane"),
        ("email", "jane@@acme.example"),
        ("email", "jane doe@acme.example"),
        ("email", "jane@acme"),
        ("password", "1234567"),
        ("userCount", "0"),
        ("userCount", "-5"),
        ("userCount", "5.0"),
        ("userCount", "many"),
        ("locationCount", ""),
        ("planAmount", "-1"),
        ("planAmount", "1e3"),
        ("planAmount", "1,250.00"),
        ("billingStartDate", "16.01.2026"),
        ("billingStartDate", "20260116"),
        ("billingStartDate", "2026-02-30"),
    ],
)
def test_a_wrong_field_of_the_form_is_named_and_nothing_is_made(sandbox, lms, field, value):
    answer = sign_up(lms, **{field: value})
    assert (answer.status_code, error(answer)["code"]) == (422, "invalid")
    assert set(error(answer)["fields"]) == {field}
    assert sandbox.state("lms")["companies"] == []


def test_every_missing_or_unknown_field_is_named_at_once(lms):
    form = {name: value for name, value in FORM.items() if name not in ("phone", "password")}
    answer = lms.post("/signup/preSign", data=form | {"planet": "mars"}, headers=KEY)
    assert set(error(answer)["fields"]) == {"phone", "password", "planet"}


def test_the_sign_up_needs_an_idempotency_key(lms):
    answer = lms.post("/signup/preSign", data=FORM)
    assert (answer.status_code, set(error(answer)["fields"])) == (422, {"Idempotency-Key"})


def test_the_sign_up_is_a_form_and_nothing_else(lms):
    answer = lms.post("/signup/preSign", json=FORM, headers=KEY)
    assert (answer.status_code, error(answer)["code"]) == (415, "unsupported_media_type")


def test_zero_is_a_plan_amount(lms):
    assert sign_up(lms, planAmount="0").status_code == 201


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_without_the_right_api_key_nothing_is_told(sandbox, key):
    headers = {"X-API-Key": key} if key is not None else {}
    answer = httpx.get(f"{sandbox.url}/lms/api/users?email=a@x.org", headers=headers, trust_env=False)
    assert (answer.status_code, error(answer)["code"]) == (401, "unauthorized")


# After a sign-up, Recurly's account


@pytest.mark.parametrize(
    ("habit", "codes"),
    [
        ("soon", [ACCOUNT]),
        ("by_name", [f"signup-{ACCOUNT}"]),
        ("twice", [f"signup-{ACCOUNT}", f"signup-{ACCOUNT}-2"]),
    ],
)
def test_recurly_gets_its_account_after_a_sign_up(sandbox, lms, habit, codes):
    sandbox.behaviour(recurly_account=habit)
    sign_up(lms)
    accounts = sandbox.until("recurly", lambda state: len(state["accounts"]) >= len(codes))["accounts"]
    assert [account["code"] for account in accounts] == codes
    assert {account["company"] for account in accounts} == {"Acme Clinics"}
    assert {account["email"] for account in accounts} == {"jane@acme.example"}


def test_recurly_never_gets_its_account_when_the_scenario_says_so(sandbox, lms):
    sandbox.behaviour(recurly_account="never")
    sign_up(lms)
    sandbox.behaviour(recurly_account="soon")
    sign_up(lms, key="006000000000002AAA", accountId="001000000000002AAA", email="b@acme.example")
    accounts = sandbox.until("recurly", lambda state: state["accounts"])["accounts"]
    assert [account["code"] for account in accounts] == ["001000000000002AAA"]


def test_what_was_to_come_later_does_not_come_after_a_reset(sandbox, lms):
    sign_up(lms)
    sandbox.reset("empty")
    sign_up(lms, key="006000000000002AAA", accountId="001000000000002AAA", email="b@acme.example")
    accounts = sandbox.until("recurly", lambda state: state["accounts"])["accounts"]
    assert [account["code"] for account in accounts] == ["001000000000002AAA"]


# Companies


def test_companies_are_found_by_their_account(lms, company):
    found = lms.get("/api/companies", params={"accountId": ACCOUNT}).json()["companies"]
    assert [one["id"] for one in found] == [company]
    assert lms.get("/api/companies", params={"accountId": "001000000000002AAA"}).json() == {"companies": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/companies/1"),
        ("PATCH", "/api/companies/1"),
        ("PUT", "/api/companies/1/permissions"),
        ("GET", "/api/companies/1/usage"),
        ("POST", "/api/companies/1/users"),
        ("PATCH", "/api/users/1"),
        ("PATCH", "/api/publications/1"),
    ],
)
def test_what_does_not_exist_is_not_found(lms, method, path):
    answer = lms.request(method, path, json={})
    assert (answer.status_code, error(answer)["code"]) == (404, "not_found")


def test_a_change_of_a_company_is_an_effect_only_when_something_differs(sandbox, lms, company):
    changes = {"name": "Acme Hospitals", "userCount": 30, "locationCount": 2, "planAmount": "99.50"}
    for _ in range(2):
        answer = lms.patch(f"/api/companies/{company}", json=changes)
        assert {name: answer.json()[name] for name in changes} == changes
    assert len(sandbox.effects("lms")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"userCount": 0},
        {"userCount": "30"},
        {"userCount": True},
        {"locationCount": 1.5},
        {"planAmount": -1},
        {"planAmount": "free"},
        {"name": ""},
        {"name": None},
        {"status": "gone"},
        {"status": "scheduled"},
        {"deactivateOn": "soon"},
        {"modules": ["learning"]},
        {"accountId": "001000000000002AAA"},
    ],
)
def test_a_wrong_change_of_a_company_is_refused_by_field(sandbox, lms, company, change):
    answer = lms.patch(f"/api/companies/{company}", json=change)
    assert (answer.status_code, set(error(answer)["fields"])) == (422, set(change))
    assert sandbox.effects("lms") == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff", b"7"])
def test_a_body_that_is_no_json_object_is_refused(lms, company, body):
    answer = lms.patch(f"/api/companies/{company}", content=body)
    assert (answer.status_code, error(answer)["code"]) == (400, "bad_request")


def test_permissions_are_the_whole_set_and_the_same_set_changes_nothing(sandbox, lms, company):
    url = f"/api/companies/{company}/permissions"
    assert lms.put(url, json={"modules": ["learning", "sso"]}).json()["modules"] == ["learning", "sso"]
    lms.put(url, json={"modules": ["sso", "learning", "sso"]})
    assert len(sandbox.effects("lms")) == 1
    assert lms.put(url, json={"modules": ["compliance"]}).json()["modules"] == ["compliance"]
    assert lms.put(url, json={"modules": []}).json()["modules"] == []


@pytest.mark.parametrize("modules", [["learning", "astrology"], "learning", [7], None])
def test_an_unknown_module_is_refused_and_the_old_set_stays(sandbox, lms, company, modules):
    lms.put(f"/api/companies/{company}/permissions", json={"modules": ["sso"]})
    answer = lms.put(f"/api/companies/{company}/permissions", json={"modules": modules})
    assert (answer.status_code, error(answer)["code"]) == (422, "unknown_module")
    assert sandbox.state("lms")["companies"][0]["modules"] == ["sso"]


def test_usage_counts_the_companys_users_and_tells_what_was_seeded(sandbox, lms, company):
    seen = {"providers": {"active": 3}, "modules": {"learning": {"monthlyActiveUsers": 9}}}
    other = {"accountId": "001000000000002AAA", "name": "Other", "usage": seen}
    user = {"email": "a@x.org", "firstName": "A", "lastName": "B", "companyId": company, "status": "inactive"}
    seeded = sandbox.seed(lms={"companies": [other], "users": [user]})
    lms.put(f"/api/companies/{company}/permissions", json={"modules": ["learning"]})
    counted = lms.get(f"/api/companies/{company}/usage").json()
    assert counted["users"] == {"active": 0, "inactive": 1, "terminated": 0}
    assert counted["modules"] == {"learning": {"monthlyActiveUsers": 0}}
    told = lms.get(f"/api/companies/{seeded['lms']['companies'][0]}/usage").json()
    assert {name: told[name] for name in seen} == seen
    assert told["asOf"].endswith("Z")


# The end of service


def status(lms: httpx.Client, company: str) -> str:
    return str(lms.get(f"/api/companies/{company}").json()["status"])


def test_a_company_is_in_service_through_its_last_day_and_inactive_from_the_next(sandbox, lms, company):
    sandbox.clock("2026-06-29")
    lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30", "deactivationReason": "Churn"})
    assert status(lms, company) == "scheduled"
    sandbox.clock("2026-06-30")
    assert status(lms, company) == "scheduled"
    sandbox.clock("2026-07-01")
    assert status(lms, company) == "inactive"
    assert sandbox.state("lms")["companies"][0]["deactivationReason"] == "Churn"


def test_the_state_shows_the_end_of_service_without_any_request(sandbox, lms, company):
    sandbox.clock("2026-06-29")
    lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30"})
    sandbox.clock("2026-07-01")
    assert sandbox.state("lms")["companies"][0]["status"] == "inactive"


def test_a_planned_end_can_be_withdrawn(sandbox, lms, company):
    sandbox.clock("2026-06-29")
    lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30"})
    withdrawn = lms.patch(f"/api/companies/{company}", json={"deactivateOn": None}).json()
    assert (withdrawn["status"], withdrawn["deactivateOn"]) == ("active", None)
    sandbox.clock("2026-07-01")
    assert status(lms, company) == "active"


def test_a_company_can_be_reactivated_and_stays_so(sandbox, lms, company):
    sandbox.clock("2026-06-29")
    lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30"})
    sandbox.clock("2026-07-01")
    again = lms.patch(f"/api/companies/{company}", json={"status": "active"}).json()
    assert (again["status"], again["deactivateOn"]) == ("active", None)
    sandbox.clock("2026-07-02")
    assert status(lms, company) == "active"


def test_a_company_can_be_ended_at_once(sandbox, lms, company):
    sandbox.clock("2026-07-01")
    assert lms.patch(f"/api/companies/{company}", json={"status": "inactive"}).json()["status"] == "inactive"
    past = {"status": "active", "deactivateOn": "2026-06-30"}
    assert lms.patch(f"/api/companies/{company}", json=past).json()["status"] == "inactive"


def test_planning_the_same_end_twice_is_one_effect(sandbox, lms, company):
    sandbox.clock("2026-06-29")
    for _ in range(2):
        lms.patch(f"/api/companies/{company}", json={"deactivateOn": "2026-06-30"})
    assert len(sandbox.effects("lms")) == 1


# Users


def test_a_new_user_is_sent_the_welcome_mail_at_once(sandbox, lms, company):
    answer = lms.post(f"/api/companies/{company}/users", json=PERSON)
    assert answer.status_code == 201
    assert answer.json()["companyId"] == company
    (mail,) = sandbox.state("mail")["mails"]
    assert (mail["to"], mail["kind"]) == ("ann@acme.example", "welcome")


def test_no_mail_leaves_the_house_for_a_placeholder_or_a_changed_address(sandbox, lms, company):
    placeholder = PERSON | {"email": "ann@no-welcome.invalid"}
    user = lms.post(f"/api/companies/{company}/users", json=placeholder).json()
    renamed = lms.patch(f"/api/users/{user['id']}", json={"email": "ann@acme.example"})
    assert renamed.json()["email"] == "ann@acme.example"
    assert sandbox.state("mail")["mails"] == []
    assert [mail["to"] for mail in sandbox.state("lms")["withheld_mails"]] == ["ann@no-welcome.invalid"]


def test_an_address_belongs_to_one_user(sandbox, lms, company):
    lms.post(f"/api/companies/{company}/users", json=PERSON)
    again = lms.post(f"/api/companies/{company}/users", json=PERSON | {"email": "ANN@acme.example"})
    other = lms.post(f"/api/companies/{company}/users", json=PERSON | {"email": "bob@acme.example"}).json()
    renamed = lms.patch(f"/api/users/{other['id']}", json={"email": "ann@acme.example"})
    assert [error(one)["code"] for one in (again, renamed)] == ["email_taken", "email_taken"]
    assert len(sandbox.state("mail")["mails"]) == 2


def test_an_old_address_is_free_after_a_renaming_and_the_same_address_changes_nothing(sandbox, lms, company):
    user = lms.post(f"/api/companies/{company}/users", json=PERSON).json()
    for _ in range(2):
        lms.patch(f"/api/users/{user['id']}", json={"email": "ann.lee@acme.example"})
    assert len(sandbox.effects("lms")) == 2
    assert lms.get("/api/users", params={"email": PERSON["email"]}).json() == {"users": []}


# Publications


def publish(lms: httpx.Client, company: str, key: str = "p1", **changes: object) -> httpx.Response:
    body = {"organizationName": "Acme", "publicationName": "Acme East", "companyId": company, **changes}
    return lms.post("/api/publications", json=body, headers={"Idempotency-Key": key})


def test_a_publication_is_made_once_per_key_and_name(sandbox, lms, company):
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
    assert len(sandbox.effects("lms")) == 1


def test_publications_are_found_by_company_and_by_organization(lms, company):
    made = publish(lms, company).json()
    for params in ({"companyId": company}, {"organizationName": "Acme"}):
        assert lms.get("/api/publications", params=params).json()["publications"] == [made]
    assert lms.get("/api/publications", params={"companyId": "1"}).json()["publications"] == []


@pytest.mark.parametrize("change", [{"publicationName": ""}, {"companyId": "1"}, {"details": []}, {"planet": 1}])
def test_a_wrong_field_of_a_publication_is_named(lms, company, change):
    answer = publish(lms, company, **change)
    assert (answer.status_code, set(error(answer)["fields"])) == (422, set(change))


def test_a_publication_ends_after_its_last_day_and_can_come_back(sandbox, lms, company):
    sandbox.clock("2026-06-29")
    publication = publish(lms, company).json()["id"]
    url = f"/api/publications/{publication}"
    planned = lms.patch(url, json={"deactivateOn": "2026-06-30", "deactivationReason": "End of contract"})
    assert planned.json()["status"] == "scheduled"
    sandbox.clock("2026-07-01")
    assert sandbox.state("lms")["publications"][0]["status"] == "inactive"
    assert lms.patch(url, json={"status": "active"}).json()["status"] == "active"


def test_a_publication_cannot_take_anothers_name(lms, company):
    publish(lms, company)
    other = publish(lms, company, key="p2", publicationName="Acme West").json()["id"]
    answer = lms.patch(f"/api/publications/{other}", json={"publicationName": "Acme East"})
    assert (answer.status_code, error(answer)["code"]) == (409, "publication_exists")
