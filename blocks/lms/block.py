"""The learning platform (LMS) as a block. We define its API; a real LMS implements it."""

import base64
import hashlib
import hmac
from typing import ClassVar

from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, HttpUrl, SecretStr

from blocks.common.client_cache import per_loop
from blocks.common.errors import VendorError
from blocks.common.fields import Seconds
from blocks.common.health_check import Check
from blocks.common.http import VendorUrl
from blocks.lms.client import LmsClient

__all__ = ["Lms", "LmsClient"]


class Lms(Block):
    """Connects to the LMS and its admin portal with an API key, and stores the default password (ONB-10)."""

    _block_type_name = "LMS"
    _block_type_slug = "lms"
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/webhook.png"
    )
    _documentation_url = HttpUrl("https://docs.prefect.io/v3/concepts/blocks")
    _description = "The learning platform: its address, its API key, and the password of new super admins."

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    base_url: VendorUrl = Field(description="Address of the LMS, like https://lms.example.com.", title="Base URL")
    api_key: SecretStr = Field(description="API key of the LMS.", title="API Key")
    default_password: SecretStr = Field(
        min_length=8,
        description="Password of a new super admin; at least 8 characters.",
        title="Default Password",
    )
    one_time_passwords: bool = Field(
        default=False,
        description="Give each new super admin an individual password that nobody knows instead of the default.",
        title="One-time passwords",
    )
    company_page: str = Field(
        default="",
        description="Address of a company's page for staff, with {company} in the place of its id. Empty: no links.",
        title="Company page",
    )
    timeout_seconds: Seconds = 30

    def company_url(self, company_id: str) -> str:
        """The address of a company's page for staff; "" when the block does not know it."""
        return self.company_page.replace("{company}", company_id) if company_id else ""

    def client(self) -> LmsClient:
        """The running event loop's client for the LMS.

        Raises:
            RuntimeError: when no event loop is running.
        """
        return per_loop(
            self,
            lambda: LmsClient(
                self.base_url, api_key=self.api_key, password=self._password, seconds=self.timeout_seconds
            ),
        )

    async def check(self) -> list[Check]:
        """Check that the address answers and that the key may read companies."""
        try:
            await self.client().company_of_account("001000000000000AAA")
        except VendorError as error:
            return [Check("connection", ok=False, message=str(error))]
        return [Check("connection", ok=True, message="companies are readable")]

    def _password(self, idempotency_key: str) -> SecretStr:
        """The password of a sign-up. The same key gives the same password, so that a repeat is the same request."""
        if not self.one_time_passwords:
            return self.default_password
        secret = self.default_password.get_secret_value().encode()
        digest = hmac.new(secret, idempotency_key.encode(), hashlib.sha256).digest()
        # 132 random bits, and one of each kind of character that password rules require.
        return SecretStr(f"{base64.urlsafe_b64encode(digest).decode()[:22]}-aA7")
