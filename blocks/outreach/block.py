"""The app in Outreach as a block: its credentials, and the tokens of its last login."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from pydantic import AwareDatetime, ConfigDict, Field, HttpUrl, SecretStr

from blocks.common.client_cache import per_loop
from blocks.common.errors import UnexpectedResponse, VendorError
from blocks.common.fields import Seconds
from blocks.common.health_check import Check
from blocks.common.http import VendorUrl, authorities, is_loopback
from blocks.common.masking import no_secrets
from blocks.outreach.client import OutreachClient
from blocks.outreach.errors import ANEW
from blocks.outreach.login import Tokens, log_in
from blocks.outreach.responses import SYSTEM
from blocks.outreach.transport import Login

__all__ = ["OutreachApp", "OutreachClient"]

SCOPES = (
    *(f"{kind}.read" for kind in ("accounts", "mailboxes", "prospects", "sequences", "sequenceStates", "tasks")),
    *(f"{kind}.read" for kind in ("templates", "users")),
    *(f"{kind}.write" for kind in ("accounts", "prospects", "sequenceStates", "tasks")),
)
"""The scopes that the app needs; a scope to write does not include reading."""
LEFT = timedelta(seconds=60)
"""A token with less time left counts as expired."""
_POOL = httpx.Limits(max_connections=10, max_keepalive_connections=5)


class OutreachApp(Block):
    """Connects to Outreach as an app that one of its users authorized.

    Each login uses up the refresh token and gives the next one, which is stored here first. Only one process at a time
    may log in (`tasks/outreach/login.py`).
    """

    _block_type_name = "Outreach app"
    _block_type_slug = "outreach-app"
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/webhook.png"
    )
    _documentation_url = HttpUrl("https://developers.outreach.io/api/oauth/")
    _description = "Outreach: the app, its authorization, and the tokens of its last login."

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)
    LAST_LOGIN: ClassVar[tuple[str, ...]] = ("refresh_token", "access_token", "access_until", "scopes")
    """The fields that each login replaces."""

    client_id: str = Field(min_length=1, description="Client ID of the app in Outreach.", title="Client ID")
    client_secret: SecretStr = Field(description="Client secret of the app in Outreach.", title="Client Secret")
    redirect_uri: str = Field(
        min_length=1, description="Redirect URI that the app was authorized with.", title="Redirect URI"
    )
    refresh_token: SecretStr = Field(
        min_length=1,
        description="`lifecycle authorize outreach` fills it in, and each login replaces it: enter any word for now. "
        "It expires after 14 days without a login.",
        title="Refresh Token",
    )
    access_token: SecretStr | None = Field(
        default=None,
        description="Access token of the last login. Leave it empty: it is filled in.",
        title="Access Token",
    )
    access_until: AwareDatetime | None = Field(
        default=None,
        description="End of the access token. Leave it empty: it is filled in.",
        title="Access until",
    )
    scopes: str = Field(
        default="",
        description="Scopes of the last login. Leave it empty: it is filled in.",
        title="Scopes",
    )
    base_url: VendorUrl = Field(
        default="https://api.outreach.io/api/v2",
        description="Keep the default for Outreach itself. For trials, enter the address of a stand-in.",
        title="Base URL",
    )
    token_url: VendorUrl = Field(
        default="https://api.outreach.io/oauth/token",
        description="Keep the default for Outreach itself. For trials, enter the address of a stand-in.",
        title="Token URL",
    )
    timeout_seconds: Seconds = 30

    def client(self, login: Login) -> OutreachClient:
        """A client that asks `login` for its token, over the connections of the running event loop.

        Raises:
            RuntimeError: when no event loop is running.
        """
        return OutreachClient(self._http(), login)

    def token(self, refused: SecretStr | None = None) -> SecretStr | None:
        """The access token of the last login while it is valid, unless Outreach refused it."""
        if self.access_token is None or self.access_until is None or self.access_token == refused:
            return None
        return self.access_token if self.access_until - datetime.now(UTC) > LEFT else None

    async def log_in(self) -> Tokens:
        """Log in, which uses up the refresh token. The new tokens must be stored (`keep`) before they are used.

        Raises:
            CredentialsRejected: names the field to edit, or says that the app must be authorized again.
            VendorUnavailable: not now; when `outcome_unknown`, the refresh token may be used up.
        """
        return await self._log_in(refresh_token=self.refresh_token.get_secret_value())

    def authorization_url(self, state: str) -> str:
        """The address at which a person allows the app what it needs; Outreach then sends them to the redirect URI.

        Args:
            state: comes back with the code, so that nobody else's code is taken.
        """
        asked = {"client_id": self.client_id, "redirect_uri": self.redirect_uri, "response_type": "code"}
        query = urlencode({**asked, "scope": " ".join(SCOPES), "state": state})
        return f"{self.token_url.rpartition('/')[0]}/authorize?{query}"

    async def authorize(self, code: str) -> Tokens:
        """Exchange the code of an authorization, which this uses up; the tokens must be stored (`keep`).

        Raises:
            CredentialsRejected: names the field to edit, or says that the app must be authorized again.
            VendorUnavailable: not now; when `outcome_unknown`, the code may be used up.
        """
        return await self._log_in(code=code)

    async def _log_in(self, **used: str) -> Tokens:
        form = {
            "client_id": self.client_id,
            "client_secret": self.client_secret.get_secret_value(),
            "redirect_uri": self.redirect_uri,
        }
        return await log_in(self._http(), self.token_url, form | used)

    async def keep(self, tokens: Tokens) -> None:
        """Store the tokens of a login; all other fields of the block in Prefect stay as they are."""
        assert self._block_document_id is not None
        data = {
            "refresh_token": tokens.refresh.get_secret_value(),
            "access_token": tokens.access.get_secret_value(),
            "access_until": tokens.until.isoformat(),
            "scopes": tokens.scopes,
        }
        update = BlockDocumentUpdate(data=data, merge_existing_data=True)
        with no_secrets(tokens.access, tokens.refresh):
            try:
                async with get_client() as client:
                    await client.update_block_document(self._block_document_id, update)
            except httpx.HTTPStatusError as error:
                # Prefect's message is not repeated: it contains the tokens.
                status = error.response.status_code
                message = f"Prefect did not store the tokens of the login (HTTP {status}). To continue, {ANEW}"
                raise UnexpectedResponse(SYSTEM, message, status=status) from None

    async def check(self, login: Login) -> list[Check]:
        """Check that a login works, and that the app has every scope that it needs."""
        try:
            await self.client(login).user_by_email("nobody@nowhere.invalid")
        except VendorError as error:
            return [Check("connection", ok=False, message=str(error))]
        granted = self.scopes.split()
        checks = [Check("connection", ok=True, message="users are readable")]
        for scope in SCOPES if granted else ():
            advice = "Add it to the app in Outreach, and run `lifecycle authorize outreach`"
            ok = scope in granted
            checks.append(Check(f"scope {scope}", ok=ok, message="granted" if ok else advice, kind="scope"))
        return checks

    def _http(self) -> httpx.AsyncClient:
        """The connections of this event loop; all logins share them."""
        tokens: dict[str, Any] = {"refresh_token": SecretStr(""), "access_token": None, "access_until": None}
        without_tokens = self.model_copy(update={**tokens, "scopes": ""})
        return per_loop(
            without_tokens,
            lambda: httpx.AsyncClient(
                base_url=self.base_url,
                timeout=self.timeout_seconds,
                limits=_POOL,
                verify=authorities(),
                # The environment's proxies cannot reach this machine.
                trust_env=not is_loopback(self.base_url),
            ),
        )
