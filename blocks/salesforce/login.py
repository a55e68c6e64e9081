"""The login to Salesforce, over a session with timeouts that never follows a redirect."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt
import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from blocks.common.calls import vendor_call
from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorUnavailable
from blocks.common.http import is_loopback
from blocks.common.masking import no_secrets
from blocks.salesforce.errors import SYSTEM, from_network

_CONNECT_SECONDS = 5.0
_SERVER_ERROR = 500
_TOO_MANY = 429
_SECRET = ("consumer_key", "consumer_secret", "privatekey")
_TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 -- a path, not a token

_ADVICE = {
    "invalid_client_id": "edit Blocks → Salesforce org → Consumer Key",
    "invalid_client": "edit Blocks → Salesforce org → Consumer Key and Consumer Secret",
    "invalid_grant": "allow this flow and the integration user in the connected app, or edit Blocks → Salesforce org",
    "invalid_app_access": "add the integration user to the permitted users of the connected app",
    "inactive_user": "activate the integration user in Salesforce",
    "unsupported_grant_type": "allow the flow in the connected app, or edit Blocks → Salesforce org",
}


class Transport(HTTPAdapter):
    """Sends the requests of simple-salesforce with a timeout, and to a stand-in if there is one.

    simple-salesforce uses https and salesforce.com only. A stand-in's base URL replaces scheme, host and port, and is
    put before the path.
    """

    def __init__(self, base_url: str | None, timeout: tuple[float, float]) -> None:
        self._base = urlsplit(base_url) if base_url else None
        self._timeout = timeout
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request."""
        if self._base is not None:
            url = urlsplit(str(request.url))
            request.url = url._replace(
                scheme=self._base.scheme, netloc=self._base.netloc, path=self._base.path + url.path
            ).geturl()
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        return super().send(request, *args, **kwargs)


@dataclass(frozen=True)
class Token:
    """The token of a login, and the host that accepts it."""

    value: str = field(repr=False)
    host: str


class SharedToken:
    """An org's token for all threads of a process: one thread logs in, the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: Token | None = None

    def get(self, log_in: Callable[[], Token]) -> Token:
        """The token; logs in when there is none."""
        with self._lock:
            if self._token is None:
                self._token = log_in()
            return self._token

    def over(self, value: str) -> None:
        """Forget a token that is no longer accepted, unless another thread has a newer one already."""
        with self._lock:
            if self._token is not None and self._token.value == value:
                self._token = None


class Login:
    """Opens sessions of one org.

    Args:
        credentials: keyword arguments of SalesforceLogin.
        shared: keeps the token.
        base_url: the stand-in's address, or None for the org itself.
        api_version: like `59.0`.
        seconds: to wait for one answer.
    """

    def __init__(
        self,
        credentials: Mapping[str, str],
        shared: SharedToken,
        *,
        base_url: str | None,
        api_version: str,
        seconds: float,
    ) -> None:
        self._credentials: dict[str, Any] = dict(credentials)
        self._shared = shared
        self.api_version = api_version
        self._session = requests.Session()
        self._session.mount("https://", Transport(base_url, (_CONNECT_SECONDS, seconds)))
        # Our check comes first: the library would print the consumer key in its advice.
        self._session.hooks["response"].append(_raise_for_login)
        self._session.max_redirects = 0
        # The proxies and .netrc of the environment are not for a stand-in on this machine.
        self._session.trust_env = not (base_url and is_loopback(base_url))

    def login(self) -> Salesforce:
        """A client that carries the token; numbers are read as Decimal.

        Raises:
            CredentialsRejected: names the field of the block to edit.
            VendorUnavailable: Salesforce did not answer, or is busy.
            UnexpectedResponse: the response has no token.
        """
        token = self._shared.get(self._log_in)
        return Salesforce(
            session_id=token.value,
            instance_url=f"https://{token.host}",
            version=self.api_version,
            session=self._session,
            parse_float=Decimal,
            object_pairs_hook=dict,
        )

    def session_over(self, salesforce: Salesforce) -> None:
        """Make the next call log in, unless another thread has done so already."""
        self._shared.over(str(salesforce.session_id))

    def _log_in(self) -> Token:
        token, instance = self._tokens()
        if not isinstance(token, str) or not token or not isinstance(instance, str) or not instance:
            raise UnexpectedResponse(SYSTEM, "login: the response has no access_token or no instance_url")
        return Token(token, instance)

    def _tokens(self) -> tuple[Any, Any]:
        hidden = (SecretStr(value) for name, value in self._credentials.items() if name in _SECRET)
        with no_secrets(*hidden), vendor_call(SYSTEM, "login"):
            try:
                return SalesforceLogin(session=self._session, **self._credentials)
            except requests.RequestException as error:
                raise from_network("login", error, writes=False) from None
            except (jwt.PyJWTError, ValueError, TypeError):
                raise CredentialsRejected(
                    SYSTEM,
                    "the private key is not readable. Paste the whole PEM into Blocks → Salesforce org → Private Key",
                ) from None
            except (SalesforceAuthenticationFailed, AttributeError, RecursionError):
                raise UnexpectedResponse(SYSTEM, "login: the response is not as promised. Check My Domain") from None


class _LoginFields(Protocol):
    """The fields of an org that a login needs, as the block has them."""

    @property
    def my_domain(self) -> str: ...
    @property
    def auth(self) -> str: ...
    @property
    def consumer_key(self) -> SecretStr: ...
    @property
    def consumer_secret(self) -> SecretStr | None: ...
    @property
    def username(self) -> str | None: ...
    @property
    def private_key(self) -> SecretStr | None: ...


def credentials_of(org: _LoginFields) -> dict[str, str]:
    """The keyword arguments of SalesforceLogin for an org."""
    credentials = {"consumer_key": org.consumer_key.get_secret_value(), "domain": org.my_domain}
    if org.auth == "client_credentials" and org.consumer_secret:
        credentials["consumer_secret"] = org.consumer_secret.get_secret_value()
    elif org.username and org.private_key:
        # The token is requested at My Domain; the audience is the login host of this kind of org.
        credentials["instance_url"] = org.my_domain
        credentials["domain"] = "test" if ".sandbox" in org.my_domain else "login"
        credentials |= {"username": org.username, "privatekey": org.private_key.get_secret_value()}
    return credentials


def _raise_for_login(response: requests.Response, **_: Any) -> None:
    """Raise our error if the response refuses a login."""
    status = response.status_code
    if response.ok or response.is_redirect or not urlsplit(response.url).path.endswith(_TOKEN_PATH):
        return
    if status >= _SERVER_ERROR or status == _TOO_MANY:
        raise VendorUnavailable(SYSTEM, f"login: HTTP {status}", status=status)
    try:
        code = response.json()["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        code = None
    if not isinstance(code, str):
        raise UnexpectedResponse(SYSTEM, "login: the response is not as promised. Check My Domain", status=status)
    if code not in _ADVICE:
        # An unknown code is not repeated: it may be what we sent.
        message = "login refused: edit Blocks → Salesforce org (unknown error code)"
        raise CredentialsRejected(SYSTEM, message, status=status)
    raise CredentialsRejected(SYSTEM, f"login refused: {_ADVICE[code]} ({code})", code=code, status=status)
