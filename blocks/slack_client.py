"""The calls we make to Slack, around slack-sdk.

Slack does not know a repeat from a second message: every post carries a key in its metadata, by which `find`
tells after an unclear outcome whether it is there.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RateLimitErrorRetryHandler, RetryState

from blocks.errors import VendorRefused, WrongAnswer
from blocks.http import is_loopback, retry_after
from blocks.slack_errors import SYSTEM, from_network, from_slack

_PAGE, _PAGES = 200, 25
_LONGEST_SLEEP = 30.0
_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{2,}")

# What the SDK stumbles over when an answer is not what was promised.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)

# The SDK logs the bodies of answers that it cannot read.
_quiet = logging.getLogger("blocks.slack.sdk")
_quiet.setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Posted:
    """A message that is in Slack: its channel's id, and its timestamp, which is its id there."""

    channel: str
    ts: str


class SlackClient:
    """Posts and looks up messages. Belongs to one thread; raises only the classes of `blocks.errors`."""

    def __init__(self, token: SecretStr, base_url: str, seconds: int) -> None:
        self._web = _WebClient(
            token.get_secret_value(),
            base_url=f"{base_url}/",
            timeout=seconds,
            # What is refused for its rate was not processed; after a lost connection nobody knows.
            retry_handlers=[_ShortWaits(max_retry_count=2)],
            logger=_quiet,
        )

    def post(
        self,
        channel: str,
        text: str,
        *,
        key: str,
        blocks: list[dict[str, Any]] | None = None,
        thread_ts: str | None = None,
    ) -> Posted:
        """Post one message, with `key` in its metadata.

        Args:
            channel: id of a channel, or `#name` of a public one.
            text: the message, and the notification when there are blocks.
            key: what `find` finds it by.
            blocks: its layout.
            thread_ts: the message that it answers to.

        Raises:
            VendorUnavailable: when `unclear`, look with `find` before posting again.
        """
        answer = self._call(
            "chat.postMessage",
            json={
                "channel": channel,
                "text": text,
                "metadata": _metadata(key),
                "unfurl_links": False,
                **({} if blocks is None else {"blocks": blocks}),
                **({} if thread_ts is None else {"thread_ts": thread_ts}),
            },
        )
        return Posted(_text("chat.postMessage", answer, "channel"), _text("chat.postMessage", answer, "ts"))

    def update(self, posted: Posted, text: str, *, key: str, blocks: list[dict[str, Any]]) -> None:
        """Give a message of ours another text and layout; it keeps its key. Repeating it changes nothing.

        Raises:
            VendorRefused: the message is gone.
        """
        self._call(
            "chat.update",
            json={
                "channel": posted.channel,
                "ts": posted.ts,
                "text": text,
                "blocks": blocks,
                "metadata": _metadata(key),
            },
        )

    def find(self, channel: str, key: str, *, oldest: float, thread_ts: str | None = None) -> Posted | None:
        """The message with this key, posted since `oldest` (epoch seconds), or None.

        Args:
            channel: where it would be.
            key: as it was posted with.
            oldest: how far back to look.
            thread_ts: the message it would answer to; without one, only the channel's own messages are looked at.

        Raises:
            VendorRefused: when there are too many messages to be sure.
        """
        found = channel if _CHANNEL_ID.fullmatch(channel) else self.channel_id(channel)
        if found is None:
            return None
        method = "conversations.replies" if thread_ts else "conversations.history"
        params = {"channel": found, "oldest": f"{oldest:.6f}", "include_all_metadata": 1}
        params |= {"ts": thread_ts} if thread_ts else {}
        for message in self._paged(method, "messages", params):
            if _key(message) == key:
                return Posted(found, _text(method, message, "ts"))
        return None

    def channel_id(self, name: str) -> str | None:
        """The id of a public channel by its name, with or without #; None when there is none."""
        wanted = name.removeprefix("#")
        if _CHANNEL_ID.fullmatch(wanted):
            return wanted
        params = {"types": "public_channel", "exclude_archived": 1}
        for channel in self._paged("conversations.list", "channels", params):
            if channel.get("name") == wanted:
                return _text("conversations.list", channel, "id")
        return None

    def user_by_email(self, email: str) -> str | None:
        """The id of the member with this address, or None."""
        try:
            answer = self._call("users.lookupByEmail", params={"email": email})
        except VendorRefused as error:
            if error.code == "users_not_found":
                return None
            raise
        user = answer.get("user")
        return _text("users.lookupByEmail", user if isinstance(user, dict) else {}, "id")

    def scopes(self) -> frozenset[str]:
        """What the token may do."""
        headers: dict[str, str] = {}
        self._call("auth.test", params={}, headers_into=headers)
        granted = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
        return frozenset(scope.strip() for scope in granted.split(","))

    def _paged(self, method: str, field: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The items of all pages, up to 5,000; more would mean that looking on is hopeless."""
        cursor = ""
        for _ in range(_PAGES):
            answer = self._call(method, params={**params, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
            items = answer.get(field)
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise WrongAnswer(SYSTEM, f"{method}: {field} is missing or not a list of objects")
            yield from items
            metadata = answer.get("response_metadata")
            following = metadata.get("next_cursor") if isinstance(metadata, dict) else None
            if not following:
                return
            cursor = str(following)
        raise VendorRefused(
            SYSTEM,
            f"{method}: more than {_PAGE * _PAGES} {field} to look through. Look in Slack yourself",
        )

    def _call(self, method: str, *, headers_into: dict[str, str] | None = None, **request: Any) -> dict[str, Any]:
        writes = "json" in request
        try:
            answer = self._web.api_call(method, **request)
        except SlackApiError as error:
            raise from_slack(method, error.response, writes=writes) from None
        except (URLError, OSError, HTTPException) as error:
            raise from_network(method, error, writes=writes) from None
        except (*_UNREADABLE, SlackClientError):
            raise WrongAnswer(SYSTEM, f"{method}: the answer is not readable") from None
        if not isinstance(answer.data, dict):
            raise WrongAnswer(SYSTEM, f"{method}: the answer is not an object")
        if headers_into is not None:
            headers_into.update(answer.headers)
        return answer.data


def _metadata(key: str) -> dict[str, Any]:
    return {"event_type": "lifecycle", "event_payload": {"key": key}}


def _key(message: dict[str, Any]) -> object:
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return payload.get("key") if isinstance(payload, dict) else None


def _text(method: str, parent: dict[str, Any], field: str) -> str:
    value = parent.get(field)
    if not isinstance(value, str) or not value:
        raise WrongAnswer(SYSTEM, f"{method}: {field} is missing")
    return value


class _ShortWaits(RateLimitErrorRetryHandler):
    """Sleeps as Slack asks, when it asks for seconds; a long or unreadable wait is left to the caller."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or not super()._can_retry(state=state, request=request, response=response, error=error):
            return False
        named = {name: str(value[0] if isinstance(value, list) else value) for name, value in response.headers.items()}
        wait = retry_after(named)
        raw = next((value for name, value in named.items() if name.lower() == "retry-after"), "")
        return raw.isascii() and raw.isdigit() and wait is not None and wait <= _LONGEST_SLEEP


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would carry the token elsewhere: it counts as a wrong answer."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _WebClient(WebClient):
    """The SDK's client, with proxies of the environment (NO_PROXY honoured) for the outside world only."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        opener: OpenerDirector = build_opener(ProxyHandler({}) if is_loopback(url) else ProxyHandler(), _NoRedirects())
        with opener.open(req, timeout=self.timeout) as answer:
            charset = answer.headers.get_content_charset() or "utf-8"
            return {"status": answer.status, "headers": answer.headers, "body": answer.read().decode(charset)}
