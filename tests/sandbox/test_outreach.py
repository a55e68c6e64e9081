import httpx
import pytest

from tests.sandbox.outreach_calls import log_in


@pytest.fixture
def bearer(sandbox, client) -> dict[str, str]:
    token = log_in(sandbox, client).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_a_refresh_token_is_used_up_by_a_login_that_brings_the_next_one(sandbox, client):
    sandbox.behaviour(outreach_token_seconds=0)
    first = log_in(sandbox, client).json()
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 7200)
    again = log_in(sandbox, client)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    second = log_in(sandbox, client, refresh_token=first["refresh_token"])
    assert second.status_code == httpx.codes.OK
    assert second.json()["access_token"] != first["access_token"]


def test_no_token_of_a_login_stands_in_the_journal(sandbox, client):
    told = log_in(sandbox, client).json()
    log_in(sandbox, client, refresh_token=told["refresh_token"])
    journal = sandbox.control.get("/_control/journal").text
    assert told["refresh_token"] not in journal
    assert sandbox.credentials.outreach_client_secret not in journal


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_login_is_refused(sandbox, client, change, status, error):
    answer = log_in(sandbox, client, **change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_records_are_listed_by_filter_and_page_as_json_api(sandbox, client, bearer):
    people = [{"attributes": {"emails": [f"p{n}@x.org"], "firstName": f"P{n}"}} for n in range(3)]
    assert sandbox.seed(outreach={"prospects": people})["outreach"] == {"prospects": [1, 2, 3]}
    url = f"{sandbox.url}/outreach/api/v2/prospects"
    found = client.get(url, params={"filter[emails]": "p1@x.org"}, headers=bearer)
    assert found.headers["content-type"] == "application/vnd.api+json"
    assert [(one["type"], one["id"]) for one in found.json()["data"]] == [("prospect", 2)]
    page = client.get(url, params={"page[size]": 2}, headers=bearer).json()
    rest = client.get(page["links"]["next"], headers=bearer).json()
    assert [one["id"] for one in page["data"] + rest["data"]] == [1, 2, 3]
    assert "next" not in rest["links"]
    assert client.get(f"{url}/3", headers=bearer).json()["data"]["attributes"]["firstName"] == "P2"


@pytest.mark.parametrize("path", ["prospects/9", "planets"])
def test_what_does_not_exist_is_not_found(sandbox, client, bearer, path):
    answer = client.get(f"{sandbox.url}/outreach/api/v2/{path}", headers=bearer)
    assert (answer.status_code, answer.json()["errors"][0]["id"]) == (404, "resourceNotFound")


def test_without_a_token_nothing_is_told(sandbox, client):
    answer = client.get(f"{sandbox.url}/outreach/api/v2/users", headers={"Authorization": "Bearer none"})
    assert (answer.status_code, answer.json()["errors"][0]["id"]) == (401, "unauthorized")
