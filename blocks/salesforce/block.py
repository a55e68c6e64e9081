"""The Salesforce org as a block: its address, the login, and a check of our rights."""

import asyncio
import re
from typing import Annotated, Any, ClassVar, Literal

from prefect.blocks.core import Block
from pydantic import AfterValidator, ConfigDict, Field, HttpUrl, SecretStr, model_validator

from blocks.common.client_cache import per_process, per_thread
from blocks.common.errors import VendorError, VendorRefused
from blocks.common.field_map import FieldMap, ObjectFields
from blocks.common.fields import Seconds
from blocks.common.health_check import Check
from blocks.common.http import VendorUrl
from blocks.salesforce.client import SalesforceClient
from blocks.salesforce.login import Login, SharedToken, credentials_of
from blocks.salesforce.responses import RECORD_ID


def _my_domain(text: str) -> str:
    domain = text.strip().lower().removeprefix("https://").rstrip("/").removesuffix(".salesforce.com")
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", domain) or domain in ("login", "test"):
        raise ValueError(
            "Enter the org's own domain: the part before .salesforce.com in Setup → My Domain, like acme.my"
        )
    return domain


def _record_id(text: str) -> str:
    if not RECORD_ID.fullmatch(text.strip()):
        raise ValueError("A Salesforce id has 15 or 18 letters and digits: copy it from the record's address")
    return text.strip()


RecordId = Annotated[str, AfterValidator(_record_id)]


class SalesforceOrg(Block):
    """Connects to one Salesforce org as an integration user, through a connected app."""

    _block_type_name = "Salesforce org"
    _block_type_slug = "salesforce-org"
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/webhook.png"
    )
    _documentation_url = HttpUrl(
        "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_oauth_and_connected_apps.htm"
    )
    _description = "One Salesforce org: its domain, the connected app to log in with, and the Onboarding Report."

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    my_domain: Annotated[str, AfterValidator(_my_domain)] = Field(
        description="The part before .salesforce.com in Setup → My Domain, like acme.my.", title="My Domain"
    )
    organization_id: RecordId = Field(
        description="Setup → Company Information → Organization ID; begins with 00D.", title="Organization Id"
    )
    auth: Literal["client_credentials", "jwt_bearer"] = Field(
        default="client_credentials",
        description="Login with client credentials (key, secret) or JWT bearer (key, user name, private key).",
        title="Authentication",
    )
    consumer_key: SecretStr = Field(description="Consumer key of the connected app.", title="Consumer Key")
    consumer_secret: SecretStr | None = Field(
        default=None, description="Consumer secret, for client credentials.", title="Consumer Secret"
    )
    username: str | None = Field(
        default=None, description="User name of the integration user, for JWT bearer.", title="User Name"
    )
    private_key: SecretStr | None = Field(
        default=None, description="Private key in PEM form, for JWT bearer.", title="Private Key"
    )
    onboarding_report_id: RecordId = Field(
        description="Id of the Onboarding Report, from its address; begins with 00O.",
        title="Onboarding Report Id",
    )
    api_version: Annotated[str, Field(pattern=r"^\d{2}\.0$")] = Field(
        default="59.0", description="Version of the Salesforce API.", title="API Version"
    )
    timeout_seconds: Seconds = 60
    base_url: VendorUrl | None = Field(
        default=None,
        description="Leave empty for Salesforce itself. For trials, enter the address of a stand-in.",
        title="Base URL",
    )

    @model_validator(mode="after")
    def _has_what_the_login_needs(self) -> "SalesforceOrg":
        if self.auth == "client_credentials" and self.consumer_secret is None:
            raise ValueError("Client credentials need the Consumer Secret")
        if self.auth == "jwt_bearer" and not (self.username and self.private_key):
            raise ValueError("JWT bearer needs the User Name and the Private Key")
        return self

    def client(self) -> SalesforceClient:
        """This thread's client for the org; all threads share one token, from the first call on."""
        return per_thread(self, lambda: SalesforceClient(self._login(per_process(self, SharedToken))))

    def record_url(self, record_id: str) -> str:
        """The address of a record's page; "" if the id is not a Salesforce id."""
        if not RECORD_ID.fullmatch(record_id):
            return ""
        site = self.base_url or f"https://{self.my_domain.removesuffix('.my')}.lightning.force.com"
        return f"{site}/lightning/r/{record_id}/view"

    async def check(self, field_map: FieldMap | None = None) -> list[Check]:
        """Check the login, the organization, each mapped field and the Onboarding Report (ONB-5)."""
        return await asyncio.to_thread(self._check, field_map or FieldMap())

    def _login(self, shared: SharedToken | None = None) -> Login:
        return Login(
            credentials_of(self),
            shared or SharedToken(),
            base_url=self.base_url,
            api_version=self.api_version,
            seconds=self.timeout_seconds,
        )

    def _check(self, field_map: FieldMap) -> list[Check]:
        client = self.client()
        try:
            organizations = client.query("SELECT Id FROM Organization LIMIT 1")
        except VendorError as error:
            return [Check("connection", ok=False, message=str(error))]
        checks = [Check("connection", ok=True, message="logged in"), self._same_organization(organizations)]
        for fields in field_map.objects():
            checks += _field_checks(client, fields)
        return [*checks, self._report_check(client)]

    def _same_organization(self, organizations: list[dict[str, Any]]) -> Check:
        actual = str(organizations[0].get("Id", "")) if organizations else ""
        if actual[:15] == self.organization_id[:15]:
            return Check("organization", ok=True, message=actual)
        advice = "Correct My Domain or Organization Id in the block"
        return Check("organization", ok=False, message=f"This org is {actual}, not {self.organization_id}. {advice}")

    def _report_check(self, client: SalesforceClient) -> Check:
        name = "Onboarding Report"
        try:
            client.report_lists(self.onboarding_report_id, "0" * 18)
        except VendorError as error:
            advice = "Share the report with the integration user, or correct Onboarding Report Id in the block"
            return Check(name, ok=False, message=f"{error}. {advice}")
        return Check(name, ok=True, message="readable")


def _field_checks(client: SalesforceClient, fields: ObjectFields) -> list[Check]:
    try:
        described = client.describe(fields.sobject)["fields"]
    except VendorRefused as error:
        advice = "Create the object, or assign the permission set of deployments/salesforce to the integration user"
        return [Check(fields.sobject, ok=False, message=f"{error}. {advice}", kind="field")]
    except VendorError as error:
        return [Check(fields.sobject, ok=False, message=str(error), kind="field")]
    by_name = {field.get("name"): field for field in described}
    return [
        _field_check(f"{fields.sobject}.{name}", by_name.get(name), written=written)
        for name, written in fields.api_names()
    ]


def _field_check(name: str, field: dict[str, Any] | None, *, written: bool) -> Check:
    if field is None:
        advice = "Create it, make it visible to the integration user, or correct the field map in the policy block"
        return Check(name, ok=False, message=f"The org has no such field. {advice}", kind="field")
    if written and not field.get("updateable"):
        advice = "Give the integration user edit access to the field"
        return Check(name, ok=False, message=f"Not writable. {advice}", kind="field")
    return Check(name, ok=True, message="writable" if written else "readable", kind="field")
