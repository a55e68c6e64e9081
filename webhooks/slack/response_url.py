"""A word to the person who pressed a button, by the address Slack gave for it.

Whoever has such an address can speak in the channel for half an hour: it is never logged, and no redirect is followed.
"""

import logging
from typing import Final

import httpx
from pydantic import SecretStr

from blocks.common.http import is_loopback

logger = logging.getLogger(__name__)

TIMEOUT: Final = httpx.Timeout(5.0)


def slack_client() -> httpx.AsyncClient:
    """The HTTP client to Slack's response addresses; the caller closes it."""
    return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)


async def say(client: httpx.AsyncClient, response_url: SecretStr, text: str, thread_ts: str | None = None) -> None:
    """Show the presser, and nobody else, a text, in the thread if one is given.

    When it cannot be shown that is logged, and harmless.
    """
    word = {"response_type": "ephemeral", "replace_original": False, "text": text}
    word |= {"thread_ts": thread_ts} if thread_ts else {}
    try:
        url = httpx.URL(response_url.get_secret_value())
        if not _is_allowed(url):
            reason = "the response URL is neither https nor of this machine"
        elif (answer := await client.post(url, json=word)).is_success:
            return
        else:
            reason = f"status {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        reason = type(error).__name__
    logger.warning("a word to the presser was not shown", extra={"reason": reason})


def _is_allowed(url: httpx.URL) -> bool:
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(str(url)))
