"""Replies to a member who pressed a button: only by the response URL, and never in a log."""

import pytest
from pydantic import SecretStr

from tests.support.ports import free_port
from tests.webhooks.prefect_side import PrefectSide
from tests.webhooks.serving import Serving
from tests.webhooks.slack_side import ReplyServer, Slack, value
from webhooks.slack.response_url import send_reply, slack_client

TEXT = "Checking again."


@pytest.mark.parametrize("status", [200, 301, 302, 307, 404, 500])
async def test_a_word_is_said_once_and_no_redirect_is_followed(status: int, caplog: pytest.LogCaptureFixture) -> None:
    replies = ReplyServer(status)
    async with slack_client() as client:
        with Serving(replies.app()) as serving:
            await send_reply(client, SecretStr(f"{serving.url}/actions/capability"), TEXT)
    assert await replies.next_text() == TEXT
    assert replies.messages.empty()
    failures = [record for record in caplog.records if record.name == "webhooks.slack.response_url"]
    assert [record.__dict__["reason"] for record in failures] == ([] if status == 200 else [f"status {status}"])


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.example/capability",
        "http://192.0.2.1/capability",
        "http://127.0.0.1.example/capability",
        "http://127.0.0.1@hooks.slack.example/capability",
        "http://127.0.0.1\\@hooks.slack.example/capability",
        "ftp://127.0.0.1/capability",
        "file:///etc/capability",
        "//127.0.0.1/capability",
        "capability",
        "",
        "https://",
        "https://[capability",
        "https://capability\x00",
        "https://a:capability/",
        f"https://{'a' * 300}/capability",
        "https://xn--capability--/",
    ],
)
async def test_an_address_that_is_not_slacks_is_never_called_and_never_logged(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with slack_client() as client:
        await send_reply(client, SecretStr(url), TEXT)
    (record,) = (each for each in caplog.records if each.name == "webhooks.slack.response_url")
    assert "capability" not in f"{record.__dict__}"


async def test_nobody_at_the_address_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    async with slack_client() as client:
        await send_reply(client, SecretStr(f"http://127.0.0.1:{free_port()}/capability"), TEXT)
    (record,) = (each for each in caplog.records if each.name == "webhooks.slack.response_url")
    assert record.__dict__["reason"] == "ConnectError"


@pytest.mark.flows
@pytest.mark.parametrize("url", ["http://hooks.slack.example/x", "nonsense", "https://[x"])
async def test_a_press_counts_when_its_presser_cannot_be_told(slack: Slack, prefect: PrefectSide, url: str) -> None:
    run_id = await prefect.waiting_run()
    answer = await slack.press(value(run_id), response_url=url)
    assert answer.status_code == 200
    assert (await prefect.run(run_id))["state"]["name"] == "Resuming"
