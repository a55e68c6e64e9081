"""What the rules take from the policy block, as plain values (design decisions 8 and 10)."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from blocks.policy import Policy
from rules.signup import LocationRow
from tasks.connections import connection


@dataclass(frozen=True)
class HouseRules:
    """What CS Operations set, and what day it is in the org's time zone."""

    today: date
    location_table: tuple[LocationRow, ...]
    users_per_location: int


async def house_rules() -> HouseRules:
    """Read the policy block."""
    policy = await connection(Policy)
    return HouseRules(
        today=datetime.now(ZoneInfo(policy.time_zone)).date(),
        location_table=tuple(LocationRow(row.up_to_users, row.locations) for row in policy.location_table),
        users_per_location=policy.users_per_location,
    )
