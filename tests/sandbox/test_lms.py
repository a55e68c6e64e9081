import pytest

from tests.sandbox.lms_calls import ACCOUNT, error


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


def test_a_change_of_a_company_is_an_effect_only_when_something_differs(stand_in, lms, company):
    changes = {"name": "Acme Hospitals", "userCount": 30, "locationCount": 2, "planAmount": "99.50"}
    for _ in range(2):
        answer = lms.patch(f"/api/companies/{company}", json=changes)
        assert {name: answer.json()[name] for name in changes} == changes
    assert len(stand_in.effects("lms")) == 1


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
def test_a_wrong_change_of_a_company_is_refused_by_field(stand_in, lms, company, change):
    answer = lms.patch(f"/api/companies/{company}", json=change)
    assert (answer.status_code, set(error(answer)["fields"])) == (422, set(change))
    assert stand_in.effects("lms") == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff", b"7"])
def test_a_body_that_is_no_json_object_is_refused(lms, company, body):
    answer = lms.patch(f"/api/companies/{company}", content=body)
    assert (answer.status_code, error(answer)["code"]) == (400, "bad_request")


def test_permissions_are_the_whole_set_and_the_same_set_changes_nothing(stand_in, lms, company):
    url = f"/api/companies/{company}/permissions"
    assert lms.put(url, json={"modules": ["learning", "sso"]}).json()["modules"] == ["learning", "sso"]
    lms.put(url, json={"modules": ["sso", "learning", "sso"]})
    assert len(stand_in.effects("lms")) == 1
    assert lms.put(url, json={"modules": ["compliance"]}).json()["modules"] == ["compliance"]
    assert lms.put(url, json={"modules": []}).json()["modules"] == []


@pytest.mark.parametrize("modules", [["learning", "astrology"], "learning", [7], None])
def test_an_unknown_module_is_refused_and_the_old_set_stays(stand_in, lms, company, modules):
    lms.put(f"/api/companies/{company}/permissions", json={"modules": ["sso"]})
    answer = lms.put(f"/api/companies/{company}/permissions", json={"modules": modules})
    assert (answer.status_code, error(answer)["code"]) == (422, "unknown_module")
    assert stand_in.state("lms")["companies"][0]["modules"] == ["sso"]


def test_usage_counts_the_companys_users_and_tells_what_was_seeded(stand_in, lms, company):
    seen = {"providers": {"active": 3}, "modules": {"learning": {"monthlyActiveUsers": 9}}}
    other = {"accountId": "001000000000002AAA", "name": "Other", "usage": seen}
    user = {"email": "a@x.org", "firstName": "A", "lastName": "B", "companyId": company, "status": "inactive"}
    seeded = stand_in.seed(lms={"companies": [other], "users": [user]})
    lms.put(f"/api/companies/{company}/permissions", json={"modules": ["learning"]})
    counted = lms.get(f"/api/companies/{company}/usage").json()
    assert counted["users"] == {"active": 0, "inactive": 1, "terminated": 0}
    assert counted["modules"] == {"learning": {"monthlyActiveUsers": 0}}
    told = lms.get(f"/api/companies/{seeded['lms']['companies'][0]}/usage").json()
    assert {name: told[name] for name in seen} == seen
    assert told["asOf"].endswith("Z")


def add_user(stand_in, company, email):
    user = {"email": email, "firstName": "Ann", "lastName": "Lee", "companyId": company}
    (user_id,) = stand_in.seed(lms={"users": [user]})["lms"]["users"]
    return user_id


def test_an_address_belongs_to_one_user(stand_in, lms, company):
    add_user(stand_in, company, "ann@acme.example")
    other = add_user(stand_in, company, "bob@acme.example")
    renamed = lms.patch(f"/api/users/{other}", json={"email": "ANN@acme.example"})
    assert error(renamed)["code"] == "email_taken"


def test_an_old_address_is_free_after_a_renaming_and_the_same_address_changes_nothing(stand_in, lms, company):
    user = add_user(stand_in, company, "ann@acme.example")
    for _ in range(2):
        renamed = lms.patch(f"/api/users/{user}", json={"email": "ann.lee@acme.example"})
        assert renamed.json()["email"] == "ann.lee@acme.example"
    assert len(stand_in.effects("lms")) == 1
    assert stand_in.state("mail")["mails"] == []
    assert lms.get("/api/users", params={"email": "ann@acme.example"}).json() == {"users": []}
