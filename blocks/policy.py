"""What CS Operations may tune, with the procedures' values as defaults (design decision 10)."""

from itertools import pairwise
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from prefect.blocks.core import Block
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, field_validator

from blocks.field_map import FieldMap

__all__ = ["FieldMap", "LocationRow", "Policy"]


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name.strip())
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name!r} is not a time zone: use a name like America/New_York or Europe/London") from None
    return name.strip()


def _channel(name: str) -> str:
    text = name.strip()
    is_name = text.startswith("#") and " " not in text and len(text) > 1
    is_id = text[:1] in ("C", "G") and text.isalnum() and text.isupper()
    if not (is_name or is_id):
        raise ValueError(f"{name!r} is not a Slack channel: write #name, or the channel's id")
    return text


Channel = Annotated[str, AfterValidator(_channel)]


class LocationRow(BaseModel):
    """One line of the location table (ONB-8): customers with at most so many users have so many locations."""

    model_config = ConfigDict(extra="forbid")

    up_to_users: int = Field(ge=1, description="Largest number of users this line is for.")
    locations: int = Field(ge=1, description="Number of locations of such a customer.")


class Policy(Block):
    """What CS Operations may tune: channels, time zone, locations, waiting, Salesforce's field names."""

    _block_type_name = "Lifecycle policy"
    _block_type_slug = "lifecycle-policy"
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/filesystem.png"
    )
    _documentation_url = HttpUrl("https://docs.prefect.io/v3/concepts/blocks")
    _description = "What CS Operations may tune without an engineer. Every field begins with the procedure's value."

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        default="America/New_York", description="The org's time zone: what 'today' means.", title="Time zone"
    )
    sales_channel: Channel = Field(
        default="#sales", description="Slack channel where new sales are announced.", title="Sales channel"
    )
    cs_ops_channel: Channel = Field(
        default="#cs-operations",
        description="Slack channel where CS Operations are asked and told.",
        title="CS Operations channel",
    )
    location_table: list[LocationRow] = Field(
        default_factory=list,
        description="Locations by number of users, smallest first; beyond it, one per so many users.",
        title="Location table",
    )
    users_per_location: int = Field(
        default=25,
        ge=1,
        description="Beyond the table: one location per so many users begun.",
        title="Users per location",
    )
    permissions_workbook: str = Field(
        default="deployments/Permissions.xlsx",
        min_length=1,
        description="The matrix of products and modules: a path within the project folder, or a whole path.",
        title="Permissions workbook",
    )
    recurly_wait_seconds: float = Field(
        default=120,
        ge=0,
        le=3600,
        description="How long to wait for the Recurly account to appear, in seconds.",
        title="Wait for Recurly",
    )
    recurly_poll_seconds: float = Field(
        default=2,
        gt=0,
        le=60,
        description="How often to look for it, in seconds.",
        title="Look for Recurly every",
    )
    field_map: FieldMap = Field(
        default_factory=FieldMap,
        description="API names of the Salesforce fields, where this org's differ.",
        title="Salesforce fields",
    )

    @field_validator("location_table")
    @classmethod
    def _table_rises(cls, table: list[LocationRow]) -> list[LocationRow]:
        for number, (above, row) in enumerate(pairwise(table), start=2):
            if row.up_to_users <= above.up_to_users:
                raise ValueError(f"Line {number}: users must rise from line to line, smallest first")
            if row.locations < above.locations:
                raise ValueError(f"Line {number}: more users cannot have fewer locations than the line above")
        return table
