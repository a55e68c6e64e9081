import asyncio

import httpx
import pytest

from tests.sandbox.lms_calls import ACCOUNT, error

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


def sign_up(lms: httpx.Client, key: str = KEY["Idempotency-Key"], **changes: str) -> httpx.Response:
    return lms.post("/signup/preSign", data=FORM | changes, headers={"Idempotency-Key": key})


def test_a_sign_up_makes_the_company_and_its_super_admin(stand_in, lms):
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
    assert [entry["path"] for entry in stand_in.effects("lms")] == ["/signup/preSign"]
    assert stand_in.state("mail")["mails"] == []


def test_a_repeat_of_the_sign_up_answers_the_same_ids_and_changes_nothing(stand_in, lms):
    first, second = sign_up(lms), sign_up(lms)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(stand_in.effects("lms")) == 1


def test_many_sign_ups_with_one_key_at_once_make_one_company(stand_in):
    async def all_at_once() -> list[int]:
        headers = {"X-API-Key": stand_in.credentials.lms_api_key, **KEY}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            url = f"{stand_in.url}/lms/signup/preSign"
            answers = await asyncio.gather(*(client.post(url, data=FORM) for _ in range(10)))
        return sorted(answer.status_code for answer in answers)

    assert asyncio.run(all_at_once()) == [200] * 9 + [201]
    assert len(stand_in.state("lms")["companies"]) == 1


def test_the_same_key_with_another_body_is_a_conflict(lms):
    sign_up(lms)
    answer = sign_up(lms, userCount="26")
    assert (answer.status_code, error(answer)["code"]) == (409, "idempotency_conflict")


def test_an_account_is_signed_up_once_whatever_the_key(lms):
    company_id = sign_up(lms).json()["companyId"]
    answer = sign_up(lms, key="006000000000002AAA", email="other@acme.example")
    assert answer.status_code == 409
    assert (error(answer)["code"], error(answer)["companyId"]) == ("account_exists", company_id)


def test_a_taken_address_tells_who_holds_it_and_the_same_key_works_once_it_is_free(stand_in, lms):
    holder = {"email": "Jane@acme.example", "firstName": "J", "lastName": "D", "kind": "demo"}
    (user_id,) = stand_in.seed(lms={"users": [holder]})["lms"]["users"]
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
def test_a_wrong_field_of_the_form_is_named_and_nothing_is_made(stand_in, lms, field, value):
    answer = sign_up(lms, **{field: value})
    assert (answer.status_code, error(answer)["code"]) == (422, "invalid")
    assert set(error(answer)["fields"]) == {field}
    assert stand_in.state("lms")["companies"] == []


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
def test_without_the_right_api_key_nothing_is_told(stand_in, key):
    headers = {"X-API-Key": key} if key is not None else {}
    answer = httpx.get(f"{stand_in.url}/lms/api/users?email=a@x.org", headers=headers, trust_env=False)
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
def test_recurly_gets_its_account_after_a_sign_up(stand_in, lms, habit, codes):
    stand_in.behaviour(recurly_account=habit)
    sign_up(lms)
    accounts = stand_in.until("recurly", lambda state: len(state["accounts"]) >= len(codes))["accounts"]
    assert [account["code"] for account in accounts] == codes
    assert {account["company"] for account in accounts} == {"Acme Clinics"}
    assert {account["email"] for account in accounts} == {"jane@acme.example"}


def test_recurly_never_gets_its_account_when_the_scenario_says_so(stand_in, lms):
    stand_in.behaviour(recurly_account="never")
    sign_up(lms)
    stand_in.behaviour(recurly_account="soon")
    sign_up(lms, key="006000000000002AAA", accountId="001000000000002AAA", email="b@acme.example")
    accounts = stand_in.until("recurly", lambda state: state["accounts"])["accounts"]
    assert [account["code"] for account in accounts] == ["001000000000002AAA"]


def test_what_was_to_come_later_does_not_come_after_a_reset(stand_in, lms):
    sign_up(lms)
    stand_in.reset("empty")
    sign_up(lms, key="006000000000002AAA", accountId="001000000000002AAA", email="b@acme.example")
    accounts = stand_in.until("recurly", lambda state: state["accounts"])["accounts"]
    assert [account["code"] for account in accounts] == ["001000000000002AAA"]
