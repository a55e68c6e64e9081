"""The Recurly site as a block."""

import asyncio
from typing import Annotated, ClassVar, Literal

from prefect.blocks.core import Block
from pydantic import AfterValidator, ConfigDict, Field, HttpUrl, SecretStr
from recurly.base_client import API_HOSTS

from blocks.common.client_cache import per_thread
from blocks.common.errors import VendorError
from blocks.common.fields import Seconds
from blocks.common.health_check import Check
from blocks.common.http import VendorUrl
from blocks.recurly.client import RecurlyClient

__all__ = ["RecurlyClient", "RecurlySite"]


def _template(text: str) -> str:
    try:
        filled = text.format(subdomain="acme", code="001")
    except (KeyError, IndexError, ValueError):
        filled = ""
    if not filled.startswith("https://") or "{code}" not in text:
        raise ValueError("Write an https address that contains {code}, and {subdomain} in the place of the site's name")
    return text


class RecurlySite(Block):
    """Connects to one Recurly site with a private API key that may read accounts."""

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
    region: Literal["us", "eu"] = Field(default="us", description="Region of the site's data.", title="Region")
    billing_url_template: Annotated[str, AfterValidator(_template)] = Field(
        default="https://{subdomain}.recurly.com/accounts/{code}",
        description="Address of an account's page for staff, never the customer's login link.",
        title="Billing page",
    )
    timeout_seconds: Seconds = 30
    base_url: VendorUrl | None = Field(
        default=None,
        description="Leave empty for Recurly itself. For trials, enter the address of a stand-in.",
        title="Base URL",
    )

    def client(self) -> RecurlyClient:
        """This thread's client for the site."""
        return per_thread(self, self._client)

    def _client(self) -> RecurlyClient:
        url = self.base_url or f"https://{API_HOSTS[self.region]}"
        return RecurlyClient(url, self.api_key, self.timeout_seconds)

    async def check(self) -> list[Check]:
        """Check that the key may read accounts."""
        return [await asyncio.to_thread(self._check)]

    def _check(self) -> Check:
        try:
            next(self.client().accounts(), None)
        except VendorError as error:
            return Check("connection", ok=False, message=str(error))
        return Check("connection", ok=True, message="accounts are readable")
