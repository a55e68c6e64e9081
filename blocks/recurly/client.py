"""The look-ups that we make in Recurly (ONB-12, PUB-7), around its own client."""

import http.client
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

import recurly
from pydantic import SecretStr

from blocks.common.calls import vendor_call
from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from blocks.common.masking import no_secrets
from blocks.recurly.errors import SYSTEM, from_network, from_response
from blocks.recurly.responses import Account, Subscription, account_of, subscription_of

T = TypeVar("T")

_OLDEST_FIRST = {"limit": 200, "sort": "created_at", "order": "asc"}
_IDLE_PAGES = 3
"""Pages in a row without anything new, after which a list counts as endless."""
_CLOSED = (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected)
"""How the next call fails when Recurly has closed a connection that was kept open."""
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, ImportError)
"""How the vendor's client fails at a response that is not as promised."""


class _Connection(http.client.HTTPConnection):
    """Puts the path of the base URL before Recurly's, and keeps the last response for its status and headers."""

    prefix = ""
    response: http.client.HTTPResponse | None = None

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """Begin a request."""
        self.response = None
        super().putrequest(method, self.prefix + url, *args, **kwargs)

    def getresponse(self) -> http.client.HTTPResponse:
        """Receive a response; the vendor's client fails at an error without X-Request-Id."""
        self.response = super().getresponse()
        if "X-Request-Id" not in self.response.headers:
            self.response.headers["X-Request-Id"] = ""
        return self.response


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same over TLS."""


class RecurlyClient:
    """Looks up accounts and subscriptions. Belongs to one thread; raises only the classes of `blocks.common.errors`.

    An account has the fields of `responses.account_of`; everything else is dropped, above all its login token.
    """

    def __init__(self, url: str, key: SecretStr, seconds: float) -> None:
        parts = urlsplit(url)
        kind = _SecureConnection if parts.scheme == "https" else _Connection
        self._connection = kind(parts.hostname or "", parts.port, timeout=seconds)
        self._connection.prefix = parts.path
        self._key = key
        self._client = recurly.Client(key.get_secret_value(), timeout=seconds)
        # The vendor's client always connects to its own host, and offers no other way to say where.
        self._client._BaseClient__conn = self._connection  # noqa: SLF001 -- see above

    def account_by_code(self, code: str) -> Account | None:
        """The account with this code, or None."""
        return self.account(f"code-{code}")

    def account(self, account_id: str) -> Account | None:
        """The account with this id of Recurly's, or None."""
        try:
            return account_of(self._call("account", lambda client: client.get_account(account_id)))
        except VendorRefused as error:
            if error.code == "not_found":
                return None
            raise

    def accounts(self) -> Iterator[Account]:
        """Every account of the site, oldest first."""
        return self._records("accounts", lambda client: client.list_accounts(params=dict(_OLDEST_FIRST)), account_of)

    def subscriptions(self, account: str) -> list[Subscription]:
        """Every subscription of an account; none when there is no such account.

        Args:
            account: its id in Recurly, or `code-<code>`.
        """

        def subscriptions(client: Any) -> Any:
            return client.list_account_subscriptions(account, params=dict(_OLDEST_FIRST))

        try:
            return list(self._records("subscriptions", subscriptions, subscription_of))
        except VendorRefused as error:
            if error.code == "not_found":
                return []
            raise

    def _records(self, call: str, pager: Callable[[Any], Any], read: Callable[[Any], T]) -> Iterator[T]:
        """The records of all pages, each once. Recurly's own iteration would end at an empty page."""
        pages = pager(self._client).pages()
        seen: set[str | None] = set()
        idle = 0
        while (page := self._call(call, lambda _: next(pages, None))) is not None:
            if not isinstance(page, list):
                raise UnexpectedResponse(SYSTEM, f"{call}: data is missing")
            fresh = {number: resource for resource in page if (number := getattr(resource, "id", None)) not in seen}
            idle = 0 if fresh else idle + 1
            if idle > _IDLE_PAGES:
                raise UnexpectedResponse(SYSTEM, f"{call}: the pages of the list repeat")
            seen.update(fresh)
            yield from map(read, fresh.values())

    def _call(self, call: str, request: Callable[[Any], T]) -> T:
        """Make one reading call; repeat it once when Recurly has closed the connection since the last call."""
        kept = self._connection.sock is not None
        with no_secrets(self._key), vendor_call(SYSTEM, call):
            try:
                return request(self._client)
            except recurly.NetworkError as error:
                self._connection.close()
                if not (kept and isinstance(error.args[0], _CLOSED)):
                    raise from_network(call, error) from None
            except http.client.HTTPException:
                self._connection.close()
                raise VendorUnavailable(SYSTEM, f"{call}: the connection was lost") from None
            except (recurly.RecurlyError, *_UNREADABLE) as error:
                raise from_response(call, error, self._connection.response, self._key) from None
        return self._call(call, request)
