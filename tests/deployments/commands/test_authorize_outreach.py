"""`lifecycle authorize outreach`: a person allows the app in the browser, and the tokens are stored and never shown."""

import asyncio
import io
import re
import time

import httpx
import pytest

from blocks.common.load_block import stored
from blocks.outreach.block import SCOPES, OutreachApp
from deployments.commands.authorize_outreach import NoCode, authorize, code_in
from tests.support.ports import free_port
from tests.support.sandbox import SandboxProcess
from tests.support.stored_blocks import data_of, store_data, stored_data
from tests.tasks.outreach_org import app_of, stored_app

pytestmark = pytest.mark.flows
USED = "none yet"


@pytest.fixture
async def org(limits, stand_in: SandboxProcess):  # noqa: ARG001 - the login takes one
    async with stored_app(stand_in) as sandbox:
        yield sandbox


async def redirected_to(sandbox: SandboxProcess, redirect_uri: str) -> None:
    """The block before the first authorization."""
    app = app_of(sandbox, redirect_uri=redirect_uri, refresh_token=USED)
    number, _ = await stored_data(app)
    await store_data(number, data_of(app))


async def address_in(capsys) -> tuple[str, str]:
    """The address that the command prints, and everything that it printed so far."""
    words = ""
    async with asyncio.timeout(20):
        while not (found := re.search(r"http\S+/oauth/authorize\S+", words)):
            await asyncio.sleep(0.01)
            words += capsys.readouterr().out
    return found[0], words


def assert_no_secret(words: str, app: OutreachApp, code: str) -> None:
    for secret in (app.refresh_token, app.access_token, app.client_secret):
        assert secret.get_secret_value() not in words
    assert code not in words


async def test_the_browser_comes_back_to_this_machine(org, capsys):
    await redirected_to(org, f"http://127.0.0.1:{free_port()}/")
    running = asyncio.create_task(authorize(paste=False))
    address, words = await address_in(capsys)

    async with httpx.AsyncClient(trust_env=False) as browser:
        asked = await browser.get(address)
        while True:
            try:
                page = await browser.get(asked.headers["location"])
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.01)

    assert await running == 0
    assert "go back to the command line" in page.text
    printed = capsys.readouterr()
    words += printed.out + printed.err
    assert f"Outreach granted {len(SCOPES)} of the {len(SCOPES)} scopes" in words
    app = await stored(OutreachApp, "default")
    assert app.token() is not None
    assert app.refresh_token.get_secret_value() != USED
    assert set(app.scopes.split()) == set(SCOPES)
    assert_no_secret(words, app, httpx.URL(asked.headers["location"]).params["code"])


async def test_the_address_is_pasted(org, capsys, monkeypatch):
    await redirected_to(org, "https://lifecycle.example.com/outreach")
    pasted = io.StringIO()
    monkeypatch.setattr("sys.stdin", _Later(pasted))
    running = asyncio.create_task(authorize(paste=False))
    address, _ = await address_in(capsys)
    async with httpx.AsyncClient(trust_env=False) as browser:
        pasted.write(f"{(await browser.get(address)).headers['location']}\n")

    assert await running == 0
    assert (await stored(OutreachApp, "default")).token() is not None


async def test_a_code_that_was_used_is_refused_and_the_block_stays(org, capsys, monkeypatch):
    await redirected_to(org, "https://lifecycle.example.com/outreach")
    pasted = io.StringIO()
    monkeypatch.setattr("sys.stdin", _Later(pasted))
    running = asyncio.create_task(authorize(paste=False))
    address, _ = await address_in(capsys)
    state = httpx.URL(address).params["state"]
    pasted.write(f"https://lifecycle.example.com/outreach?code=used&state={state}\n")

    assert await running == 1
    assert "the code is no longer valid" in capsys.readouterr().err
    assert (await stored(OutreachApp, "default")).refresh_token.get_secret_value() == USED


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://x.example/?error=access_denied&state=s", "did not authorize"),
        ("https://x.example/", "has no code"),
        ("abc", "has no code"),
        ("https://x.example/?code=c&state=other", "another authorization"),
        ("https://x.example/?code=c", "another authorization"),
    ],
)
def test_an_address_without_our_code_says_what_to_do(address, words):
    with pytest.raises(NoCode, match=words):
        code_in(address, "s")


class _Later:
    """A terminal into which somebody pastes a line later."""

    def __init__(self, pasted: io.StringIO) -> None:
        self._pasted = pasted

    def readline(self) -> str:
        while not (line := self._pasted.getvalue()).endswith("\n"):
            time.sleep(0.01)
        return line
