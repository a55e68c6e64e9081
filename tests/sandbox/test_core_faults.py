import base64
import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.sandbox import SandboxProcess

RECURLY_TYPE = "application/vnd.recurly.v2021-02-25"


def headers_of(sandbox: SandboxProcess, system: str) -> dict[str, str]:
    keys = sandbox.credentials
    basic = base64.b64encode(f"{keys.recurly_api_key}:".encode()).decode()
    return {
        "lms": {"X-API-Key": keys.lms_api_key},
        "recurly": {"Authorization": f"Basic {basic}", "Accept": RECURLY_TYPE},
        "slack": {"Authorization": f"Bearer {keys.slack_token}"},
        "outreach": {"Authorization": "Bearer none"},
        "salesforce": {"Authorization": "Bearer none"},
    }[system]


CALLS = {
    "lms": ("GET", "/lms/api/users?email=a@x.org"),
    "recurly": ("GET", "/recurly/accounts"),
    "slack": ("POST", "/slack/api/auth.test"),
    "outreach": ("GET", "/outreach/api/v2/users"),
    "salesforce": ("GET", "/salesforce/services/data/v59.0/limits"),
}


def call(client: httpx.Client, sandbox: SandboxProcess, system: str) -> httpx.Response:
    method, path = CALLS[system]
    return client.request(method, f"{sandbox.url}{path}", headers=headers_of(sandbox, system))


CHANGE = {"userCount": 77}


def user_count(sandbox: SandboxProcess) -> int:
    """What `CHANGE` changes, of the one company; 1 at first."""
    (company,) = sandbox.state("lms")["companies"]
    return int(company["userCount"])


@pytest.mark.parametrize(
    ("system", "status", "body"),
    [
        ("lms", 503, {"error": {"code": "oops", "message": "This fault was ordered."}}),
        ("recurly", 503, {"error": {"type": "oops", "message": "This fault was ordered.", "params": []}}),
        ("slack", 503, {"ok": False, "error": "oops"}),
        (
            "outreach",
            503,
            {"errors": [{"id": "oops", "title": "oops", "detail": "This fault was ordered."}]},
        ),
        ("salesforce", 503, [{"message": "This fault was ordered.", "errorCode": "oops"}]),
    ],
)
def test_an_error_comes_in_the_vendors_own_shape(stand_in, client, system, status, body):
    stand_in.fault(system, "error", status=status, code="oops")
    answer = call(client, stand_in, system)
    assert (answer.status_code, answer.json()) == (status, body)


def test_a_fault_of_salesforces_login_comes_in_the_shape_of_its_login(stand_in, client):
    stand_in.fault("salesforce", "error", status=400, code="invalid_grant")
    answer = client.post(f"{stand_in.url}/services/oauth2/token", data={"grant_type": "x"})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("system", ["salesforce", "lms", "recurly", "slack", "outreach"])
def test_an_echo_repeats_the_request_with_its_credentials(stand_in, client, system):
    stand_in.fault(system, "echo", status=422)
    answer = call(client, stand_in, system)
    assert answer.status_code == (200 if system == "slack" else 422)
    credential = next(iter(headers_of(stand_in, system).values()))
    assert credential in answer.text


def test_slack_says_no_with_status_200(stand_in, client):
    stand_in.fault("slack", "error", status=200, code="channel_not_found")
    answer = call(client, stand_in, "slack")
    assert (answer.status_code, answer.json()["error"]) == (200, "channel_not_found")


@pytest.mark.parametrize(
    ("system", "status", "retry_after"),
    [("lms", 429, "1"), ("recurly", 429, "1"), ("slack", 429, "1"), ("outreach", 429, "1")],
)
def test_a_rate_limit_says_when_to_come_again(stand_in, client, system, status, retry_after):
    stand_in.fault(system, "rate_limit")
    answer = call(client, stand_in, system)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, retry_after)


def test_recurlys_rate_limit_tells_the_limit_and_its_end(stand_in, client):
    stand_in.fault("recurly", "rate_limit")
    answer = call(client, stand_in, "recurly")
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-reset"]) > time.time()
    assert answer.json()["error"]["type"] == "rate_limited"


def test_salesforces_rate_limit_is_its_request_limit(stand_in, client):
    stand_in.fault("salesforce", "rate_limit")
    answer = call(client, stand_in, "salesforce")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    ("system", "status", "code"),
    [
        ("salesforce", 401, "INVALID_SESSION_ID"),
        ("lms", 401, "unauthorized"),
        ("recurly", 401, "unauthorized"),
        ("slack", 200, "token_expired"),
        ("outreach", 401, "unauthorized"),
    ],
)
def test_an_expired_session_is_said_in_the_vendors_way(stand_in, client, system, status, code):
    stand_in.fault(system, "expired_session")
    answer = call(client, stand_in, system)
    assert answer.status_code == status
    assert code in answer.text


@pytest.mark.parametrize(
    ("system", "status", "code"),
    [
        ("salesforce", 400, "UNABLE_TO_LOCK_ROW"),
        ("lms", 409, "locked"),
        ("recurly", 422, "simultaneous_request"),
    ],
)
def test_a_locked_row_is_said_in_the_vendors_way(stand_in, client, system, status, code):
    stand_in.fault(system, "lock_row")
    answer = call(client, stand_in, system)
    assert answer.status_code == status
    assert code in answer.text


def test_the_lms_answers_a_forgotten_change_as_done_and_does_not_keep_it(stand_in, client, company):
    url, headers = f"{stand_in.url}/lms/api/companies/{company}", headers_of(stand_in, "lms")
    before = stand_in.state("lms")["companies"]
    stand_in.fault("lms", "forget", times=2)
    answer = client.patch(url, json={"userCount": 77}, headers=headers)
    assert (answer.status_code, answer.json()["userCount"]) == (200, 77)
    assert client.put(f"{url}/permissions", json={"modules": ["compliance"]}, headers=headers).status_code == 200
    assert stand_in.state("lms")["companies"] == before
    assert client.patch(url, json={"userCount": 77}, headers=headers).status_code == 200
    assert stand_in.state("lms")["companies"] != before


def test_a_malformed_answer_is_json_that_breaks_off_and_nothing_was_done(stand_in, client, company):
    stand_in.fault("lms", "malformed")
    url = f"{stand_in.url}/lms/api/companies/{company}"
    answer = client.patch(url, json=CHANGE, headers=headers_of(stand_in, "lms"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert user_count(stand_in) == 1


def test_an_html_page_comes_in_place_of_the_answer(stand_in, client):
    stand_in.fault("lms", "html")
    stand_in.fault("lms", "html", status=502)
    plain, bad_gateway = call(client, stand_in, "lms"), call(client, stand_in, "lms")
    assert (plain.status_code, bad_gateway.status_code) == (200, 502)
    assert plain.headers["content-type"].startswith("text/html")
    assert plain.text.startswith("<html>")


@pytest.mark.parametrize(("kind", "users"), [("drop_before", 1), ("drop_after", 77)])
def test_a_dropped_connection_looks_dropped_and_only_drop_after_acts(stand_in, client, company, kind, users):
    stand_in.fault("lms", kind, method="PATCH")
    url = f"{stand_in.url}/lms/api/companies/{company}"
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.patch(url, json=CHANGE, headers=headers_of(stand_in, "lms"))
    (entry,) = stand_in.journal("lms")
    assert (entry["status"], entry["fault"], entry["effect"]) == (None, kind, users == 77)
    assert user_count(stand_in) == users


def test_a_dropped_connection_looks_dropped_to_the_standard_librarys_client(stand_in):
    stand_in.fault("lms", "drop_before")
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(stand_in.url).port or 0, timeout=5)
    connection.request("GET", "/lms/api/users?email=a@x.org", headers=headers_of(stand_in, "lms"))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()
    connection.close()


def test_a_timeout_outlasts_the_client_and_nothing_was_done(stand_in, company):
    stand_in.fault("lms", "timeout")
    url = f"{stand_in.url}/lms/api/companies/{company}"
    with httpx.Client(trust_env=False, timeout=0.3) as hasty, pytest.raises(httpx.ReadTimeout):
        hasty.patch(url, json=CHANGE, headers=headers_of(stand_in, "lms"))
    assert user_count(stand_in) == 1


def test_a_timeout_ends_with_a_dropped_connection(stand_in, client):
    stand_in.fault("lms", "timeout", seconds=0.2)
    began = time.monotonic()
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        call(client, stand_in, "lms")
    assert time.monotonic() - began >= 0.2


def test_a_slow_answer_comes_late_and_whole(stand_in, client):
    stand_in.fault("lms", "slow", seconds=0.3)
    answer = call(client, stand_in, "lms")
    assert answer.json() == {"users": []}
    assert answer.elapsed.total_seconds() >= 0.3


def test_a_fault_skips_then_strikes_as_often_as_ordered(stand_in, client):
    stand_in.fault("lms", "error", status=500, skip=1, times=2)
    assert [call(client, stand_in, "lms").status_code for _ in range(5)] == [200, 500, 500, 200, 200]


def test_what_is_left_of_a_fault_is_listed_until_it_is_withdrawn(stand_in, client):
    stand_in.fault("lms", "error", status=500, skip=1, times=3)
    call(client, stand_in, "lms")
    call(client, stand_in, "lms")
    (left,) = stand_in.control.get("/_control/faults").json()["faults"]
    assert (left["skip"], left["times"]) == (0, 2)
    stand_in.clear_faults()
    assert call(client, stand_in, "lms").status_code == 200


def test_a_fault_strikes_only_the_method_and_the_path_with_query_that_it_names(stand_in, client):
    stand_in.fault("lms", "error", status=500, method="GET", path=r"^/api/users\?email=b c@")
    headers = headers_of(stand_in, "lms")
    answers = [
        client.get(f"{stand_in.url}/lms/api/users", params={"email": "a@x.org"}, headers=headers),
        client.patch(f"{stand_in.url}/lms/api/users/1?email=b c@x.org", json={}, headers=headers),
        client.get(f"{stand_in.url}/lms/api/users", params={"email": "b c@x.org"}, headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 500]


def test_one_systems_fault_leaves_the_others_alone(stand_in, client):
    stand_in.fault("recurly", "error", status=500)
    assert call(client, stand_in, "lms").status_code == 200


def test_a_path_that_a_vendor_does_not_have_is_not_found_in_its_own_shape(stand_in, client):
    lms = client.get(f"{stand_in.url}/lms/nowhere")
    assert (lms.status_code, lms.json()["error"]["code"]) == (404, "not_found")
    recurly = client.get(f"{stand_in.url}/recurly/nowhere")
    assert (recurly.status_code, recurly.json()["error"]["type"]) == (404, "not_found")
    assert recurly.headers["x-request-id"]
    wrong_method = client.delete(f"{stand_in.url}/lms/api/users")
    assert (wrong_method.status_code, wrong_method.json()["error"]["code"]) == (405, "method_not_allowed")


def test_a_request_that_breaks_off_before_its_end_is_not_processed(stand_in, client, company):
    with socket.create_connection(("127.0.0.1", urlsplit(stand_in.url).port or 0), timeout=5) as connection:
        key = stand_in.credentials.lms_api_key
        head = f"PATCH /lms/api/companies/{company} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n"
        body = json.dumps(CHANGE).encode()
        connection.sendall(f"{head}Content-Length: {len(body) + 1}\r\n\r\n".encode() + body)
    assert call(client, stand_in, "lms").status_code == 200
    assert user_count(stand_in) == 1
