"""When an unanswered question is due for a reminder or an escalation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from rules.common.business_time import BusinessHours, elapsed
from rules.common.text import counted

_HOUR = timedelta(hours=1)


class Urgency(IntEnum):
    """The urgency of an unanswered question; it only rises."""

    ASKED = 0
    REMINDED = 1
    ESCALATED = 2


@dataclass(frozen=True)
class ReminderPolicy:
    """The business time for an answer.

    Attributes:
        remind_after: time after the question until the reminder.
        escalate_after: time after the question until the escalation; longer than `remind_after`.
    """

    hours: BusinessHours
    remind_after: timedelta
    escalate_after: timedelta


def urgency(asked_at: datetime, now: datetime, patience: ReminderPolicy) -> Urgency:
    """Return the urgency of an unanswered question; both moments are aware."""
    waiting = elapsed(asked_at, now, patience.hours)
    if waiting >= patience.escalate_after:
        return Urgency.ESCALATED
    return Urgency.REMINDED if waiting >= patience.remind_after else Urgency.ASKED


def waited(asked_at: datetime, now: datetime, hours: BusinessHours) -> str:
    """Return the waiting time for people, in full hours: "3 business days and 1 hour"."""
    waiting = elapsed(asked_at, now, hours)
    if waiting < _HOUR:
        return "less than an hour"
    days, rest = divmod(waiting, hours.length)
    full_hours = rest // _HOUR
    if not days:
        return counted(full_hours, "business hour")
    full_days = counted(days, "business day")
    return f"{full_days} and {counted(full_hours, 'hour')}" if full_hours else full_days
