import httpx
import pytest

from tests.sandbox.outreach_calls import log_in


@pytest.fixture
def bearer(stand_in, client) -> dict[str, str]:
    token = log_in(stand_in, client).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_a_refresh_token_is_used_up_by_a_login_that_brings_the_next_one(stand_in, client):
    stand_in.behaviour(outreach_token_seconds=0)
    first = log_in(stand_in, client).json()
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 7200)
    again = log_in(stand_in, client)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    second = log_in(stand_in, client, refresh_token=first["refresh_token"])
    assert second.status_code == httpx.codes.OK
    assert second.json()["access_token"] != first["access_token"]


def test_no_token_of_a_login_stands_in_the_journal(stand_in, client):
    told = log_in(stand_in, client).json()
    log_in(stand_in, client, refresh_token=told["refresh_token"])
    journal = stand_in.control.get("/_control/journal").text
    assert told["refresh_token"] not in journal
    assert stand_in.credentials.outreach_client_secret not in journal


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_login_is_refused(stand_in, client, change, status, error):
    answer = log_in(stand_in, client, **change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_records_are_listed_by_filter_and_page_as_json_api(stand_in, client, bearer):
    people = [{"attributes": {"emails": [f"p{n}@x.org"], "firstName": f"P{n}"}} for n in range(3)]
    assert stand_in.seed(outreach={"prospects": people})["outreach"] == {"prospects": [1, 2, 3]}
    url = f"{stand_in.url}/outreach/api/v2/prospects"
    found = client.get(url, params={"filter[emails]": "p1@x.org"}, headers=bearer)
    assert found.headers["content-type"] == "application/vnd.api+json"
    assert [(one["type"], one["id"]) for one in found.json()["data"]] == [("prospect", 2)]
    page = client.get(url, params={"page[size]": 2}, headers=bearer).json()
    rest = client.get(page["links"]["next"], headers=bearer).json()
    assert [one["id"] for one in page["data"] + rest["data"]] == [1, 2, 3]
    assert "next" not in rest["links"]
    assert client.get(f"{url}/3", headers=bearer).json()["data"]["attributes"]["firstName"] == "P2"


@pytest.mark.parametrize("path", ["prospects/9", "planets"])
def test_what_does_not_exist_is_not_found(stand_in, client, bearer, path):
    answer = client.get(f"{stand_in.url}/outreach/api/v2/{path}", headers=bearer)
    assert (answer.status_code, answer.json()["errors"][0]["id"]) == (404, "resourceNotFound")


def test_without_a_token_nothing_is_told(stand_in, client):
    answer = client.get(f"{stand_in.url}/outreach/api/v2/users", headers={"Authorization": "Bearer none"})
    assert (answer.status_code, answer.json()["errors"][0]["id"]) == (401, "unauthorized")
