"""A stack whose Prefect asks for credentials and CSRF tokens, and keeps its encryption key out of its database."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import httpx
import pytest
from cryptography.fernet import Fernet

from tests.support.closing import EFFECTS, close, effects, hire, outside_slack
from tests.support.commands import beside, lifecycle
from tests.support.guarded import AUTH, CREDENTIALS, GUARDED, TOKENS_END
from tests.support.ports import free_port
from tests.support.stack import files_below, running_stack
from tests.support.warm_worker import until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

BLOCKS = "/block_documents/filter"
EVERY_SECRET = {"include_secrets": True}
SECRETS = (
    ("salesforce", "consumer_secret"),
    ("lms", "api_key"),
    ("recurly", "api_key"),
    ("slack", "token"),
    ("slack", "signing_secret"),
    ("outreach", "client_secret"),
)
UNAVAILABLE = {"kind": "error", "status": 503, "times": 99}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with running_stack(tmp_path_factory.mktemp("guarded"), **GUARDED) as stack:
        hire(stack.sandbox, 2)
        yield stack


def findings(words, title):
    """What `lifecycle check` prints under a title: place and message of each finding."""
    lines = words.partition(f"{title}\n")[2].partition("\n\n")[0].splitlines()
    places = [number for number, line in enumerate(lines) if not line.startswith("   ")]
    return [(lines[number].strip(), lines[number + 1].strip()) for number in places]


def token_of(stack, client):
    """The headers with a new CSRF token."""
    given = stack.prefect.get("/csrf-token", params={"client": client}).raise_for_status().json()
    return {"Prefect-Csrf-Client": client, "Prefect-Csrf-Token": given["token"]}


def tokens_have_ended(stack):
    """Wait until Prefect refuses a token that is new now, and with it every token of before."""
    headers = token_of(stack, "old")
    with httpx.Client(base_url=stack.prefect.base_url, auth=tuple(AUTH.split(":")), trust_env=False) as prefect:

        def status():
            return prefect.post("/flow_runs/count", json={}, headers=headers).status_code

        assert status() == httpx.codes.OK
        until(lambda: status() == httpx.codes.FORBIDDEN, "the tokens end", 4 * TOKENS_END)


def test_every_command_and_every_run_logs_in(stack):
    code, words = lifecycle(stack, "check", **CREDENTIALS)
    assert code == 0, words
    assert words.splitlines()[-1].startswith("0 errors, ")
    assert findings(words, "Errors") == []
    assert [place for place, _ in findings(words, "Warnings") if place.startswith("Security")] == []

    code, words = lifecycle(stack, "plan", "end-of-contract", **CREDENTIALS)
    assert code == 0, words


def test_who_does_not_log_in_is_given_nothing_and_a_sentence(stack):
    code, words = lifecycle(stack, "check")
    assert code == 1
    assert "refuses the credentials: set PREFECT_API_AUTH_STRING" in " ".join(words.split())
    code, words = lifecycle(stack, "plan", "end-of-contract")
    assert code == 1
    assert "Traceback" not in words
    assert "set PREFECT_API_AUTH_STRING" in words

    url = f"{stack.urls['prefect']}/api"
    token = httpx.get(f"{url}/csrf-token", params={"client": "anybody"}, trust_env=False)
    assert token.status_code == httpx.codes.UNAUTHORIZED
    refused = httpx.post(f"{url}{BLOCKS}", json=EVERY_SECRET, headers=token_of(stack, "another"), trust_env=False)
    assert refused.status_code == httpx.codes.UNAUTHORIZED
    credentials = httpx.BasicAuth(*AUTH.split(":"))
    without_token = httpx.post(f"{url}{BLOCKS}", json=EVERY_SECRET, auth=credentials, trust_env=False)
    assert without_token.status_code == httpx.codes.FORBIDDEN


def test_a_sale_starts_after_the_tokens_have_ended_and_a_retry_from_the_shell_completes_it(stack):
    tokens_have_ended(stack)
    assert httpx.get(f"{stack.urls['receiver']}/ready", trust_env=False).status_code == httpx.codes.OK
    sale, since = stack.open_sale("Guarded Clinic"), stack.sandbox.last()
    stack.sandbox.fault("lms", **UNAVAILABLE)
    close(stack.sandbox, sale.opportunity)
    failed = stack.ended(sale.opportunity)
    assert failed["state_name"] == "Unavailable"
    stack.sandbox.clear_faults()

    tokens_have_ended(stack)
    code, words = lifecycle(stack, "retry", failed["id"], **CREDENTIALS)

    assert code == 0, words
    assert stack.ended(sale.opportunity, tries=2)["state_name"] == "Completed"
    assert outside_slack(effects(stack.sandbox, since)) == outside_slack(EFFECTS)


def test_metrics_are_read_with_the_credentials(stack):
    port = free_port()
    command = [sys.executable, "-m", "deployments.cli", "metrics", "--port", str(port)]
    process = subprocess.Popen(command, cwd=stack.project, env=beside(stack) | CREDENTIALS)

    def served():
        assert process.poll() is None
        try:
            return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60, trust_env=False).raise_for_status().text
        except httpx.TransportError:
            return None

    try:
        assert "lifecycle_prefect_up 1.0" in until(served, "the exporter serves")
    finally:
        process.terminate()
        process.wait(60)


def test_neither_another_user_nor_a_copy_of_the_database_reads_the_secrets(stack):
    readable = [path for path in [stack.home, *files_below(stack.home)] if path.stat().st_mode & 0o077]
    assert readable == []
    kept = [path.read_bytes() for path in files_below(stack.home / "prefect")]
    key = GUARDED["PREFECT_SERVER_ENCRYPTION_KEY"]
    secrets = {stack.urls["credentials"][system][name] for system, name in SECRETS}
    assert [secret for secret in (key, *secrets) for content in kept if secret.encode() in content] == []
    with closing(sqlite3.connect(stack.home / "prefect" / "prefect.db")) as database:
        rows = database.execute("SELECT data FROM block_document").fetchall()
    blocks = "".join(Fernet(key).decrypt(json.loads(data).encode()).decode() for (data,) in rows)
    assert [secret for secret in secrets if secret not in blocks] == []


def test_a_paused_work_pool_and_a_schedule_that_is_off_are_errors(stack):
    stack.prefect.patch("/work_pools/lifecycle", json={"is_paused": True}).raise_for_status()
    nightly = stack.prefect.get("/deployments/name/deactivation/end-of-contract").raise_for_status().json()
    schedule = f"/deployments/{nightly['id']}/schedules/{nightly['schedules'][0]['id']}"
    stack.prefect.patch(schedule, json={"active": False}).raise_for_status()

    code, words = lifecycle(stack, "check", **CREDENTIALS)

    assert code == 1
    pool, nightly, receiver = findings(words, "Errors")
    assert "Paused, so no run starts. Resume it in the dashboard under Work Pools" in pool[1]
    assert "Schedule off: every-night" in nightly[1]
    assert receiver == (
        "Receiver: ready",
        "The work pool lifecycle is paused. Resume it under Work Pools in the dashboard",
    )
    assert words.splitlines()[-1].startswith("3 errors, ")
