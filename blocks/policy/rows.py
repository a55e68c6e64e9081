"""The lines of the policy's tables and the kinds of values in it, as CS Operations fill them in."""

from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from blocks.common.fields import Email

_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


ClosedAccount = Literal["take and report", "ask"]
TAKE_CLOSED: ClosedAccount = "take and report"
"""A closed Recurly account is taken, and CS Operations are informed (ONB-12)."""
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""From the beginning of the week: Monday is 0, as in Python's calendar."""


class LocationRow(BaseModel):
    """One line of the location table (ONB-8): customers with at most so many users have so many locations."""

    model_config = _STRICT

    up_to_users: int = Field(ge=1, description="Largest number of users this line is for.")
    locations: int = Field(ge=1, description="Number of locations of such a customer.")


class SegmentRow(BaseModel):
    """One line of the segment table (CSM-3): an account belongs to the last line whose MRR or users it reaches."""

    model_config = _STRICT

    segment: Literal["SMB", "Mid-Market", "Enterprise"] = Field(description="CS Segmentation, as in Salesforce.")
    from_mrr: Decimal = Field(ge=0, description="Least MRR of such an account; 0 in the first line.")
    from_users: int = Field(ge=0, description="Least number of users of such an account; 0 in the first line.")
    target_mrr: Decimal = Field(gt=0, description="MRR of a full book of business in this segment.")
    target_accounts: int = Field(ge=1, description="Accounts of a full book of business in this segment.")
    most_accounts: int = Field(ge=1, description="Nobody is given an account of this segment beyond so many.")


class CsmRow(BaseModel):
    """One CSM who is not to hold what everybody holds (CSM-1): part-time, ramping up, or with a cap of their own."""

    model_config = _STRICT

    email: Email = Field(description="E-mail address of the CSM's Salesforce user.")
    capacity: Decimal = Field(Decimal(1), gt=0, le=2, description="Share of a full book: 0.5 for half-time.")
    ramp_up_until: date | None = Field(None, description="Last day on which the CSM counts as new.")
    ramp_up: Decimal = Field(Decimal("0.5"), gt=0, le=1, description="Share of that capacity until then.")
    most_accounts: int | None = Field(None, ge=0, description="The CSM's own cap; empty for the segment's.")


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
"""Where CS Operations have said nothing: whom a segment is for, and what a full book of it is."""
