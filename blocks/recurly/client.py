"""The look-ups that we make in Recurly (ONB-12, PUB-7), around its own client."""

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import recurly
from pydantic import SecretStr

from blocks.common.errors import UnexpectedResponse, VendorRefused, VendorUnavailable
from blocks.common.masking import no_secrets
from blocks.recurly.errors import SYSTEM, from_answer, from_network

T = TypeVar("T")

Account = dict[str, str | None]


@dataclass(frozen=True)
class Subscription:
    """A subscription: what is told of it.

    Attributes:
        id: Recurly's own.
        plan: the plan's name.
        state: active, canceled, expired, failed, future or paused.
        auto_renew: whether it is to go on by itself.
        ends_at: when the present period ends, or it expires (UTC).
        quantity: how many times the plan is billed.
    """

    id: str
    plan: str
    state: str
    auto_renew: bool
    ends_at: datetime | None
    quantity: int | None = None


_PAGE = 200
# Pages in a row that may bring nothing new before the list counts as endless.
_IDLE_PAGES = 3
# How a connection that was kept open, and closed by Recurly meanwhile, shows at the next call.
_CLOSED = (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected)
# What the vendor's client stumbles over when an answer is not what was promised.
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, ImportError)


class _Connection(http.client.HTTPConnection):
    """Puts the path of the base URL before Recurly's, and remembers the last answer's status and headers."""

    prefix = ""
    answer: http.client.HTTPResponse | None = None

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """Begin a request."""
        self.answer = None
        super().putrequest(method, self.prefix + url, *args, **kwargs)

    def getresponse(self) -> http.client.HTTPResponse:
        """Receive an answer; the vendor's client fails at an error without X-Request-Id."""
        self.answer = super().getresponse()
        if "X-Request-Id" not in self.answer.headers:
            self.answer.headers["X-Request-Id"] = ""
        return self.answer


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same over TLS."""


class RecurlyClient:
    """Looks accounts up. Belongs to one thread; raises only the classes of `blocks.common.errors`.

    An account is told as `id`, `code`, `company` and `state`; the rest, above all the login token, stays behind.
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
        """The account with this code, or None when there is none."""
        return self.account(f"code-{code}")

    def account(self, account_id: str) -> Account | None:
        """The account with Recurly's own id, or None when there is none."""
        try:
            return _account(self._call("account", lambda client: client.get_account(account_id)))
        except VendorRefused as error:
            if error.code == "not_found":
                return None
            raise

    def accounts(self) -> Iterator[Account]:
        """Every account of the site, 200 to a page, oldest first."""
        params = {"limit": _PAGE, "sort": "created_at", "order": "asc"}
        pages = self._call("accounts", lambda client: client.list_accounts(params=params).pages())
        seen: set[str | None] = set()
        idle = 0
        while (page := self._call("accounts", lambda _: next(pages, None))) is not None:
            if not isinstance(page, list):
                raise UnexpectedResponse(SYSTEM, "accounts: data is missing")
            fresh = [account for account in map(_account, page) if account["id"] not in seen]
            idle = 0 if fresh else idle + 1
            if idle > _IDLE_PAGES:
                raise UnexpectedResponse(SYSTEM, "accounts: the pages of the list repeat")
            seen.update(account["id"] for account in fresh)
            yield from fresh

    def subscriptions(self, account: str) -> list[Subscription]:
        """Every subscription of an account; none when there is no such account.

        Args:
            account: Recurly's id of it, or `code-<code>`.
        """
        params = {"limit": _PAGE, "sort": "created_at", "order": "asc"}
        try:
            pages = self._call("subscriptions", lambda c: c.list_account_subscriptions(account, params=params).pages())
            found: list[Subscription] = []
            while (page := self._call("subscriptions", lambda _: next(pages, None))) is not None:
                if not isinstance(page, list):
                    raise UnexpectedResponse(SYSTEM, "subscriptions: data is missing")
                fresh = [_subscription(one) for one in page]
                if fresh and found and fresh[0] in found:
                    raise UnexpectedResponse(SYSTEM, "subscriptions: the pages of the list repeat")
                found += fresh
        except VendorRefused as error:
            if error.code == "not_found":
                return []
            raise
        return found

    def _call(self, what: str, request: Callable[[Any], T]) -> T:
        """Make one reading call; once more when the connection kept from the last one was closed."""
        kept = self._connection.sock is not None
        with no_secrets(self._key):
            try:
                return request(self._client)
            except recurly.NetworkError as error:
                self._connection.close()
                if not (kept and isinstance(error.args[0], _CLOSED)):
                    raise from_network(what, error) from None
            except http.client.HTTPException:
                self._connection.close()
                raise VendorUnavailable(SYSTEM, f"{what}: the connection broke off") from None
            except (recurly.RecurlyError, *_UNREADABLE) as error:
                raise from_answer(what, error, self._connection.answer, self._key) from None
        return self._call(what, request)


def _account(resource: Any) -> Account:
    values = {name: getattr(resource, name, None) for name in ("id", "code", "company", "state")}
    for name in ("id", "code", "state"):
        if not isinstance(values[name], str) or not values[name]:
            raise UnexpectedResponse(SYSTEM, f"account: {name} is missing")
    return values


def _subscription(resource: Any) -> Subscription:
    plan, ends_at = getattr(resource, "plan", None), resource.expires_at or resource.current_period_ends_at
    told = {"id": resource.id, "state": resource.state}
    for name, value in told.items():
        if not isinstance(value, str) or not value:
            raise UnexpectedResponse(SYSTEM, f"subscription: {name} is missing")
    return Subscription(
        id=resource.id,
        plan=str(getattr(plan, "name", None) or getattr(plan, "code", None) or "subscription"),
        state=resource.state,
        auto_renew=bool(resource.auto_renew),
        ends_at=ends_at.replace(tzinfo=ends_at.tzinfo or UTC) if isinstance(ends_at, datetime) else None,
        quantity=resource.quantity if isinstance(getattr(resource, "quantity", None), int) else None,
    )
