"""How a token is got from Salesforce, over a session with timeouts that never follows a redirect."""

import warnings
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from blocks.errors import VendorError, VendorUnavailable, WrongAnswer, WrongCredentials
from blocks.http import is_loopback
from blocks.salesforce_errors import SYSTEM, from_network

# The library's advice on apps that are not approved prints the consumer key.
warnings.filterwarnings("ignore", module=r"simple_salesforce\.login")

_CONNECT_SECONDS = 5.0
_SERVER_ERROR = 500
_TOO_MANY = 429

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
        self.last_status = 0
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request, noting the answer's status."""
        if self._base is not None:
            url = urlsplit(str(request.url))
            request.url = url._replace(
                scheme=self._base.scheme, netloc=self._base.netloc, path=self._base.path + url.path
            ).geturl()
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        self.last_status = 0
        response = super().send(request, *args, **kwargs)
        self.last_status = response.status_code
        return response


class Login:
    """Opens sessions of one org.

    Args:
        credentials: keyword arguments of SalesforceLogin: which flow, and its key, secret or user.
        base_url: the stand-in's address, or None for the org itself.
        api_version: like `59.0`.
        seconds: how long an answer may take.
    """

    def __init__(
        self, credentials: Mapping[str, str], *, base_url: str | None, api_version: str, seconds: float
    ) -> None:
        self._credentials: dict[str, Any] = dict(credentials)
        self.api_version = api_version
        self._transport = Transport(base_url, (_CONNECT_SECONDS, seconds))
        self._session = requests.Session()
        self._session.mount("https://", self._transport)
        self._session.max_redirects = 0
        # The environment's proxies and .netrc are for the world outside this machine.
        self._session.trust_env = not (base_url and is_loopback(base_url))

    def login(self) -> Salesforce:
        """A client with a fresh token; numbers are read as Decimal.

        Raises:
            WrongCredentials: saying which field of the block to edit.
            VendorUnavailable: Salesforce did not answer, or not now.
            WrongAnswer: there was an answer without a token.
        """
        token, instance = self._token()
        if not isinstance(token, str) or not token or not isinstance(instance, str) or not instance:
            raise WrongAnswer(SYSTEM, "login: the answer has no access_token or no instance_url")
        return Salesforce(
            session_id=token,
            instance_url=f"https://{instance}",
            version=self.api_version,
            session=self._session,
            parse_float=Decimal,
            object_pairs_hook=dict,
        )

    def _token(self) -> tuple[Any, Any]:
        try:
            return SalesforceLogin(session=self._session, **self._credentials)
        except SalesforceAuthenticationFailed as error:
            raise self._refused(error.code) from None
        except requests.RequestException as error:
            raise from_network("login", error, writes=False) from None
        except jwt.PyJWTError:
            raise _unreadable_key() from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            if self._transport.last_status == 0:
                raise _unreadable_key() from None
            raise self._refused(None) from None

    def _refused(self, code: str | int | None) -> VendorError:
        status = self._transport.last_status
        if status >= _SERVER_ERROR or status == _TOO_MANY:
            return VendorUnavailable(SYSTEM, f"login: HTTP {status}", status=status)
        if not isinstance(code, str):
            return WrongAnswer(
                SYSTEM, "login: the answer is not what was promised. Check My Domain", status=status
            )
        advice = _ADVICE.get(code, "edit Blocks → Salesforce org")
        return WrongCredentials(SYSTEM, f"login refused: {advice} ({code})", code=code, status=status)


def _unreadable_key() -> WrongCredentials:
    return WrongCredentials(
        SYSTEM,
        "the private key is not readable. Paste the whole PEM into Blocks → Salesforce org → Private Key",
    )
