"""The receiver as it is run: `python -m webhooks`."""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from tests.support.ports import free_port
from tests.webhooks.conftest import SIGNING_SECRET
from tests.webhooks.messages import ORGANIZATION, new_id, sale
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import Salesforce, Serving
from tests.webhooks.slack_side import ReplyServer, Slack, value

pytestmark = pytest.mark.processes

SECRETS = {name: secrets.token_urlsafe(24) for name in ("TOKEN", "BEARER", "HMAC_SECRET", "PREFECT_AUTH")}
COMMAND = [sys.executable, "-m", "webhooks"]


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RECEIVER_")}
    return clean | more


@dataclass
class Process:
    """A receiver and the lines it has logged."""

    started: subprocess.Popen[str]
    url: str
    up: threading.Event = field(default_factory=threading.Event)
    lines: list[str] = field(default_factory=list)

    def listen(self) -> None:
        assert self.started.stderr is not None
        for line in self.started.stderr:
            self.lines.append(line)
            if "running on" in line:
                self.up.set()
        self.up.set()

    def stop(self) -> list[str]:
        """End it as a supervisor does; everything it logged."""
        self.started.send_signal(signal.SIGTERM)
        self.started.wait(20)
        return self.lines


@contextmanager
def running(prefect_url: str) -> Iterator[Process]:
    """A receiver for the Prefect at a URL, which it has little patience with."""
    port = free_port()
    started = subprocess.Popen(
        COMMAND,
        env=environment(
            RECEIVER_PORT=str(port),
            RECEIVER_TOKEN=SECRETS["TOKEN"],
            RECEIVER_BEARER=SECRETS["BEARER"],
            RECEIVER_HMAC_SECRET=SECRETS["HMAC_SECRET"],
            RECEIVER_ORGANIZATION_ID=ORGANIZATION,
            RECEIVER_PATIENCE="2.0",
            PREFECT_API_URL=prefect_url,
            PREFECT_API_AUTH_STRING=SECRETS["PREFECT_AUTH"],
        ),
        stderr=subprocess.PIPE,
        text=True,
    )
    receiver = Process(started, f"http://127.0.0.1:{port}")
    listener = threading.Thread(target=receiver.listen)
    listener.start()
    try:
        assert receiver.up.wait(60)
        yield receiver
    finally:
        started.kill()
        started.wait()
        listener.join()


@pytest.fixture
def process() -> Iterator[Process]:
    """A receiver whose Prefect does not answer."""
    with running(f"http://127.0.0.1:{free_port()}/api") as receiver:
        yield receiver


async def test_it_serves_on_its_port_and_logs_json_lines_without_secrets(
    process: Process, client: httpx.AsyncClient
) -> None:
    salesforce = Salesforce(process.url, SECRETS["TOKEN"], SECRETS["BEARER"], client)
    body = sale(new_id())
    assert (await client.get(f"{process.url}/health")).status_code == 200
    assert (await salesforce.outbound(body)).status_code == 503
    assert (await salesforce.outbound(body, token=SECRETS["TOKEN"][:-1])).status_code == 403
    assert (await salesforce.callout(b"{}")).status_code == 401
    lines = process.stop()
    answers = [line for line in map(json.loads, lines) if line["message"] == "answered"]
    route = "/salesforce/outbound-messages/{token}"
    assert [(line["route"], line["status"]) for line in answers] == [
        (route, 503),
        (route, 403),
        ("/salesforce/events", 401),
    ]
    log = "".join(lines)
    for secret in SECRETS.values():
        assert secret[:-1] not in log
    assert "notifications xmlns" not in log


@pytest.mark.flows
@pytest.mark.usefixtures("workspace")
async def test_a_press_is_logged_by_its_outcome_and_gives_away_nothing(
    prefect_api: str, prefect: PrefectSide, client: httpx.AsyncClient
) -> None:
    run_id = await prefect.waiting_run()
    replies = ReplyServer()
    with running(prefect_api) as process, Serving(replies.app()) as serving:
        replies.url = f"{serving.url}/actions/a-capability"
        slack = Slack(process.url, SIGNING_SECRET, client, replies)
        assert (await slack.press(value(run_id), response_url="http://slack.example/a-capability")).status_code == 200
        assert (await slack.press(value(run_id))).status_code == 200
        await replies.next_text()
        lines = process.stop()
    pressed = [line for line in map(json.loads, lines) if line["message"] == "pressed"]
    assert [(line["run"], line["outcome"]) for line in pressed] == [(run_id, "answered")] * 2
    log = "".join(lines)
    for secret in (SIGNING_SECRET, "a-capability", "slack.example", "pat.seller", "block_actions"):
        assert secret not in log


def test_the_receiver_starts_without_prefect_being_imported() -> None:
    command = "import sys, webhooks.app; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False, timeout=60).returncode == 0


def test_settings_that_do_not_do_are_named_and_not_shown() -> None:
    ended = subprocess.run(
        [*COMMAND, "--port", "0"],
        env=environment(RECEIVER_TOKEN="too-short", RECEIVER_ORGANIZATION_ID=ORGANIZATION),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "RECEIVER_TOKEN" in ended.stderr
    assert "RECEIVER_BEARER: Field required" in ended.stderr
    assert "too-short" not in ended.stderr
    assert "Traceback" not in ended.stderr
