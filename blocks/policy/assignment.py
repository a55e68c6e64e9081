"""The part of the policy that the choice of a CSM reads (CSM-1 to CSM-3)."""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from blocks.policy.rows import DEFAULT_SEGMENTS, CsmRow, SegmentRow


class AssignmentPolicy(BaseModel):
    """Segments, capacities and absences of CSMs."""

    segments: list[SegmentRow] = Field(
        default_factory=lambda: list(DEFAULT_SEGMENTS),
        min_length=1,
        description="Segments, smallest accounts first: their accounts, and a full book of business.",
        title="Segments",
    )
    csms: list[CsmRow] = Field(
        default_factory=list,
        description="CSMs with less or more than a full book of business: part-time, ramping up, or with their own "
        "cap. CSMs who are not listed have a full book.",
        title="CSMs with their own capacity",
    )
    weight_of_mrr: Annotated[Decimal, Field(ge=0, le=1)] = Field(
        default=Decimal("0.5"),
        description="Share of MRR in the load of a book of business, from 0 to 1. The number of accounts is the rest.",
        title="Weight of MRR",
    )
    hand_over_days: Annotated[int, Field(ge=0, le=90)] = Field(
        default=7,
        description="A new CSM must not be out of office on the day of the assignment and for this number of days "
        "after it.",
        title="Days of the hand-over",
    )
    return_buffer_days: Annotated[int, Field(ge=0, le=30)] = Field(
        default=1,
        description="Working days without new accounts after an absence of more than one day.",
        title="Working days after an absence",
    )

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
