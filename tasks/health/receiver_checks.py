"""Check the receiver from outside: whether it can start runs, and whether it takes Salesforce's and Slack's requests.

The requests have no effect. Whether Salesforce and Slack themselves can reach the receiver, only they can show.
"""

import json
import os
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from blocks.common.errors import VendorError
from blocks.common.health_check import Check
from blocks.common.load_block import stored
from blocks.slack.block import SlackWorkspace
from tasks.core.connections import BLOCK_NAME

ADDRESS = "LIFECYCLE_RECEIVER_URL"
"""The variable with the receiver's address, as the machine that checks reaches it."""
TOKEN = "RECEIVER_TOKEN"  # noqa: S105 - the name of a variable
SECONDS = 10.0
_NOBODY = "no-token-of-anybody"
_START = "Start it (`python -m webhooks`, docs/operations.md), or look at its log"
_BY_HAND = "To test Slack's side, press a button of one of our messages"


def receiver_url() -> str:
    """The receiver's address; without `LIFECYCLE_RECEIVER_URL`, the one of a stack on this machine."""
    return os.environ.get(ADDRESS, "").rstrip("/") or f"http://127.0.0.1:{os.environ.get('RECEIVER_PORT') or 8710}"


async def receiver_checks() -> list[Check]:
    """Check the receiver; one check when it does not answer."""
    url = receiver_url()
    async with httpx.AsyncClient(base_url=url, timeout=SECONDS, trust_env=False) as receiver:
        try:
            ready = await ready_check(receiver)
        except httpx.HTTPError as error:
            message = f"Does not answer at {url} ({type(error).__name__}). {_START}. Elsewhere? Set {ADDRESS}"
            return [Check("ready", ok=False, message=message)]
        token = SecretStr(os.environ.get(TOKEN, ""))
        return [
            ready,
            await _answered("outbound messages", lambda: outbound_check(receiver, token)),
            await _answered("interactivity", lambda: _interactivity(receiver)),
        ]


async def _answered(name: str, look: Callable[[], Awaitable[Check]]) -> Check:
    try:
        return await look()
    except httpx.HTTPError as error:
        return Check(name, ok=False, message=f"The receiver does not answer ({type(error).__name__}). {_START}")


async def ready_check(receiver: httpx.AsyncClient) -> Check:
    """Check that the receiver can start runs."""
    answer = await receiver.get("/ready")
    if answer.is_success:
        return Check("ready", ok=True, message=f"{receiver.base_url}: can start runs")
    try:
        missing = [f"{item['what']}. {item['action']}" for item in answer.json()["missing"]]
    except (ValueError, KeyError, TypeError):
        missing = [f"{receiver.base_url} answers {answer.status_code}, not as the receiver does. Correct {ADDRESS}"]
    return Check("ready", ok=False, message=" ".join(missing).rstrip("."))


async def outbound_check(receiver: httpx.AsyncClient, token: SecretStr) -> Check:
    """Check that the address of Salesforce's outbound messages takes our token, and refuses any other (D-5)."""
    name, path = "outbound messages", "/salesforce/outbound-messages/"
    xml = {"content-type": "text/xml"}
    if (await receiver.post(f"{path}{_NOBODY}", content=b"", headers=xml)).status_code != httpx.codes.FORBIDDEN:
        return Check(name, ok=False, message=f"{receiver.base_url} has no address for them. Correct {ADDRESS}")
    if not token.get_secret_value():
        return Check(name, ok=True, message=f"a wrong token is refused; set {TOKEN} to test the right one too")
    # A message without content passes the token and is refused as unreadable.
    answer = await receiver.post(f"{path}{token.get_secret_value()}", content=b"", headers=xml)
    if answer.status_code == httpx.codes.BAD_REQUEST:
        return Check(name, ok=True, message="the token is accepted")
    problem = f"The receiver refuses the token in {TOKEN} ({answer.status_code}). Start it again with this token"
    return Check(name, ok=False, message=f"{problem}, and enter it in the address of Salesforce's outbound messages")


async def _interactivity(receiver: httpx.AsyncClient) -> Check:
    try:
        workspace = await stored(SlackWorkspace, BLOCK_NAME)
    except VendorError as error:
        return Check("interactivity", ok=False, message=f"Cannot be tested: {error}")
    return await interactivity_check(receiver, workspace.signing_secret)


async def interactivity_check(receiver: httpx.AsyncClient, secret: SecretStr) -> Check:
    """Check that the receiver takes a request signed with the block's secret, as Slack signs it."""
    body = urlencode({"payload": json.dumps({"type": "lifecycle_check"})}).encode()
    signer, now = SignatureVerifier(secret.get_secret_value()), str(int(time.time()))
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": now,
        "x-slack-signature": signer.generate_signature(timestamp=now, body=body) or "",
    }
    answer = await receiver.post("/slack/interactions", content=body, headers=headers)
    if answer.is_success:
        return Check("interactivity", ok=True, message=f"a signed press is accepted. {_BY_HAND}")
    problem = f"A press signed with the block's secret is refused ({answer.status_code})"
    advice = "Compare Signing Secret in the block with Slack's Basic Information, and the clocks of both machines"
    return Check("interactivity", ok=False, message=f"{problem}. {advice}")
