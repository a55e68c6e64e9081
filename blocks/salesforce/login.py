"""How a token is got from Salesforce, over a session with timeouts that never follows a redirect."""

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
    "invalid_grant": "let the app use this flow and run as our user, or edit Blocks → Salesforce org",
    "invalid_app_access": "let the integration user use the connected app (its permitted users)",
    "inactive_user": "activate the integration user in Salesforce",
    "unsupported_grant_type": "allow the flow in the connected app, or edit Blocks → Salesforce org",
}


class Transport(HTTPAdapter):
    """Sends what simple-salesforce asks for, with a timeout always, and to a stand-in when there is one.

    simple-salesforce builds https addresses at salesforce.com only; a stand-in's base URL replaces scheme,
    host and port, and goes before the path.
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
    """What a login gives: the token, and the host that accepts it."""

    value: str = field(repr=False)
    host: str


class SharedToken:
    """An org's token for all threads of a process: one logs in, the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: Token | None = None

    def get(self, log_in: Callable[[], Token]) -> Token:
        """The token, by a login when there is none."""
        with self._lock:
            if self._token is None:
                self._token = log_in()
            return self._token

    def over(self, value: str) -> None:
        """Forget a token that is accepted no longer, unless another thread has a newer one already."""
        with self._lock:
            if self._token is not None and self._token.value == value:
                self._token = None


class Login:
    """Opens sessions of one org.

    Args:
        credentials: keyword arguments of SalesforceLogin: which flow, and its key, secret or user.
        shared: where the token is kept.
        base_url: the stand-in's address, or None for the org itself.
        api_version: like `59.0`.
        seconds: how long an answer may take.
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
        # Judged before the library sees it, which would print the consumer key as advice.
        self._session.hooks["response"].append(_raise_for_login)
        self._session.max_redirects = 0
        # The environment's proxies and .netrc are for the world outside this machine.
        self._session.trust_env = not (base_url and is_loopback(base_url))

    def login(self) -> Salesforce:
        """A client that carries the token; numbers are read as Decimal.

        Raises:
            WrongCredentials: saying which field of the block to edit.
            VendorUnavailable: Salesforce did not answer, or not now.
            WrongAnswer: there was an answer without a token.
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
        """Let the next login be a new one, unless another thread has made it already."""
        self._shared.over(str(salesforce.session_id))

    def _log_in(self) -> Token:
        token, instance = self._answer()
        if not isinstance(token, str) or not token or not isinstance(instance, str) or not instance:
            raise UnexpectedResponse(SYSTEM, "login: the answer has no access_token or no instance_url")
        return Token(token, instance)

    def _answer(self) -> tuple[Any, Any]:
        hidden = (SecretStr(value) for name, value in self._credentials.items() if name in _SECRET)
        with no_secrets(*hidden):
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
                raise UnexpectedResponse(
                    SYSTEM, "login: the answer is not what was promised. Check My Domain"
                ) from None


class LoginFields(Protocol):
    """What a login needs to know of an org, as the block has it."""

    @property
    def my_domain(self) -> str:
        """The part before .salesforce.com."""

    @property
    def auth(self) -> str:
        """`client_credentials` or `jwt_bearer`."""

    @property
    def consumer_key(self) -> SecretStr:
        """Of the connected app."""

    @property
    def consumer_secret(self) -> SecretStr | None:
        """For client credentials."""

    @property
    def username(self) -> str | None:
        """For JWT bearer."""

    @property
    def private_key(self) -> SecretStr | None:
        """For JWT bearer."""


def credentials_of(org: LoginFields) -> dict[str, str]:
    """The keyword arguments of SalesforceLogin for an org."""
    credentials = {"consumer_key": org.consumer_key.get_secret_value(), "domain": org.my_domain}
    if org.auth == "client_credentials" and org.consumer_secret:
        credentials["consumer_secret"] = org.consumer_secret.get_secret_value()
    elif org.username and org.private_key:
        # The token is asked for at My Domain; the audience is the login host of its kind of org.
        credentials["instance_url"] = org.my_domain
        credentials["domain"] = "test" if ".sandbox" in org.my_domain else "login"
        credentials |= {"username": org.username, "privatekey": org.private_key.get_secret_value()}
    return credentials


def _raise_for_login(response: requests.Response, **_: Any) -> None:
    """Raise when this is the answer to a login, and it is a refusal."""
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
        raise UnexpectedResponse(SYSTEM, "login: the answer is not what was promised. Check My Domain", status=status)
    if code not in _ADVICE:
        # Whatever stands there may be what we sent.
        told = "login refused: edit Blocks → Salesforce org (a code that we do not know)"
        raise CredentialsRejected(SYSTEM, told, status=status)
    raise CredentialsRejected(SYSTEM, f"login refused: {_ADVICE[code]} ({code})", code=code, status=status)
