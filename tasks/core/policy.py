"""What the rules take from the policy block, as plain values (D-8 and D-10)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from blocks.policy.block import WEEKDAYS, CsmRow, Policy
from rules.assignment.availability import HandOver
from rules.assignment.books import CsmTerms
from rules.assignment.segmentation import Segment
from rules.common.business_time import BusinessHours, WorkingDays
from rules.common.going_live import GoingLive, Mode
from rules.contracts.service_term import Windows
from rules.contracts.sweep_guard import Guard
from rules.onboarding.signup import LocationRow, location_count
from rules.questions.reminders import ReminderPolicy
from rules.transition.meeting import MeetingTerms
from tasks.core.connections import connection

TRIAL_DAY = "LIFECYCLE_TODAY"
"""The variable that sets the day a worker takes for today, in a trial with the sandbox. Never set it in production."""


@dataclass(frozen=True)
class PolicySnapshot:
    """What CS Operations set, and what day it is in the org's time zone.

    Attributes:
        terms: of CSMs who are not to hold what everybody holds, by e-mail address in lower case.
        no_welcome: names and ids of the clients without a welcome mail (PUB-6).
        windows: before the end of a contract (PUB-4).
        catch_up: after it.
        guard: how many services may end at once.
        patience: with people who are asked.
        reconciliation_days: the days of sales and contracts that are looked at (REC-1).
        reconciliation_max_started: runs of one kind that a pass starts by itself (REC-1).
        reconciliation_max_repairs: records that are repaired without approval (REC-2).
        reconciliation_api_percent: of Salesforce's daily calls; beyond it the nightly reading slows down and stops.
        going_live: for which accounts runs act.
    """

    today: date
    time_zone: ZoneInfo
    location_table: tuple[LocationRow, ...]
    users_per_location: int
    segments: tuple[Segment, ...]
    terms: Mapping[str, CsmTerms]
    weight_of_mrr: Decimal
    hand_over: HandOver
    no_welcome: tuple[str, ...]
    windows: Windows
    catch_up: timedelta
    guard: Guard
    patience: ReminderPolicy
    reconciliation_days: int
    reconciliation_max_started: int
    reconciliation_max_repairs: int
    reconciliation_api_percent: int
    going_live: GoingLive = field(default_factory=GoingLive)

    def location_count(self, users: int) -> int:
        """The estimated number of locations of a company (ONB-8)."""
        return location_count(users, self.location_table, self.users_per_location)


async def load_policy() -> PolicySnapshot:
    """Read the policy block."""
    return snapshot_of(await connection(Policy))


def snapshot_of(policy: Policy) -> PolicySnapshot:
    """What the rules take from a policy."""
    zone = ZoneInfo(policy.time_zone)
    today = _today(zone)
    return PolicySnapshot(
        today=today,
        time_zone=zone,
        location_table=tuple(LocationRow(row.up_to_users, row.locations) for row in policy.location_table),
        users_per_location=policy.users_per_location,
        segments=segments_of(policy),
        terms={row.email.casefold(): _terms(row, today) for row in policy.csms},
        weight_of_mrr=policy.weight_of_mrr,
        hand_over=HandOver(today, policy.hand_over_days, policy.return_buffer_days, working_days_of(policy)),
        no_welcome=tuple(policy.no_welcome_clients),
        windows=Windows(policy.end_look_ahead_days, policy.end_notice_days),
        catch_up=timedelta(days=policy.end_catch_up_days),
        guard=Guard(policy.guard_max_count, policy.guard_max_percent, policy.guard_min_count),
        patience=patience_of(policy),
        reconciliation_days=policy.reconciliation_days,
        reconciliation_max_started=policy.reconciliation_max_started,
        reconciliation_max_repairs=policy.reconciliation_max_repairs,
        reconciliation_api_percent=policy.reconciliation_api_percent,
        going_live=going_live_of(policy),
    )


def going_live_of(policy: Policy) -> GoingLive:
    """For which accounts runs act."""
    return GoingLive(Mode(policy.mode), frozenset(policy.live_accounts), policy.mode_reason)


def _today(zone: ZoneInfo) -> date:
    """Today, or the day of a trial with stand-ins whose date was moved."""
    trial = os.environ.get(TRIAL_DAY)
    return date.fromisoformat(trial) if trial else datetime.now(zone).date()


def segments_of(policy: Policy) -> tuple[Segment, ...]:
    """The segment table (CSM-3)."""
    return tuple(
        Segment(
            row.segment, row.from_mrr, row.from_users, row.target_mrr, row.target_accounts, row.most_accounts
        )
        for row in policy.segments
    )  # fmt: skip


def patience_of(policy: Policy) -> ReminderPolicy:
    """How long people have to answer, in business hours (D-4)."""
    remind, escalate = policy.remind_after_hours, policy.escalate_after_hours
    return ReminderPolicy(hours_of(policy), timedelta(hours=remind), timedelta(hours=escalate))


def working_days_of(policy: Policy) -> WorkingDays:
    """The days on which the organization works."""
    return WorkingDays(frozenset(map(WEEKDAYS.index, policy.working_days)), frozenset(policy.holidays))


def hours_of(policy: Policy) -> BusinessHours:
    """The business hours of the organization."""
    week = working_days_of(policy)
    return BusinessHours(
        week.days, week.holidays, ZoneInfo(policy.time_zone), policy.business_opens, policy.business_closes
    )


def meeting_terms_of(policy: Policy) -> MeetingTerms:
    """How soon and how late the meeting of a transition may be (TRN-9)."""
    return MeetingTerms(
        timedelta(days=policy.transition_meeting_notice_days), timedelta(days=policy.transition_meeting_latest_days)
    )


def _terms(row: CsmRow, today: date) -> CsmTerms:
    new = row.ramp_up_until is not None and today <= row.ramp_up_until
    return CsmTerms(row.capacity, row.ramp_up if new else Decimal(1), row.most_accounts)
