"""How long people have been asked, and what is due then: a reminder, or somebody else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from rules.common.business_time import BusinessHours, elapsed
from rules.common.text import counted

_HOUR = timedelta(hours=1)


class Urgency(IntEnum):
    """How far a question has come without an answer; it only rises."""

    ASKED = 0
    REMINDED = 1
    ESCALATED = 2


@dataclass(frozen=True)
class ReminderPolicy:
    """How much business time people are given to answer.

    Attributes:
        remind_after: from the question on, when whoever was asked is reminded.
        escalate_after: from the question on, when somebody else is told; longer than `remind_after`.
    """

    hours: BusinessHours
    remind_after: timedelta
    escalate_after: timedelta


def urgency(asked_at: datetime, now: datetime, patience: ReminderPolicy) -> Urgency:
    """What is due for a question asked at an aware moment and not answered yet; due from the very moment on."""
    waiting = elapsed(asked_at, now, patience.hours)
    if waiting >= patience.escalate_after:
        return Urgency.ESCALATED
    return Urgency.REMINDED if waiting >= patience.remind_after else Urgency.ASKED


def waited(asked_at: datetime, now: datetime, hours: BusinessHours) -> str:
    """How long a question waits, as people say it: "3 business days and 1 hour"; only full hours count."""
    waiting = elapsed(asked_at, now, hours)
    if waiting < _HOUR:
        return "less than an hour"
    days, rest = divmod(waiting, hours.length)
    full_hours = rest // _HOUR
    if not days:
        return counted(full_hours, "business hour")
    told = counted(days, "business day")
    return f"{told} and {counted(full_hours, 'hour')}" if full_hours else told
