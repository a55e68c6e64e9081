"""The Recurly site as a block, and the two look-ups that we make in it (ONB-12)."""

import asyncio
import http.client
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

import recurly
from prefect.blocks.core import Block
from pydantic import AfterValidator, ConfigDict, Field, HttpUrl, SecretStr

from blocks.check import Check
from blocks.errors import VendorError, VendorRefused, VendorUnavailable, WrongAnswer, WrongCredentials
from blocks.http import VendorUrl, masked
from blocks.reuse import per_thread

T = TypeVar("T")

SYSTEM = "Recurly"
_PAGE = 200
_EDIT = "edit Blocks → Recurly site → API Key"

# The vendor's error classes, the special before the general; what is not here is refused.
_CREDENTIALS = (recurly.errors.UnauthorizedError, recurly.errors.ForbiddenError)
_PASSING = (
    recurly.errors.ServerError,
    recurly.errors.TooManyRequestsError,
    recurly.errors.SimultaneousRequestError,
)
# The client takes a closed keep-alive connection for a lost one; only these mean that nothing was answered.
_CLOSED = (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected)
# What the client stumbles over when an answer is not what was promised.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, ImportError)


def _template(text: str) -> str:
    try:
        filled = text.format(subdomain="acme", code="001")
    except (KeyError, IndexError, ValueError):
        filled = ""
    if not filled.startswith("https://") or "{code}" not in text:
        raise ValueError("Write an https address with {code}, and {subdomain} where the site's name goes")
    return text


class RecurlySite(Block):
    """Connects to one Recurly site with a private API key; reading accounts is all it needs."""

    _block_type_name = "Recurly site"
    _block_type_slug = "recurly-site"
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/webhook.png"
    )
    _documentation_url = HttpUrl("https://recurly.com/developers/api/v2021-02-25/")
    _description = "One Recurly site: its name, its region and a private API key that may read."

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    subdomain: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", description="The part before .recurly.com.", title="Subdomain"
    )
    api_key: SecretStr = Field(description="A private API key, read-only if possible.", title="API Key")
    region: Literal["us", "eu"] = Field(
        default="us", description="Where the site's data are held.", title="Region"
    )
    billing_url_template: Annotated[str, AfterValidator(_template)] = Field(
        default="https://{subdomain}.recurly.com/accounts/{code}",
        description="Staff page of an account; never the customer's own login link.",
        title="Billing page",
    )
    timeout_seconds: float = Field(
        default=30, gt=0, le=600, description="How long one answer may take, in seconds.", title="Timeout"
    )
    base_url: VendorUrl | None = Field(
        default=None,
        description="Leave empty for Recurly itself; the address of a stand-in for trials.",
        title="Base URL",
    )

    def client(self) -> "RecurlyClient":
        """This thread's client for the site."""
        return per_thread(self, lambda: RecurlyClient(self))

    async def check(self) -> list[Check]:
        """Prove that the key may read accounts."""
        return [await asyncio.to_thread(self._check)]

    def _check(self) -> Check:
        try:
            next(self.client().accounts(), None)
        except VendorError as error:
            return Check("connection", ok=False, message=str(error))
        return Check("connection", ok=True, message="accounts are readable")


class RecurlyClient:
    """Looks accounts up. Belongs to one thread; raises only the classes of `blocks.errors`.

    An account is told as `id`, `code` and `company`; the rest, above all the login token, stays behind.
    """

    def __init__(self, site: RecurlySite) -> None:
        self._key = site.api_key
        self._connection = _connection(site)
        self._client = recurly.Client(site.api_key.get_secret_value(), timeout=site.timeout_seconds)
        # The client has no option for an address of its own, and none for a path before Recurly's.
        self._client._BaseClient__conn = self._connection  # noqa: SLF001 -- the only way to a stand-in

    def account_by_code(self, code: str) -> dict[str, str | None] | None:
        """The account with this code, or None when there is none."""
        try:
            return _account(self._call("account", lambda client: client.get_account(f"code-{code}")))
        except VendorRefused as error:
            if error.code == "not_found":
                return None
            raise

    def accounts(self) -> Iterator[dict[str, str | None]]:
        """Every account of the site, 200 to a page, oldest first."""
        params = {"limit": _PAGE, "sort": "created_at", "order": "asc"}
        pages = self._call("accounts", lambda client: client.list_accounts(params=params).pages())
        seen: set[str | None] = set()
        while (page := self._call("accounts", lambda _: next(pages, None))) is not None:
            if not isinstance(page, list):
                raise WrongAnswer(SYSTEM, "accounts: data is missing")
            fresh = [account for account in map(_account, page) if account["id"] not in seen]
            if page and not fresh:
                raise WrongAnswer(SYSTEM, "accounts: the pages of the list repeat")
            seen.update(account["id"] for account in fresh)
            yield from fresh

    def _call(self, what: str, request: Callable[[Any], T]) -> T:
        """Make one reading call; once more when the connection kept from the last one was closed."""
        kept = self._connection.sock is not None
        try:
            return request(self._client)
        except recurly.NetworkError as error:
            self._connection.close()
            if not (kept and isinstance(error.args[0], _CLOSED)):
                raise _from_network(what, error) from None
        except (recurly.RecurlyError, http.client.HTTPException, *_UNREADABLE) as error:
            raise self._from_answer(what, error) from None
        return self._call(what, request)

    def _from_answer(self, what: str, error: Exception) -> VendorError:
        """Our error for an answer that is a refusal, broke off or is not what was promised."""
        if isinstance(error, recurly.RecurlyError):
            return _from_recurly(what, error, self._key)
        self._connection.close()
        if isinstance(error, http.client.HTTPException):
            return VendorUnavailable(SYSTEM, f"{what}: the connection broke off")
        return WrongAnswer(SYSTEM, f"{what}: the answer is not what was promised")


def _connection(site: RecurlySite) -> http.client.HTTPConnection:
    parts = urlsplit(site.base_url or f"https://{recurly.base_client.API_HOSTS[site.region]}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    prefix = parts.path

    class Prefixed(kind):  # type: ignore[misc,valid-type]
        """Puts the path of the base URL before Recurly's."""

        def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
            super().putrequest(method, prefix + url, *args, **kwargs)

    connection: http.client.HTTPConnection = Prefixed(
        parts.hostname, parts.port, timeout=site.timeout_seconds
    )
    return connection


def _account(resource: Any) -> dict[str, str | None]:
    values = {name: getattr(resource, name, None) for name in ("id", "code", "company")}
    for name in ("id", "code"):
        if not isinstance(values[name], str) or not values[name]:
            raise WrongAnswer(SYSTEM, f"account: {name} is missing")
    return values


def _from_network(what: str, error: recurly.NetworkError) -> VendorUnavailable:
    said = "no answer in time" if isinstance(error.args[0], TimeoutError) else "no connection"
    return VendorUnavailable(SYSTEM, f"{what}: {said}")


def _from_recurly(what: str, error: recurly.RecurlyError, key: SecretStr) -> VendorError:
    told = getattr(error, "error", None)
    kind = getattr(told, "type", None)
    code = kind if isinstance(kind, str) else ""
    if isinstance(error, _CREDENTIALS):
        return WrongCredentials(SYSTEM, f"{what}: the key is not accepted, {_EDIT} ({code})", code=code)
    if isinstance(error, _PASSING):
        return VendorUnavailable(
            SYSTEM, f"{what}: busy or down ({code})", retry_after=_reset(told), code=code
        )
    if told is None:
        return WrongAnswer(SYSTEM, f"{what}: refused without a reason")
    return VendorRefused(SYSTEM, f"{what}: {masked(str(told.message), key)} ({code})", code=code)


def _reset(told: Any) -> float | None:
    """Seconds until Recurly's limit starts anew, None when it does not say."""
    response = told.get_response() if told is not None else None
    moment = getattr(response, "rate_limit_reset", None)
    if not isinstance(moment, datetime):
        return None
    return max(0.0, (moment.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds())
