import signal
import subprocess
import sys
import threading

import httpx
import pytest

from sandbox.__main__ import settings
from tests.support.sandbox import start_sandbox

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_when_it_is_told_to_without_a_word_even_while_it_holds_a_request(how):
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--smtp-port", "0", "--world", "empty"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = process.stdout.readline().split('"')[3]
    order = {"system": "lms", "kind": "timeout"}
    httpx.post(f"{url}/_control/faults", json=order, trust_env=False).raise_for_status()
    asking = threading.Thread(target=_ask_in_vain, args=(f"{url}/lms/api/users",))
    asking.start()
    with httpx.Client(trust_env=False) as client:
        while not client.get(f"{url}/_control/journal").json()["entries"]:
            pass
    process.send_signal(how)
    rest, errors = process.communicate(timeout=10)
    asking.join()
    assert rest == ""
    assert "Traceback" not in errors


def _ask_in_vain(url: str) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(url, trust_env=False, timeout=30)


def test_two_sandboxes_run_side_by_side():
    with start_sandbox() as one, start_sandbox() as other:
        one.seed(slack={"members": [{"email": "pat@x.org", "name": "Pat"}]})
        assert len(one.state("slack")["members"]) == len(other.state("slack")["members"]) + 1


def test_the_receiver_is_told_by_argument_or_by_environment():
    url = "http://127.0.0.1:8710/salesforce/outbound-messages/t"
    arguments = ["--receiver", "http://127.0.0.1:8710", "--receiver-token", "t"]
    assert settings(arguments, {}).outbound_url == url
    assert settings([], {"SANDBOX_RECEIVER_URL": url}).outbound_url == url
    assert settings([], {}).outbound_url is None


def test_slacks_app_is_told_by_argument_or_by_environment():
    url = "http://127.0.0.1:8710/slack/interactions"
    assert settings(["--receiver", "http://127.0.0.1:8710"], {}).interactions_url == url
    assert settings([], {"SANDBOX_INTERACTIONS_URL": url}).interactions_url == url
    assert settings([], {}).interactions_url is None


def test_slacks_app_hears_of_events_where_argument_or_environment_say():
    url = "http://127.0.0.1:8710/slack/events"
    assert settings(["--receiver", "http://127.0.0.1:8710"], {}).events_url == url
    assert settings([], {"SANDBOX_EVENTS_URL": url}).events_url == url
    assert settings([], {}).events_url is None


def test_the_mail_servers_port_is_8725_unless_another_is_told():
    assert settings([], {}).smtp_port == 8725
    assert settings([], {"SANDBOX_SMTP_PORT": "9002"}).smtp_port == 9002
    assert settings(["--smtp-port", "0"], {"SANDBOX_SMTP_PORT": "9002"}).smtp_port == 0


def test_the_port_is_8700_unless_another_is_told():
    assert settings([], {}).port == 8700
    assert settings([], {"SANDBOX_PORT": "9000"}).port == 9000
    assert settings(["--port", "9001"], {"SANDBOX_PORT": "9000"}).port == 9001
