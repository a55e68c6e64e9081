"""Outreach's login: it exchanges a refresh token for an access token and the refresh token of the next login.

The first refresh token comes from an authorization: a person allows the app in the browser, which gives a code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
from pydantic import BeforeValidator, SecretStr, ValidationError

from blocks.common.calls import vendor_call
from blocks.common.errors import CredentialsRejected, UnexpectedResponse, VendorError
from blocks.common.http import from_network, unavailable
from blocks.common.masking import no_secrets
from blocks.common.responses import Promised, Text, parsed_json
from blocks.outreach.errors import ANEW
from blocks.outreach.responses import SYSTEM

_LONGEST_LIFE = 366 * 86_400
"""Seconds of the longest lifetime of a token that can be meant."""
_CALL = "login"

_NEW_CODE = "the code is no longer valid, or it belongs to another app. Run `lifecycle authorize outreach` again"
_ADVICE = {
    "invalid_grant": (
        "the refresh token is no longer valid: it was used already (also by a login whose response was lost), or it is "
        f"older than 14 days. To continue, {ANEW}, then press Retry"
    ),
    "invalid_client": "edit Blocks → Outreach app → Client ID and Client Secret",
    "invalid_request": "edit Blocks → Outreach app → Redirect URI: it must be the one that the app was authorized with",
    "unauthorized_client": f"the app may not log in this way: {ANEW}",
}


@dataclass(frozen=True)
class Tokens:
    """The tokens of a login.

    Attributes:
        access: goes with every call, until `until` (UTC).
        refresh: for the next login; the one that was used is no longer valid.
        scopes: what the access token allows, with spaces between.
    """

    access: SecretStr
    refresh: SecretStr
    until: datetime
    scopes: str


class _Login(Promised):
    """The response to a login. A lifetime that cannot be meant counts as 0, so that the next call logs in."""

    access_token: Text
    refresh_token: Text
    expires_in: Annotated[int, BeforeValidator(lambda life: life if _is_lifetime(life) else 0)] = 0
    scope: Annotated[str, BeforeValidator(lambda scope: scope if isinstance(scope, str) else "")] = ""


def _is_lifetime(life: Any) -> bool:
    return type(life) is int and 0 <= life <= _LONGEST_LIFE


async def log_in(http: httpx.AsyncClient, token_url: str, form: Mapping[str, str]) -> Tokens:
    """Make one login.

    Args:
        http: sends the request.
        token_url: the address of the login.
        form: `client_id`, `client_secret`, `redirect_uri`, and the `refresh_token` or the `code` of an authorization,
            which this uses up.

    Raises:
        CredentialsRejected: names the field of the block to edit, or says that the app must be authorized again.
        VendorUnavailable: not now (`retry_after`); when `outcome_unknown`, the refresh token may be used up.
        UnexpectedResponse: the response has no tokens.
    """
    used, grant = ("code", "authorization_code") if "code" in form else ("refresh_token", "refresh_token")
    secrets = (SecretStr(form["client_secret"]), SecretStr(form[used]))
    asked = datetime.now(UTC)
    with no_secrets(*secrets), vendor_call(SYSTEM, _CALL):
        try:
            response = await http.post(token_url, data={**form, "grant_type": grant})
        except httpx.HTTPError as error:
            raise from_network(SYSTEM, _CALL, error, writes=True) from None
        if not response.is_success:
            raise _refusal(response, grant)
        return _tokens(parsed_json(SYSTEM, _CALL, response.content), asked)


def _tokens(body: Any, asked: datetime) -> Tokens:
    try:
        login = _Login.model_validate(body)
    except ValidationError:
        message = f"{_CALL}: the response has no access_token or no refresh_token. To continue, {ANEW}"
        raise UnexpectedResponse(SYSTEM, message) from None
    until = asked + timedelta(seconds=login.expires_in)
    return Tokens(SecretStr(login.access_token), SecretStr(login.refresh_token), until, login.scope)


def _refusal(response: httpx.Response, grant: str) -> VendorError:
    if busy := unavailable(SYSTEM, _CALL, response, writes=True):
        return busy
    status = response.status_code
    try:
        body = parsed_json(SYSTEM, _CALL, response.content)
    except UnexpectedResponse:
        body = None
    code = body.get("error") if isinstance(body, dict) else None
    if not isinstance(code, str):
        message = f"{_CALL}: the response is not one of Outreach's. Check Blocks → Outreach app → Token URL"
        return UnexpectedResponse(SYSTEM, message, status=status)
    if code not in _ADVICE:
        # An unknown code is not repeated: it may be what we sent.
        message = f"{_CALL} refused: edit Blocks → Outreach app, or {ANEW} (unknown error code)"
        return CredentialsRejected(SYSTEM, message, status=status)
    advice = _NEW_CODE if (code, grant) == ("invalid_grant", "authorization_code") else _ADVICE[code]
    return CredentialsRejected(SYSTEM, f"{_CALL} refused: {advice} ({code})", code=code, status=status)
