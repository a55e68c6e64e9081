"""How we call Slack's methods, around slack-sdk: pages, what may be repeated, and errors by who must act."""

import logging
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RateLimitErrorRetryHandler, RetryState

from blocks.common.errors import UnexpectedResponse, VendorRefused
from blocks.common.http import is_loopback, retry_after
from blocks.common.masking import no_secrets
from blocks.slack.errors import SYSTEM, from_network, from_slack

_PAGE, _PAGES = 200, 25
_LONGEST_SLEEP = 30.0

# What the SDK stumbles over when an answer is not what was promised.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)

# The SDK logs the bodies of answers that it cannot read.
_quiet = logging.getLogger("blocks.slack.block.sdk")
_quiet.setLevel(logging.CRITICAL)


class SlackCalls:
    """The calls themselves, from one thread; raises only the classes of `blocks.common.errors`."""

    def __init__(self, token: SecretStr, base_url: str, seconds: int) -> None:
        self._token = token
        self._web = _WebClient(
            token.get_secret_value(),
            base_url=f"{base_url}/",
            timeout=seconds,
            # What is refused for its rate was not processed; after a lost connection nobody knows.
            retry_handlers=[_ShortWaits(max_retry_count=2)],
            logger=_quiet,
        )

    def paged(self, method: str, field: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The items of all pages, up to 5,000; more would mean that looking on is hopeless."""
        cursor = ""
        for _ in range(_PAGES):
            answer = self.call(method, params={**params, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
            items = answer.get(field)
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise UnexpectedResponse(SYSTEM, f"{method}: {field} is missing or not a list of objects")
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

    def call(
        self, method: str, *, writes: bool = False, headers_into: dict[str, str] | None = None, **request: Any
    ) -> dict[str, Any]:
        """Make one call.

        Args:
            method: Slack's name of it.
            writes: a lost answer leaves it outcome_unknown whether it was done.
            headers_into: takes the answer's headers.
            request: `json`, or `params` for a form.
        """
        with no_secrets(self._token):
            try:
                answer = self._web.api_call(method, **request)
            except SlackApiError as error:
                raise from_slack(method, error.response, writes=writes) from None
            except (URLError, OSError, HTTPException) as error:
                raise from_network(method, error, writes=writes) from None
            except (*_UNREADABLE, SlackClientError):
                raise UnexpectedResponse(SYSTEM, f"{method}: the answer is not readable") from None
        if not isinstance(answer.data, dict):
            raise UnexpectedResponse(SYSTEM, f"{method}: the answer is not an object")
        if headers_into is not None:
            headers_into.update(answer.headers)
        return answer.data


def text_in(method: str, parent: dict[str, Any], field: str) -> str:
    """The field of an answer as a text that is not empty."""
    value = parent.get(field)
    if not isinstance(value, str) or not value:
        raise UnexpectedResponse(SYSTEM, f"{method}: {field} is missing")
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
