"""Calls of Slack's methods, around slack-sdk: pages, safe repeats, and errors by who must act."""

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

from blocks.common.calls import vendor_call
from blocks.common.errors import UnexpectedResponse, VendorRefused
from blocks.common.http import is_loopback, retry_after
from blocks.common.masking import no_secrets
from blocks.slack.errors import SYSTEM, from_network, from_slack

_PAGE, _PAGES = 200, 25
_LONGEST_SLEEP = 30.0

_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""How the SDK fails at a response that is not as promised."""

# The SDK logs the bodies of responses that it cannot read.
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
            # A call above the rate limit was not processed, so it may be repeated; one whose response was lost may not.
            retry_handlers=[_ShortWaits(max_retry_count=2)],
            logger=_quiet,
        )

    def paged(self, method: str, field: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The items of all pages, at most 5,000.

        Raises:
            VendorRefused: there are more.
        """
        cursor = ""
        for _ in range(_PAGES):
            response = self.call(method, params={**params, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
            items = response.get(field)
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise UnexpectedResponse(SYSTEM, f"{method}: {field} is missing or not a list of objects")
            yield from items
            metadata = response.get("response_metadata")
            following = metadata.get("next_cursor") if isinstance(metadata, dict) else None
            if not following:
                return
            cursor = str(following)
        raise VendorRefused(
            SYSTEM,
            f"{method}: more than {_PAGE * _PAGES} {field} to search. Look in Slack yourself",
        )

    def call(
        self, method: str, *, writes: bool = False, headers_into: dict[str, str] | None = None, **request: Any
    ) -> dict[str, Any]:
        """Make one call.

        Args:
            method: Slack's name of it.
            writes: when the response is lost, the outcome is unknown.
            headers_into: takes the headers of the response.
            request: `json`, or `params` for a form.
        """
        with no_secrets(self._token), vendor_call(SYSTEM, method):
            try:
                response = self._web.api_call(method, **request)
            except SlackApiError as error:
                raise from_slack(method, error.response, writes=writes) from None
            except (URLError, OSError, HTTPException) as error:
                raise from_network(method, error, writes=writes) from None
            except (*_UNREADABLE, SlackClientError):
                raise UnexpectedResponse(SYSTEM, f"{method}: the response is not readable") from None
        if not isinstance(response.data, dict):
            raise UnexpectedResponse(SYSTEM, f"{method}: the response is not an object")
        if headers_into is not None:
            headers_into.update(response.headers)
        return response.data


class _ShortWaits(RateLimitErrorRetryHandler):
    """Waits up to 30 seconds as Slack asks; a longer or unreadable wait is left to the caller."""

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
    """Follows no redirect, which would send the token elsewhere: it counts as an unexpected response."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _WebClient(WebClient):
    """The SDK's client, with the proxies of the environment (and NO_PROXY) except for this machine."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        opener: OpenerDirector = build_opener(ProxyHandler({}) if is_loopback(url) else ProxyHandler(), _NoRedirects())
        with opener.open(req, timeout=self.timeout) as response:
            charset = response.headers.get_content_charset() or "utf-8"
            return {"status": response.status, "headers": response.headers, "body": response.read().decode(charset)}
