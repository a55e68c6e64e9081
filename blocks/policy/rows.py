"""The rows of the policy's tables, and its kinds of values."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from blocks.common.fields import Email, form_title

_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True, field_title_generator=form_title)


ClosedAccount = Literal["take and report", "ask"]
TAKE_CLOSED: ClosedAccount = "take and report"
"""A closed Recurly account is used, and CS Operations are informed (ONB-12)."""
Percent = Annotated[Decimal, Field(ge=0, le=100)]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""From Monday, which is 0 as in Python's calendar."""


class LocationRow(BaseModel):
    """One row of the location table (ONB-8): a number of locations for customers up to a number of users."""

    model_config = _STRICT

    up_to_users: int = Field(ge=1, description="Largest number of users in this row.")
    locations: int = Field(ge=1, description="Number of locations of these customers.")


class SegmentRow(BaseModel):
    """One row of the segment table (CSM-3): an account belongs to the last row whose MRR or users it reaches."""

    model_config = _STRICT

    segment: Literal["SMB", "Mid-Market", "Enterprise"] = Field(description="CS Segmentation, as in Salesforce.")
    from_mrr: Decimal = Field(ge=0, description="Least MRR of an account in this segment; 0 in the first row.")
    from_users: int = Field(
        ge=0, description="Least number of users of an account in this segment; 0 in the first row."
    )
    target_mrr: Decimal = Field(gt=0, description="MRR of a full book of business in this segment.")
    target_accounts: int = Field(ge=1, description="Accounts of a full book of business in this segment.")
    most_accounts: int = Field(
        ge=1, description="Largest number of accounts of a CSM; a CSM who has them gets no account of this segment."
    )


class CsmRow(BaseModel):
    """One CSM whose book is not a full one (CSM-1): part-time, ramping up, or with their own cap."""

    model_config = _STRICT

    email: Email = Field(description="E-mail address of the CSM's Salesforce user.")
    capacity: Decimal = Field(
        Decimal(1), gt=0, le=2, description="Share of a full book of business: 0.5 for half-time."
    )
    ramp_up_until: date | None = Field(None, description="Last day on which the CSM counts as new.")
    ramp_up: Decimal = Field(Decimal("0.5"), gt=0, le=1, description="Share of the capacity until that day.")
    most_accounts: int | None = Field(
        None, ge=0, description="Largest number of accounts of this CSM; if empty, the segment's number."
    )


DEFAULT_SEGMENTS = (
    SegmentRow(
        segment="SMB", from_mrr=Decimal(0), from_users=0, target_mrr=Decimal(30_000), target_accounts=60,
        most_accounts=90,
    ),
    SegmentRow(
        segment="Mid-Market", from_mrr=Decimal(900), from_users=150, target_mrr=Decimal(60_000), target_accounts=30,
        most_accounts=50,
    ),
    SegmentRow(
        segment="Enterprise", from_mrr=Decimal(4_000), from_users=1_000, target_mrr=Decimal(120_000),
        target_accounts=15, most_accounts=25,
    ),
)  # fmt: skip
"""The segments as long as CS Operations have not changed them."""
