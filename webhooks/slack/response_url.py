"""Replies to a press of a button, by the response URL that Slack sent with the press: a private message, a new layout.

Anybody who has the URL can post in the channel for half an hour. So no log holds it, and no redirect is followed.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

import httpx
from pydantic import SecretStr

from blocks.common.http import is_loopback

logger = logging.getLogger(__name__)

TIMEOUT: Final = httpx.Timeout(5.0)


def slack_client() -> httpx.AsyncClient:
    """The HTTP client for calls to Slack; the caller closes it."""
    return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)


async def send_reply(
    client: httpx.AsyncClient, response_url: SecretStr, text: str, thread_ts: str | None = None
) -> None:
    """Show a text to the member who pressed the button, and to nobody else. A failure is logged and ignored.

    Args:
        client: from `slack_client`.
        response_url: from the press.
        text: in Slack's mrkdwn.
        thread_ts: the thread of the question, if it is in one.
    """
    message: dict[str, Any] = {"response_type": "ephemeral", "replace_original": False, "text": text}
    await _send(client, response_url, message | ({"thread_ts": thread_ts} if thread_ts else {}))


async def replace_message(
    client: httpx.AsyncClient, response_url: SecretStr, text: str, blocks: Sequence[dict[str, Any]]
) -> None:
    """Give the message of the pressed button another layout, for everybody. A failure is logged and ignored.

    Args:
        client: from `slack_client`.
        response_url: from the press.
        text: of the message, for notifications.
        blocks: the layout.
    """
    await _send(client, response_url, {"replace_original": True, "text": text, "blocks": list(blocks)})


async def _send(client: httpx.AsyncClient, response_url: SecretStr, message: dict[str, Any]) -> None:
    try:
        url = httpx.URL(response_url.get_secret_value())
        if not _is_allowed(url):
            reason = "the response URL is neither https nor on this machine"
        elif (answer := await client.post(url, json=message)).is_success:
            return
        else:
            reason = f"status {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        reason = type(error).__name__
    logger.warning("a reply was not shown", extra={"reason": reason})


def _is_allowed(url: httpx.URL) -> bool:
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(str(url)))
