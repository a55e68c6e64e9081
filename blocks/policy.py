"""What CS Operations may tune, with the procedures' values as defaults (design decision 10)."""

import re
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from prefect.blocks.core import Block
from pydantic import AfterValidator, ConfigDict, Field, HttpUrl, field_validator

from blocks.field_map import FieldMap
from blocks.policy_rows import DEFAULT_SEGMENTS, CsmRow, Email, LocationRow, SegmentRow

__all__ = ["CsmRow", "FieldMap", "LocationRow", "Policy", "SegmentRow"]


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


def _member(typed: str) -> str:
    text = typed.strip()
    if not _MEMBER.fullmatch(text):
        raise ValueError(f"{typed!r} is not a Slack member id: copy it from the profile in Slack, like U012AB3CD")
    return text


_MEMBER = re.compile(r"[UW][A-Z0-9]{2,20}")
Channel = Annotated[str, AfterValidator(_channel)]
SlackMember = Annotated[str, AfterValidator(_member)]


class Policy(Block):
    """What CS Operations may tune: channels, time zone, locations, books of business, waiting, field names."""

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
    segments: list[SegmentRow] = Field(
        default_factory=lambda: list(DEFAULT_SEGMENTS),
        min_length=1,
        description="Segments, smallest accounts first: whom each is for, and what a full book of business is.",
        title="Segments",
    )
    csms: list[CsmRow] = Field(
        default_factory=list,
        description="CSMs who are not to hold what everybody holds: part-time, ramping up, own cap.",
        title="CSMs with terms of their own",
    )
    weight_of_mrr: Decimal = Field(
        default=Decimal("0.5"),
        ge=0,
        le=1,
        description="How much MRR counts for the load of a book; the number of accounts counts for the rest to 1.",
        title="Weight of MRR",
    )
    hand_over_days: int = Field(
        default=7,
        ge=0,
        le=90,
        description="A new CSM must not be out of office on the day of the assignment and so many days after it.",
        title="Days of the hand-over",
    )
    return_buffer_days: int = Field(
        default=1,
        ge=0,
        le=30,
        description="Working days after an absence of more than one day in which a CSM is given no new account.",
        title="Working days after an absence",
    )
    csm_channel: Channel = Field(
        default="#cs-operations",
        description="Slack channel where CSMs and their leads are told of new accounts.",
        title="CSM channel",
    )
    slack_members: dict[Email, SlackMember] = Field(
        default_factory=dict,
        description="Slack member ids (U…) by e-mail address: who is listed is mentioned, others are named.",
        title="Slack members",
    )
    onboarding_record_wait_seconds: float = Field(
        default=120,
        ge=0,
        le=3600,
        description="How long to wait for Salesforce to create the Customer Onboarding record, in seconds.",
        title="Wait for the Customer Onboarding record",
    )
    onboarding_record_poll_seconds: float = Field(
        default=2,
        gt=0,
        le=60,
        description="How often to look for it, in seconds.",
        title="Look for the Customer Onboarding record every",
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

    @field_validator("segments")
    @classmethod
    def _segments_rise(cls, table: list[SegmentRow]) -> list[SegmentRow]:
        if table[0].from_mrr or table[0].from_users:
            raise ValueError("Line 1: the first segment takes everybody: from MRR 0, from 0 users")
        for number, (above, row) in enumerate(pairwise(table), start=2):
            if row.from_mrr <= above.from_mrr or row.from_users <= above.from_users:
                raise ValueError(f"Line {number}: MRR and users must rise from line to line, smallest first")
        if len({row.segment for row in table}) < len(table):
            raise ValueError("Each segment may stand in one line only")
        return table

    @field_validator("csms")
    @classmethod
    def _each_once(cls, rows: list[CsmRow]) -> list[CsmRow]:
        if len({row.email.casefold() for row in rows}) < len(rows):
            raise ValueError("Each CSM may stand in one line only")
        return rows
