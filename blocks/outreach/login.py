"""Outreach's login: a refresh token is exchanged for an access token, and for the refresh token of the next login."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError
from blocks.common.http import from_network
from blocks.common.masking import no_secrets
from blocks.outreach.errors import ANEW, unavailable
from blocks.outreach.responses import SYSTEM, parsed

_LONGEST_LIFE = 366 * 86_400  # seconds; more is no life that was meant
_WHAT = "login"

_ADVICE = {
    "invalid_grant": (
        "the refresh token was used already, or by nobody for 14 days: a login whose answer was lost or not stored "
        f"uses it up. To go on, {ANEW}, then press Retry"
    ),
    "invalid_client": "edit Blocks → Outreach app → Client ID and Client Secret",
    "invalid_request": "edit Blocks → Outreach app → Redirect URI: it must be the one of the authorization",
    "unauthorized_client": f"the app may not log in this way: {ANEW}",
}


@dataclass(frozen=True)
class Tokens:
    """What a login gives.

    Attributes:
        access: goes with every call, until `until` (UTC).
        refresh: of the next login; the one that was used is worth nothing any more.
        scopes: what the access token allows, with spaces between.
    """

    access: SecretStr
    refresh: SecretStr
    until: datetime
    scopes: str


async def log_in(http: httpx.AsyncClient, token_url: str, form: Mapping[str, str]) -> Tokens:
    """Make one login.

    Args:
        http: what to ask with.
        token_url: where.
        form: `client_id`, `client_secret`, `redirect_uri` and the `refresh_token`, which this uses up.

    Raises:
        WrongCredentials: saying which field of the block to edit, and whether to authorize anew.
        VendorUnavailable: not now (`retry_after`); when `outcome_unknown`, the refresh token may be used up.
        WrongAnswer: an answer without tokens.
    """
    secrets = (SecretStr(form["client_secret"]), SecretStr(form["refresh_token"]))
    asked = datetime.now(UTC)
    with no_secrets(*secrets):
        try:
            response = await http.post(token_url, data={**form, "grant_type": "refresh_token"})
        except httpx.HTTPError as error:
            raise from_network(SYSTEM, _WHAT, error, writes=True) from None
        if not response.is_success:
            raise _refusal(response)
        return _tokens(parsed(_WHAT, response.content), asked)


def _tokens(body: Any, asked: datetime) -> Tokens:
    told = body if isinstance(body, dict) else {}
    access, refresh, life = (told.get(name) for name in ("access_token", "refresh_token", "expires_in"))
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        raise UnexpectedResponse(
            SYSTEM, f"{_WHAT}: the answer has no access_token or no refresh_token. To go on, {ANEW}"
        )
    if type(life) is not int or not 0 <= life <= _LONGEST_LIFE:
        life = 0
    scopes = told.get("scope")
    return Tokens(
        SecretStr(access),
        SecretStr(refresh),
        asked + timedelta(seconds=life),
        scopes if isinstance(scopes, str) else "",
    )


def _refusal(response: httpx.Response) -> VendorError:
    if busy := unavailable(_WHAT, response, writes=True):
        return busy
    status = response.status_code
    try:
        body = parsed(_WHAT, response.content)
    except UnexpectedResponse:
        body = None
    code = body.get("error") if isinstance(body, dict) else None
    if not isinstance(code, str):
        told = "the answer is not what was promised. Check Blocks → Outreach app → Token URL"
        return UnexpectedResponse(SYSTEM, f"{_WHAT}: {told}", status=status)
    if code not in _ADVICE:
        # Whatever stands there may be what we sent.
        told = f"edit Blocks → Outreach app, or {ANEW}"
        return CredentialsRejected(SYSTEM, f"{_WHAT} refused: {told} (a code that we do not know)", status=status)
    return CredentialsRejected(SYSTEM, f"{_WHAT} refused: {_ADVICE[code]} ({code})", code=code, status=status)
