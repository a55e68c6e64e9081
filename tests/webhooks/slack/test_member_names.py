"""Who pressed a button is named by name: Slack sends the handle alone."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from pydantic import SecretStr

from tests.webhooks.serving import Serving
from tests.webhooks.slack_web_api_stub import BOT, PAT, SlackWebApiStub
from webhooks.slack import member_names
from webhooks.slack.member_names import MemberNames
from webhooks.slack.signing import Workspace
from webhooks.slack.web_api import SlackWebApi


@pytest.fixture
def stub() -> Iterator[tuple[SlackWebApiStub, str]]:
    stub = SlackWebApiStub("xoxb-1")
    with Serving(stub.app()) as serving:
        yield stub, f"{serving.url}/api"


@pytest.fixture
async def slack(stub: tuple[SlackWebApiStub, str]) -> AsyncIterator[SlackWebApi]:
    workspace = Workspace(signing_secret=SecretStr("x"), token=SecretStr("xoxb-1"), base_url=stub[1])
    async with httpx.AsyncClient(trust_env=False) as client:
        yield SlackWebApi(client, workspace)


async def test_a_member_is_looked_up_once(stub: tuple[SlackWebApiStub, str], slack: SlackWebApi) -> None:
    names = MemberNames()
    assert [await names.name(slack, PAT, "pat.seller") for _ in range(2)] == ["Pat Lee", "Pat Lee"]
    assert stub[0].asked() == ["users.info"]
    assert await names.name(slack, BOT, "lifecycle") == "lifecycle"


async def test_without_an_answer_in_time_the_handle_stands_and_the_next_press_asks_again(
    stub: tuple[SlackWebApiStub, str], slack: SlackWebApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = MemberNames()
    monkeypatch.setattr(member_names, "SECONDS", 0.1)
    stub[0].seconds = 0.4
    assert await names.name(slack, PAT, "pat.seller") == "pat.seller"
    monkeypatch.undo()
    stub[0].seconds = 0.0
    stub[0].says["users.info"] = (200, b'{"ok":false,"error":"missing_scope"}')
    assert await names.name(slack, PAT, "pat.seller") == "pat.seller"
    stub[0].says.clear()
    assert await names.name(slack, PAT, "pat.seller") == "Pat Lee"
