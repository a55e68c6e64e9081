"""The receiver's settings, from environment variables `RECEIVER_…`, `PREFECT_API_URL` and `PREFECT_API_AUTH_STRING`."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from rules.common.ids import to18
from rules.common.text import normalize

ORGANIZATION_PREFIX = "00D"
ACTION_PREFIX = "04k"
DEPLOYMENT = r"^[^/]+/[^/]+$"

Secret = Annotated[SecretStr, Field(min_length=24)]


class Settings(BaseSettings):
    """The receiver's settings; an empty variable counts as not set.

    Attributes:
        token: the last part of the URL for outbound messages.
        bearer: the bearer token of JSON callouts.
        hmac_secret: if set, JSON callouts must also be signed with it.
        organization_id: the Salesforce organization; messages of others are refused.
        action_ids: the accepted outbound actions, separated by commas; when empty, all are accepted.
        won_stages: the stages of a won opportunity, separated by commas.
        max_body: the largest body, in bytes.
        body_seconds: how long a sender may take to send the body.
        deployment: started for a Closed Won opportunity (ONB-1).
        publications_deployment: started for a changed contract and for a request in Slack (PUB-1).
        transition_deployment: started for a workbook shared in Slack (TRN-2).
        repair_deployment: started for a press of *Repair* in the message about drift (REC-2).
        retry_deployment: started for a press of *Retry all* in a message about failed runs (REC-3).
        patience: seconds for all calls to Prefect of one delivery; after that the delivery fails.
        at_once: concurrent calls to Prefect. With SQLite, Prefect refuses most calls beyond two; with Postgres
            use 8 or more.
    """

    model_config = SettingsConfigDict(
        env_prefix="RECEIVER_", env_ignore_empty=True, hide_input_in_errors=True, populate_by_name=True
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8710, ge=0, le=65535)
    token: Secret
    bearer: Secret
    hmac_secret: Secret | None = None
    organization_id: str
    action_ids: Annotated[frozenset[str], NoDecode] = frozenset()
    won_stages: Annotated[frozenset[str], NoDecode] = Field(default=frozenset({"Closed Won"}), validate_default=True)
    max_body: int = Field(default=1_048_576, gt=0)
    body_seconds: float = Field(default=10.0, gt=0)
    deployment: str = Field(default="onboarding/onboarding", pattern=DEPLOYMENT)
    publications_deployment: str = Field(default="publications/publications", pattern=DEPLOYMENT)
    transition_deployment: str = Field(default="account-transition/account-transition", pattern=DEPLOYMENT)
    repair_deployment: str = Field(default="reconciliation/repair", pattern=DEPLOYMENT)
    retry_deployment: str = Field(default="failures/retry-failed", pattern=DEPLOYMENT)
    patience: float = Field(default=5.0, gt=0)
    at_once: int = Field(default=2, ge=1)
    prefect_api_url: str = Field(
        default="http://127.0.0.1:4200/api", validation_alias="PREFECT_API_URL", pattern=r"^https?://"
    )
    prefect_auth: SecretStr | None = Field(default=None, validation_alias="PREFECT_API_AUTH_STRING")

    @field_validator("organization_id")
    @classmethod
    def _full_organization_id(cls, value: str) -> str:
        return to18(value, ORGANIZATION_PREFIX)

    @field_validator("action_ids", "won_stages", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    @field_validator("won_stages")
    @classmethod
    def _normalized_stages(cls, value: frozenset[str]) -> frozenset[str]:
        if stages := frozenset(filter(None, map(normalize, value))):
            return stages
        raise ValueError("name at least one stage")

    @field_validator("action_ids")
    @classmethod
    def _full_action_ids(cls, value: frozenset[str]) -> frozenset[str]:
        return frozenset(to18(each.strip(), ACTION_PREFIX) for each in value)
