"""The mail server as a block."""

import asyncio
from typing import ClassVar, Literal, Self

from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, HttpUrl, SecretStr, field_validator, model_validator

from blocks.common.errors import VendorError
from blocks.common.fields import Email, Seconds
from blocks.common.health_check import Check
from blocks.common.http import is_loopback
from blocks.mail.client import MailClient

__all__ = ["MailClient", "MailServer"]


class MailServer(Block):
    """Connects to the org's mail server by SMTP; invitations are sent from its sender address (TRN-9)."""

    _block_type_name = "Mail server"
    _block_type_slug = "mail-server"
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/webhook.png"
    )
    _documentation_url = HttpUrl("https://docs.prefect.io/v3/concepts/blocks")
    _description = "The mail server that sends invitations, and their sender."

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    host: str = Field(description="Name of the mail server, like smtp.example.com.", title="Host")
    port: int = Field(
        default=587, ge=1, le=65535, description="Usually 587 for STARTTLS, 465 for TLS from the start.", title="Port"
    )
    encryption: Literal["starttls", "ssl", "none"] = Field(
        default="starttls",
        description="starttls: TLS after connecting. ssl: TLS from the start. none: only for this machine.",
        title="Encryption",
    )
    username: str | None = Field(
        default=None, description="User of the mail server; empty if it needs no login.", title="User Name"
    )
    password: SecretStr | None = Field(default=None, description="Password of that user.", title="Password")
    sender_name: str = Field(
        default="Customer Success",
        min_length=1,
        description="Name of the sender, as recipients see it.",
        title="Sender's Name",
    )
    sender_address: Email = Field(
        description="E-mail address of the sender; it receives the answers to invitations.", title="Sender's Address"
    )
    timeout_seconds: Seconds = 30

    @field_validator("host")
    @classmethod
    def _bare_host(cls, host: str) -> str:
        name = host.strip()
        if not name or not name.isascii() or set(name) & set("/@ ?#"):
            raise ValueError("Enter only the name of the server, like smtp.example.com")
        return name

    @field_validator("sender_name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        return " ".join(name.split())

    @model_validator(mode="after")
    def _nothing_in_the_open(self) -> Self:
        bare = f"[{self.host}]" if ":" in self.host else self.host
        if self.encryption == "none" and not is_loopback(f"smtp://{bare}"):
            raise ValueError("Encryption: mail would be sent unencrypted. Choose starttls or ssl")
        if bool(self.username) != bool(self.password and self.password.get_secret_value()):
            raise ValueError("User Name and Password: enter both, or neither")
        return self

    def client(self) -> MailClient:
        """A client that opens a connection for each mail, because servers soon close an idle one."""
        return MailClient(
            self.host,
            self.port,
            sender=self.sender_address,
            encryption=self.encryption,
            login=(self.username, self.password) if self.username and self.password else None,
            seconds=self.timeout_seconds,
        )

    async def check(self) -> list[Check]:
        """Check that the server answers and accepts the login and the sender."""
        try:
            await asyncio.to_thread(self.client().prove)
        except VendorError as error:
            return [Check("connection", ok=False, message=str(error))]
        return [Check("connection", ok=True, message=f"the server accepts mail from {self.sender_address}")]
