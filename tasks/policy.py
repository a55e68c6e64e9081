"""What the rules take from the policy block, as plain values (design decisions 8 and 10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from blocks.policy import CsmRow, Policy
from rules.availability import HandOver
from rules.books import Terms
from rules.segmentation import Segment
from rules.signup import LocationRow
from tasks.connections import connection


@dataclass(frozen=True)
class HouseRules:
    """What CS Operations set, and what day it is in the org's time zone.

    Attributes:
        terms: of CSMs who are not to hold what everybody holds, by e-mail address in lower case.
    """

    today: date
    time_zone: ZoneInfo
    location_table: tuple[LocationRow, ...]
    users_per_location: int
    segments: tuple[Segment, ...]
    terms: Mapping[str, Terms]
    weight_of_mrr: Decimal
    hand_over: HandOver


async def house_rules() -> HouseRules:
    """Read the policy block."""
    policy = await connection(Policy)
    zone = ZoneInfo(policy.time_zone)
    today = datetime.now(zone).date()
    return HouseRules(
        today=today,
        time_zone=zone,
        location_table=tuple(LocationRow(row.up_to_users, row.locations) for row in policy.location_table),
        users_per_location=policy.users_per_location,
        segments=segments_of(policy),
        terms={row.email.casefold(): _terms(row, today) for row in policy.csms},
        weight_of_mrr=policy.weight_of_mrr,
        hand_over=HandOver(today, policy.hand_over_days, policy.return_buffer_days),
    )


def segments_of(policy: Policy) -> tuple[Segment, ...]:
    """The segment table (CSM-3)."""
    return tuple(
        Segment(
            row.segment, row.from_mrr, row.from_users, row.target_mrr, row.target_accounts, row.most_accounts
        )
        for row in policy.segments
    )  # fmt: skip


def _terms(row: CsmRow, today: date) -> Terms:
    new = row.ramp_up_until is not None and today <= row.ramp_up_until
    return Terms(row.capacity, row.ramp_up if new else Decimal(1), row.most_accounts)
