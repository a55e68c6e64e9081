"""What CS Operations may tune, with the procedures' values as defaults (D-10)."""

from datetime import date, time
from decimal import Decimal
from itertools import pairwise
from typing import ClassVar, Self

from prefect.blocks.core import Block
from pydantic import AliasChoices, ConfigDict, Field, HttpUrl, field_validator, model_validator

from blocks.common.field_map import FieldMap
from blocks.common.fields import Channel, Email, SlackMember, TimeOfDay, TimeZone
from blocks.policy.rows import (
    DEFAULT_SEGMENTS,
    TAKE_CLOSED,
    WEEKDAYS,
    ClosedAccount,
    CsmRow,
    LocationRow,
    SegmentRow,
    Weekday,
)

__all__ = ["TAKE_CLOSED", "WEEKDAYS", "CsmRow", "FieldMap", "LocationRow", "Policy", "SegmentRow"]


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

    time_zone: TimeZone = Field(
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
    no_welcome_clients: list[str] = Field(
        default_factory=lambda: ["UPMC"],
        description="Accounts to whose users no automatic welcome mail ever goes: Salesforce account ids, or names. "
        "A name also means every account whose name begins with it and goes on with another word.",
        title="Clients without a welcome mail",
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
    closed_recurly_account: ClosedAccount = Field(
        default=TAKE_CLOSED,
        description="What to do with a closed Recurly account: take it and report it to CS Operations, or ask them.",
        title="Closed Recurly account",
    )
    business_opens: TimeOfDay = Field(
        default=time(9),
        description="When the business day begins, by the clock of the time zone: 09:00.",
        title="Business day begins",
    )
    business_closes: TimeOfDay = Field(
        default=time(17), description="When the business day ends: 17:00.", title="Business day ends"
    )
    working_days: list[Weekday] = Field(
        default_factory=lambda: list(WEEKDAYS[:5]),
        min_length=1,
        description="Days on which people can be expected to answer.",
        title="Working days",
    )
    holidays: list[date] = Field(
        default_factory=list,
        description="Days on which nobody is expected to answer, written like 2026-12-25.",
        title="Holidays",
    )
    remind_after_hours: float = Field(
        default=4,
        gt=0,
        le=1000,
        description="Business hours without an answer, after which whoever was asked is reminded.",
        title="Remind after",
    )
    escalate_after_hours: float = Field(
        default=8,
        le=2000,
        description="Business hours without an answer, after which somebody else is told.",
        title="Escalate after",
    )
    cs_operations: list[Email] = Field(
        default_factory=list,
        description="People of CS Operations: they may answer every question and decide for others. "
        "Empty: whoever is in the CS Operations channel answers there.",
        title="CS Operations",
    )
    escalation_contact: Email | None = Field(
        default=None,
        description="Who is told when CS Operations or a team lead have not answered; empty: the channel as a whole.",
        title="Escalation contact",
    )
    end_look_ahead_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="Days before a contract's last day from which that day is set in the LMS.",
        title="End of contract: look ahead",
    )
    end_notice_days: int = Field(
        default=14,
        ge=0,
        le=365,
        description="Days before it from which CSM and sales are told, and sales are asked about what is open.",
        title="End of contract: notice",
    )
    end_catch_up_days: int = Field(
        default=31,
        ge=1,
        le=365,
        description="Days after a contract's last day during which a sweep that was missed is made up for.",
        title="End of contract: catch up",
    )
    guard_max_count: int = Field(
        validation_alias=AliasChoices("guard_max_count", "most_ends"),
        default=100,
        ge=0,
        description="A sweep that would end the service of more clients asks CS Operations first.",
        title="End of contract: most at once",
    )
    guard_max_percent: Decimal = Field(
        validation_alias=AliasChoices("guard_max_percent", "most_ends_percent"),
        default=Decimal(5),
        ge=0,
        le=100,
        description="And so does one that would end more than this share of all clients, in percent.",
        title="End of contract: largest share at once",
    )
    guard_min_count: int = Field(
        validation_alias=AliasChoices("guard_min_count", "few_ends"),
        default=20,
        ge=0,
        description="The percentage limit applies only above this number of clients.",
        title="End of contract: too few for a share",
    )
    transition_contract_days: int = Field(
        default=90,
        ge=0,
        le=730,
        description="An account whose contract ends within so many days, no renewal won, is at risk. 0: not looked at.",
        title="Account transition: days before the end of a contract",
    )
    transition_silent_days: int = Field(
        default=60,
        ge=0,
        le=730,
        description="So is one whose main contact had no e-mail or call with us for more days. 0: not looked at.",
        title="Account transition: days of silence",
    )
    transition_least_active_percent: Decimal = Field(
        default=Decimal(50),
        ge=0,
        le=100,
        description="And one with fewer active users for a hundred that are paid for. 0: not looked at.",
        title="Account transition: least share of active users",
    )
    transition_risky_health: list[str] = Field(
        default_factory=lambda: ["At Risk", "Watch"],
        description="Values of Health in Salesforce by which an account is at risk; Escalated is more than that.",
        title="Account transition: Health at risk",
    )
    transition_mentions_count: bool = Field(
        default=True,
        description="Whether an account with special mentions is at risk: somebody reads them before a mail goes out.",
        title="Account transition: special mentions count",
    )
    transition_look_back_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        description="Closed cases, opportunities and tasks of so many days are a part of the analysis.",
        title="Account transition: days of the past",
    )
    transition_automated_sequence: str = Field(
        default="Account Transition - Automated",
        min_length=1,
        description="Name of the Outreach sequence for healthy accounts.",
        title="Account transition: automated sequence",
    )
    transition_semi_automated_sequence: str = Field(
        default="Account Transition - Semi-automated",
        min_length=1,
        description="Name of the Outreach sequence whose e-mails somebody adjusts first.",
        title="Account transition: semi-automated sequence",
    )
    transition_credit_days: int = Field(
        default=90,
        ge=0,
        le=3650,
        description="Sales won within so many days are credited to the new CSM; older ones stay with the former.",
        title="Account transition: days of credit",
    )
    transition_renewal_days: int = Field(
        default=60,
        ge=0,
        le=730,
        description="A plan warns of an account whose contract ends within so many days.",
        title="Account transition: warn before a renewal",
    )
    transition_wave: int = Field(
        default=24,
        ge=1,
        le=200,
        description="So many accounts of a workbook make a wave; the next one begins when all of these are done.",
        title="Account transition: accounts of a wave",
    )
    transition_at_once: int = Field(
        default=8,
        ge=1,
        le=20,
        description="So many accounts of a wave move at the same time.",
        title="Account transition: accounts at once",
    )
    transition_most_failed_percent: Decimal = Field(
        default=Decimal(20),
        ge=0,
        le=100,
        description="When more of a wave fail, CS Operations are asked before the next one begins.",
        title="Account transition: largest share that may fail",
    )
    transition_meeting_notice_days: int = Field(
        default=1,
        ge=0,
        le=30,
        description="Days between the invitation and the meeting with the new CSM, at least.",
        title="Account transition: notice of the meeting",
    )
    transition_meeting_latest_days: int = Field(
        default=14,
        ge=1,
        le=90,
        description="Days from the invitation within which that meeting must be.",
        title="Account transition: meeting within",
    )
    field_map: FieldMap = Field(
        default_factory=FieldMap,
        description="API names of the Salesforce fields, where this org's differ.",
        title="Salesforce fields",
    )

    def _field_has_secrets(self, field_name: str) -> bool:  # noqa: ARG002 - no field of a policy is a secret
        """Prefect would compute the whole schema for each field that it saves: 2.6 seconds for a policy."""
        return False

    @property
    def member_by_email(self) -> dict[str, str]:
        """The Slack members by e-mail address in lower case, however it was typed."""
        return {email.casefold(): member for email, member in self.slack_members.items()}

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

    @field_validator("no_welcome_clients")
    @classmethod
    def _no_blank_client(cls, clients: list[str]) -> list[str]:
        if not all(client.strip() for client in clients):
            raise ValueError("A line is empty: write the name or the id of an account, or remove the line")
        return [client.strip() for client in clients]

    @field_validator("working_days")
    @classmethod
    def _no_day_twice(cls, days: list[Weekday]) -> list[Weekday]:
        if len(set(days)) < len(days):
            raise ValueError("Each day of the week may be named once only")
        return days

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.business_opens >= self.business_closes:
            raise ValueError("Business day begins: must be before the business day ends")
        if self.escalate_after_hours <= self.remind_after_hours:
            raise ValueError("Escalate after: must be more hours than those of the reminder")
        if self.end_notice_days > self.end_look_ahead_days:
            raise ValueError("End of contract, notice: must not be more days than those of the look-ahead")
        if self.transition_meeting_notice_days >= self.transition_meeting_latest_days:
            raise ValueError("Account transition, notice of the meeting: must be fewer days than it must be within")
        return self
