"""Who may come in: the token endpoint, and the tokens it gave."""

import base64
import binascii
import os
import secrets
import time
from typing import Any, Final

import jwt

from sandbox.state import Credentials

_AUDIENCES: Final = ("https://login.salesforce.com", "https://test.salesforce.com")
_JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FURTHEST_EXPIRY: Final = 300
_REQUIRED: Final = ["iss", "sub", "aud", "exp"]


class LoginRefused(Exception):
    """Raised when no token is given; answered as an object, not an array."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


class Logins:
    """Gives tokens for the two grants that need no person, and knows the ones it gave."""

    def __init__(self, credentials: Credentials) -> None:
        self._known = credentials
        self._public_key = os.environ.get("SANDBOX_SALESFORCE_JWT_PUBLIC_KEY")
        self._tokens: set[str] = set()

    def valid(self, authorization: str) -> bool:
        """Whether the header carries a token of ours; tokens expire only by a fault that was ordered."""
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() in ("bearer", "oauth") and token in self._tokens

    def token(self, form: dict[str, str], authorization: str) -> str:
        """A token for a client credentials or JWT bearer request.

        Raises:
            LoginRefused: the grant, the client or the assertion is not accepted.
        """
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            self._check_client(form, authorization)
        elif grant == _JWT_GRANT:
            self._check_assertion(form.get("assertion", ""))
        else:
            raise LoginRefused("unsupported_grant_type", "grant type not supported")
        token = f"{self._known.organization_id[:15]}!{secrets.token_urlsafe(48)}"
        self._tokens.add(token)
        return token

    def _check_client(self, form: dict[str, str], authorization: str) -> None:
        given = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        if given[0] != self._known.salesforce_consumer_key:
            raise LoginRefused("invalid_client_id", "client identifier invalid", status=401)
        if given[1] != self._known.salesforce_consumer_secret:
            raise LoginRefused("invalid_client", "invalid client credentials", status=401)

    def _check_assertion(self, assertion: str) -> None:
        claims = self._claims(assertion)
        if claims["iss"] != self._known.salesforce_consumer_key:
            raise LoginRefused("invalid_client_id", "client identifier invalid", status=401)
        if claims["sub"] != self._known.salesforce_username:
            raise LoginRefused("invalid_grant", "user hasn't approved this consumer")
        if int(claims["exp"]) > time.time() + _FURTHEST_EXPIRY:
            raise LoginRefused("invalid_grant", "expiration is too far in the future")

    def _claims(self, assertion: str) -> dict[str, Any]:
        # Without a registered key the signature can not be checked; the claims always are.
        options: Any = {"require": _REQUIRED, "verify_signature": self._public_key is not None}
        checks = ("verify_exp", "verify_aud")
        try:
            return jwt.decode(
                assertion,
                self._public_key or "",
                algorithms=["RS256"],
                audience=_AUDIENCES,
                options=options | dict.fromkeys(checks, True),
            )
        except jwt.InvalidAudienceError:
            raise LoginRefused("invalid_grant", "audience is invalid") from None
        except jwt.ExpiredSignatureError:
            raise LoginRefused("invalid_grant", "expired assertion") from None
        except jwt.InvalidTokenError:
            raise LoginRefused("invalid_grant", "invalid assertion") from None


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret
