"""`lifecycle contract-test lms`: whether a server keeps the contract of the LMS."""

from collections import Counter
from pathlib import Path

import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from blocks.common.http import is_loopback, vendor_url
from deployments.contract.document import Contract
from deployments.contract.server import SECONDS, Mismatch, Reply, Server
from deployments.contract.suite import Outcome, Result, Suite
from deployments.contract.trial import ACCOUNTS, NAME

HANDFUL = 5
"""Companies that a test server may hold without being named as one."""
_PAGE = 50
_STYLES = {Outcome.OK: "green", Outcome.FAILED: "bold red", Outcome.NOT_RUN: "yellow"}


class Unusable(Exception):
    """Raised when no check can be made: the message says why."""


async def contract_test(url: str, api_key: SecretStr, out: Console, *, keep: bool, is_test_server: bool) -> int:
    """Check a server and print a line for each check; 1 if one failed, 2 if none could be made.

    Args:
        url: the server's address.
        api_key: its key.
        out: where to print.
        keep: leave companies and publications active.
        is_test_server: the server may be written to, whatever it holds.
    """
    try:
        address = vendor_url(url)
    except ValueError as wrong:
        _say(f"{wrong}.", out)
        return 2
    # The environment's proxies cannot reach this machine.
    proxies = not is_loopback(address)
    async with httpx.AsyncClient(base_url=f"{address}/", timeout=SECONDS, trust_env=proxies) as http:
        return await check_server(http, api_key, out, keep=keep, is_test_server=is_test_server)


async def check_server(
    http: httpx.AsyncClient, api_key: SecretStr, out: Console, *, keep: bool, is_test_server: bool
) -> int:
    """The same with a client of the server."""
    server = Server(http, api_key, Contract())
    try:
        await _first_look(server, is_test_server=is_test_server)
    except Unusable as unusable:
        _say(str(unusable), out)
        return 2
    suite, counted = Suite(server), Counter[Outcome]()
    async for result in suite.results():
        counted[result.outcome] += 1
        _show(result, out)
    if not keep:
        created, left = await suite.clean_up()
        state = f"{left} companies and publications could not be made inactive" if left else "all inactive"
        _say(f"{created} companies named {NAME} … are left on the server, {state}.", out)
    _say(", ".join(f"{counted[one]} {one}" for one in Outcome if counted[one]), out)
    return 0 if counted.keys() == {Outcome.OK} else 1


def key_from(file: Path | None, environment: str) -> SecretStr:
    """The API key, from a file or from the value of LMS_API_KEY.

    Raises:
        Unusable: there is none.
    """
    try:
        key = file.read_text(encoding="utf-8").strip() if file else environment.strip()
    except (OSError, UnicodeDecodeError):
        raise Unusable(f"{file} cannot be read as a text file.") from None
    if not key:
        raise Unusable("There is no API key. Name a file with --api-key-file, or set LMS_API_KEY.")
    if not key.isascii() or not key.isprintable():
        raise Unusable("The API key must be one line of ASCII characters.")
    return SecretStr(key)


async def _first_look(server: Server, *, is_test_server: bool) -> None:
    """Look whether there is an LMS that accepts the key and is no productive one; nothing is written.

    Raises:
        Unusable: there is not.
    """
    try:
        reply = await server.call("findCompanies", params={"afterAccountId": "", "upToAccountId": "", "limit": _PAGE})
    except Mismatch as mismatch:
        raise Unusable(f"No LMS answers at this address. {mismatch}. Check --url.") from None
    if reply.status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise Unusable(f"The server does not accept the API key ({reply.status}).")
    if reply.status == httpx.codes.NOT_FOUND:
        raise Unusable(f"There is no {reply.operation.name} at this address. Check --url.")
    if not is_test_server:
        _must_be_nearly_empty(reply)


def _must_be_nearly_empty(reply: Reply) -> None:
    """Refuse a server with more than a handful of companies besides those that earlier runs left."""
    advice = "This command writes. For a test server, add --yes-this-is-a-test-server."
    try:
        page = reply.expect(200)
    except Mismatch as mismatch:
        raise Unusable(f"The number of companies is unknown: {mismatch}. {advice}") from None
    others = [one for one in page["companies"] if not (one["accountId"] or "").startswith(ACCOUNTS)]
    # Those of earlier runs come last. A page without one of them may be followed by others.
    goes_on = page.get("more") and len(others) == len(page["companies"])
    if len(others) > HANDFUL or goes_on:
        raise Unusable(f"The server holds more than {HANDFUL} companies. {advice}")


def _show(result: Result, out: Console) -> None:
    """One line; if the check is not in order, what was expected, what came, and what to change."""
    line = Text.assemble(
        (f"{result.outcome:<8}", _STYLES[result.outcome]), f"{result.operation.name}: {result.check.expects}"
    )
    out.print(line, soft_wrap=True)
    if result.outcome is Outcome.NOT_RUN:
        _detail("because", result.received, out)
    if result.outcome is Outcome.FAILED:
        _detail("expected", f"{result.expected} ({result.operation.place})", out)
        _detail("received", result.received, out)
        _detail("change", result.check.advice, out)


def _detail(name: str, text: str, out: Console) -> None:
    _say(f"{'':8}{name:<9} {text}", out)


def _say(text: str, out: Console) -> None:
    """One line, however long."""
    out.print(Text(text), soft_wrap=True)
