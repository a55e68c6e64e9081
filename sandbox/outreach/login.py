"""Outreach's login: codes and refresh tokens that are used up by their use, and access tokens that live two hours."""

import math
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from sandbox.errors import Refused, vendor_error
from sandbox.outreach.store import KINDS
from sandbox.state import SandboxState, effect

_CODE: Final = "authorization_code"
SCOPES: Final = tuple(f"{kind}.{right}" for kind in KINDS for right in ("read", "write"))
"""What the app may do, unless a login asks for less; reading and writing are granted each by itself."""


@dataclass(frozen=True)
class _Token:
    ends: float
    scopes: tuple[str, ...] = SCOPES


class Login:
    """The tokens of the one user and app. Their lives are measured in real time, whatever day the sandbox has."""

    def __init__(self, sandbox: SandboxState) -> None:
        self._sandbox = sandbox
        self.count = 0
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, float] = {}
        self._numbered = 0
        self._codes: dict[str, tuple[str, str]] = {}
        self.reset()

    def reset(self) -> None:
        """Take the configured refresh token, and soon the next login. Tokens belong to no world: they stay in force."""
        lives = self._sandbox.behaviour.outreach_refresh_seconds
        self._refresh[self._sandbox.credentials.outreach_refresh_token] = time.monotonic() + lives
        self._last = -math.inf

    async def token(self, request: Request) -> Response:
        """Exchange a refresh token, which is used up by that, for an access token and the next refresh token."""
        form = await request.form()
        if refusal := self._refusal(form):
            return refusal
        wait = self._last + self._sandbox.behaviour.outreach_token_seconds - time.monotonic()
        if wait > 0:
            return _too_soon(wait)
        scope = str(form.get("scope") or " ".join(SCOPES))
        if form["grant_type"] == _CODE:
            _, scope = self._codes.pop(str(form["code"]))
        else:
            del self._refresh[str(form["refresh_token"])]
        effect(request)
        return JSONResponse(self._issue(scope))

    async def authorize(self, request: Request) -> Response:
        """Allow the app what it asks for, as a person does who presses *Authorize*; the browser goes to the app."""
        asked = request.query_params
        if asked.get("client_id") != self._sandbox.credentials.outreach_client_id or not asked.get("redirect_uri"):
            return _no_token(400, "invalid_client", "The app is unknown, or its redirect_uri is missing.")
        self._numbered += 1
        code = f"outreach-code-{self._numbered}"
        self._codes[code] = asked["redirect_uri"], asked.get("scope", "")
        query = urlencode({"code": code, "state": asked.get("state", "")})
        return RedirectResponse(f"{asked['redirect_uri']}?{query}", 302)

    def scopes_of(self, request: Request) -> tuple[str, ...]:
        """What the request's token allows.

        Raises:
            Refused: there is none, or it is in force no longer.
        """
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        token = self._access.get(value)
        if kind != "Bearer" or token is None or token.ends <= time.monotonic():
            raise Refused(401, "unauthorized", "The access token is missing, expired or revoked.")
        return token.scopes

    def _refusal(self, form: FormData) -> Response | None:
        keys = self._sandbox.credentials
        known = (keys.outreach_client_id, keys.outreach_client_secret)
        if (form.get("client_id"), form.get("client_secret")) != known:
            return _no_token(401, "invalid_client", "Client authentication failed.")
        if form.get("grant_type") not in ("refresh_token", _CODE):
            return _no_token(400, "unsupported_grant_type", "Only refresh_token and authorization_code are known here.")
        if not form.get("redirect_uri"):
            return _no_token(400, "invalid_request", "The redirect_uri is missing.")
        if form["grant_type"] == _CODE:
            asked, _ = self._codes.get(str(form.get("code")), ("", ""))
            same = asked == form["redirect_uri"]
            return None if same else _no_token(400, "invalid_grant", "The code is invalid, expired or used.")
        if self._refresh.get(str(form.get("refresh_token")), 0.0) <= time.monotonic():
            return _no_token(400, "invalid_grant", "The refresh token is invalid, expired or used.")
        return None

    def _issue(self, scope: str) -> dict[str, object]:
        self.count += 1
        self._last = time.monotonic()
        access = f"outreach-access-{self.count}"
        refresh = f"{self._sandbox.credentials.outreach_refresh_token}-{self.count}"
        behaviour = self._sandbox.behaviour
        granted = tuple(one for one in scope.split() if one in SCOPES)
        self._access[access] = _Token(self._last + behaviour.outreach_access_seconds, granted)
        self._refresh[refresh] = self._last + behaviour.outreach_refresh_seconds
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(behaviour.outreach_access_seconds),
            "refresh_token": refresh,
            "scope": " ".join(granted),
            "created_at": int(time.time()),
        }


def _no_token(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": code, "error_description": message}, status)


def _too_soon(wait: float) -> Response:
    told = "Only one access token a minute is given for the same user and app."
    answer = vendor_error("outreach", 429, "rateLimitExceeded", told)
    answer.headers["Retry-After"] = str(math.ceil(wait))
    return answer
