"""`lifecycle authorize outreach`: the authorization of the app, which gives the first refresh token (TRN-3)."""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

from prefect.logging import disable_run_logger

from blocks.common.errors import VendorError
from blocks.common.http import is_loopback
from blocks.common.load_block import stored
from blocks.outreach.block import SCOPES, OutreachApp
from tasks.core.connections import BLOCK_NAME
from tasks.core.locks import OUTREACH_LOGIN, lock

PATIENCE = 600.0
"""Seconds that a person has for the page of Outreach."""
_OPEN = "Open this address, log in as the user in whose name the app works, and press Authorize:"
_DONE = "Outreach has answered. Close this page, and go back to the command line."


class NoCode(Exception):
    """Raised when there is no code to exchange; the message says why and what to do."""


async def authorize(*, paste: bool) -> int:
    """Print the address to open, take the code, exchange it, store the tokens, and say so; 1 if it did not work.

    No token and no code is printed.
    """
    with disable_run_logger():
        try:
            app = await stored(OutreachApp, BLOCK_NAME)
            state = secrets.token_urlsafe(16)
            address = app.authorization_url(state)
            _say(f"{_OPEN}\n\n{address}\n")
            waits = is_loopback(app.redirect_uri) and app.redirect_uri.startswith("http:") and not paste
            code = await (_from_browser if waits else _pasted)(app.redirect_uri, state)
            granted = await _exchange(code)
        except (VendorError, NoCode) as problem:
            sys.stderr.write(f"lifecycle: {problem}\n")
            return 1
    _say(f"Authorized: Outreach granted {len(granted & set(SCOPES))} of the {len(SCOPES)} scopes that are needed.")
    _say("The tokens are stored in the block outreach-app/default. Now run `lifecycle check`.")
    if missing := [scope for scope in SCOPES if scope not in granted]:
        _say(f"Missing: {', '.join(missing)}. Add them to the app in Outreach, and run this command again.")
    return 1 if missing else 0


async def _exchange(code: str) -> set[str]:
    """Exchange the code and store the tokens; the scopes that were granted. No run logs in meanwhile."""
    async with lock(OUTREACH_LOGIN):
        app = await stored(OutreachApp, BLOCK_NAME)
        tokens = await app.authorize(code)
        await app.keep(tokens)
    return set(tokens.scopes.split())


async def _pasted(redirect_uri: str, state: str) -> str:
    _say(f"The browser is then sent to {redirect_uri}, and that page may be empty. Copy its whole address.")
    sys.stdout.write("Paste the address here: ")
    sys.stdout.flush()
    return code_in((await asyncio.to_thread(sys.stdin.readline)).strip(), state)


async def _from_browser(redirect_uri: str, state: str) -> str:
    """The code of the request with which the browser comes back to this machine."""
    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    parts = urlsplit(redirect_uri)
    server = await asyncio.start_server(_answering(came), parts.hostname, parts.port or 80)
    async with server:
        _say(f"Waiting for the browser at {redirect_uri} …")
        try:
            return code_in(await asyncio.wait_for(came, PATIENCE), state)
        except TimeoutError:
            raise NoCode(
                f"nobody came to {redirect_uri} in {PATIENCE / 60:.0f} minutes. Run the command again"
            ) from None


def _answering(
    came: asyncio.Future[str],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readline()).decode(errors="replace").split(" ")[1:2]
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(_DONE)}\r\nConnection: close\r\n\r\n{_DONE}".encode())
        await writer.drain()
        writer.close()
        # A browser also asks for an icon.
        if target and not came.done() and {"code", "error"} & parse_qs(urlsplit(target[0]).query).keys():
            came.set_result(target[0])

    return answer


def code_in(address: str, state: str) -> str:
    """The code in the address to which Outreach sent the browser.

    Raises:
        NoCode: Outreach refused, or the address belongs to another authorization.
    """
    query = parse_qs(urlsplit(address).query)
    if "error" in query:
        raise NoCode("Outreach did not authorize the app. Log in as a user who may, and run the command again")
    if not (code := query.get("code", [""])[0]):
        raise NoCode("the address has no code. Copy the whole address from the browser, and run the command again")
    if not secrets.compare_digest(query.get("state", [""])[0].encode(), state.encode()):
        raise NoCode("the address belongs to another authorization. Run the command again, and open the new address")
    return code


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
