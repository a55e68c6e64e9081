import httpx
import pytest

from tests.sandbox.mails import mail, send
from tests.support.sandbox import start_sandbox

COMPANY = {"accountId": "001000000000001AAA", "name": "Acme"}


def test_health_says_that_the_stand_ins_are_ready(stand_in):
    assert stand_in.control.get("/_control/health").status_code == 200


def test_the_journal_has_every_vendor_request_in_order_and_no_control_call(stand_in, lms):
    lms.get("/api/users", params={"email": "a b@x.org"})
    lms.patch("/api/users/1", json={"email": "new@x.org"})
    first, second = stand_in.journal()
    assert {key: first[key] for key in ("n", "system", "method", "path", "query", "body", "status", "effect")} == {
        "n": 1,
        "system": "lms",
        "method": "GET",
        "path": "/api/users",
        "query": "email=a b@x.org",
        "body": None,
        "status": 200,
        "effect": False,
    }
    assert (second["n"], second["body"], second["status"]) == (2, {"email": "new@x.org"}, 404)
    assert "fault" not in second


def test_the_journal_can_be_read_on_from_a_number_and_for_one_system(stand_in, lms):
    for _ in range(3):
        lms.get("/api/users", params={"email": "a@x.org"})
    httpx.post(f"{stand_in.url}/slack/api/auth.test", trust_env=False)
    assert [entry["n"] for entry in stand_in.journal(since=1)] == [2, 3, 4]
    assert [entry["n"] for entry in stand_in.journal("lms", since=1)] == [2, 3]
    assert stand_in.control.get("/_control/journal").json()["last"] == 4


def test_vendors_whose_clients_take_no_prefix_are_served_at_the_root_too(stand_in):
    headers = {
        "Accept": "application/vnd.recurly.v2021-02-25",
        "Authorization": httpx.BasicAuth(stand_in.credentials.recurly_api_key, "")._auth_header,
    }
    for base in (stand_in.url, f"{stand_in.url}/recurly"):
        assert httpx.get(f"{base}/accounts", headers=headers, trust_env=False).json()["data"] == []
    assert httpx.post(f"{stand_in.url}/api/auth.test", trust_env=False).json() == {
        "ok": False,
        "error": "not_authed",
    }
    assert [(entry["system"], entry["path"]) for entry in stand_in.journal()] == [
        ("recurly", "/accounts"),
        ("recurly", "/accounts"),
        ("slack", "/api/auth.test"),
    ]


def test_a_reset_forgets_records_journal_faults_latencies_date_and_habits(stand_in, lms):
    stand_in.seed(lms={"companies": [COMPANY]})
    stand_in.fault("lms", "error", status=503)
    stand_in.control.post("/_control/latency", json={"lms": 5})
    stand_in.clock("2030-01-01")
    stand_in.behaviour(recurly_account="never")
    stand_in.reset("empty", seed=11)
    assert stand_in.journal() == []
    assert stand_in.state("lms")["companies"] == []
    assert stand_in.control.get("/_control/faults").json() == {"faults": []}
    assert not stand_in.control.get("/_control/health").json()["today"].startswith("2030")
    assert stand_in.control.post("/_control/behaviour", json={}).json()["recurly_account"] == "soon"
    assert lms.get("/api/users", params={"email": "a@x.org"}, timeout=4).status_code == 200


def test_a_reset_answers_which_world_it_made(stand_in):
    answer = stand_in.control.post("/_control/reset", json={"world": "empty", "seed": 3}).json()
    assert (answer["world"], answer["seed"]) == ("empty", 3)


def test_a_latency_is_added_to_each_answer_of_its_system_alone(stand_in, lms):
    stand_in.control.post("/_control/latency", json={"lms": 0.2})
    assert lms.get("/api/users", params={"email": "a@x.org"}).elapsed.total_seconds() >= 0.2
    other = httpx.post(f"{stand_in.url}/slack/api/auth.test", trust_env=False)
    assert other.elapsed.total_seconds() < 0.2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "reset", {"world": "atlantis"}),
        ("POST", "reset", {"planet": "mars"}),
        ("POST", "reset", {"accounts": -1}),
        ("POST", "reset", []),
        ("POST", "faults", {}),
        ("POST", "faults", {"system": "lms", "kind": "earthquake"}),
        ("POST", "faults", {"system": "fax", "kind": "error"}),
        ("POST", "faults", {"system": "lms", "kind": "error", "path": "("}),
        ("POST", "faults", {"system": "lms", "kind": "error", "status": 99}),
        ("POST", "faults", {"system": "lms", "kind": "error", "times": 0}),
        ("POST", "faults", {"system": "slack", "kind": "lock_row"}),
        ("POST", "faults", {"system": "slack", "kind": "forget"}),
        ("POST", "latency", {"lms": -1}),
        ("POST", "latency", {"lms": "slow"}),
        ("POST", "latency", {"fax": 1}),
        ("POST", "clock", {}),
        ("POST", "clock", {"today": "tomorrow"}),
        ("POST", "behaviour", {"recurly_account": "perhaps"}),
        ("POST", "behaviour", {"weather": "fine"}),
        ("POST", "behaviour", {"report_omits": "006"}),
        ("POST", "seed", {"fax": {}}),
        ("POST", "seed", {"lms": []}),
        ("POST", "seed", {"lms": {"companies": [{"name": "no account"}]}}),
        ("POST", "seed", {"lms": {"companies": [7]}}),
        ("POST", "seed", {"lms": {"companies": 7}}),
        ("POST", "seed", {"lms": {"users": [{"email": "nobody"}]}}),
        ("POST", "seed", {"recurly": {"accounts": [{"company": "no code"}]}}),
        ("POST", "seed", {"recurly": {"accounts": [{"code": "a/b"}]}}),
        ("POST", "seed", {"slack": {"members": [{"email": "a@x.org"}]}}),
        ("POST", "seed", {"outreach": {"prospects": [{}]}}),
        ("POST", "seed", {"mail": {"mails": []}}),
        ("POST", "seed", {"lms": {"planets": []}}),
    ],
)
def test_a_bad_order_is_refused_with_a_reason(stand_in, method, path, body):
    answer = stand_in.control.request(method, f"/_control/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("path", ["journal?since=x", "journal?system=fax", "state?system=fax"])
def test_a_question_about_nothing_known_is_refused_with_a_reason(stand_in, path):
    answer = stand_in.control.get(f"/_control/{path}")
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"lms":', b"[" * 100_000])
@pytest.mark.parametrize("path", ["reset", "faults", "latency", "clock", "behaviour", "seed"])
def test_a_body_that_is_not_json_is_refused_with_a_reason(stand_in, path, body):
    answer = stand_in.control.post(f"/_control/{path}", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_habits_that_are_not_named_stay_as_they_are(stand_in):
    stand_in.behaviour(recurly_account="never", outbound_url="http://127.0.0.1:9/x")
    stand_in.behaviour(onboarding_record="late")
    kept = stand_in.control.post("/_control/behaviour", json={}).json()
    assert (kept["recurly_account"], kept["onboarding_record"]) == ("never", "late")
    assert kept["outbound_url"] == "http://127.0.0.1:9/x"


def test_a_person_can_look_around(stand_in):
    send(stand_in, mail("jane@x.org", subject="Welcome to <b>Acme</b>"))
    index, inbox = stand_in.control.get("/"), stand_in.control.get("/mail")
    assert "/_control/state?system=lms" in index.text
    assert "jane@x.org" in inbox.text
    assert "<b>Acme</b>" not in inbox.text
    assert [mail["to"] for mail in stand_in.state("mail")["mails"]] == ["jane@x.org"]


def test_a_fresh_world_can_leave_out_the_ids_of_the_one_before(stand_in):
    def sales() -> set[str]:
        return {one["opportunity_id"] for one in stand_in.state("salesforce")["demo"]}

    stand_in.reset("demo")
    before = sales()
    stand_in.reset("demo", skip_ids=10_000)
    assert sales()
    assert not sales() & before


def test_credentials_come_from_the_environment():
    with start_sandbox(SANDBOX_LMS_API_KEY="another key") as process:
        url = f"{process.url}/lms/api/users?email=a@x.org"
        assert httpx.get(url, headers={"X-API-Key": "another key"}, trust_env=False).status_code == 200
        assert httpx.get(url, headers={"X-API-Key": "sandbox-lms-api-key"}, trust_env=False).status_code == 401


def test_the_receiver_of_the_environment_is_told_of_records_and_buttons_even_after_a_reset():
    receiver = {
        "outbound_url": "http://127.0.0.1:9/salesforce/outbound-messages/t",
        "interactions_url": "http://127.0.0.1:9/slack/interactions",
        "events_url": "http://127.0.0.1:9/slack/events",
    }
    environment = {"SANDBOX_RECEIVER_URL": receiver["outbound_url"]}
    environment["SANDBOX_INTERACTIONS_URL"] = receiver["interactions_url"]
    environment["SANDBOX_EVENTS_URL"] = receiver["events_url"]
    with start_sandbox(**environment) as process:
        process.behaviour(**dict.fromkeys(receiver, "http://127.0.0.1:9/other"))
        process.reset("empty")
        assert receiver.items() <= process.behaviour().items()
