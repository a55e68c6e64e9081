"""The part of the policy about time: the org's clock, its business hours, reminders, escalation."""

from datetime import date, time
from typing import Annotated, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from blocks.common.fields import TimeOfDay, TimeZone
from blocks.policy.rows import WEEKDAYS, Weekday


class QuestionPolicy(BaseModel):
    """The org's working time, and when unanswered questions are followed up."""

    time_zone: TimeZone = Field(
        default="America/New_York",
        description="The org's time zone. It decides which day is today.",
        title="Time zone",
    )
    business_opens: TimeOfDay = Field(
        default=time(9),
        description="Start of the business day in the org's time zone, like 09:00.",
        title="Business day begins",
    )
    business_closes: TimeOfDay = Field(
        default=time(17),
        description="End of the business day in the org's time zone, like 17:00.",
        title="Business day ends",
    )
    working_days: list[Weekday] = Field(
        default_factory=lambda: list(WEEKDAYS[:5]),
        min_length=1,
        description="Days of the week on which people work.",
        title="Working days",
    )
    holidays: list[date] = Field(
        default_factory=list, description="Days on which nobody works, like 2026-12-25.", title="Holidays"
    )
    remind_after_hours: Annotated[float, Field(gt=0, le=1000)] = Field(
        default=4,
        description="Business hours until an unanswered question is followed up.",
        title="Remind after",
    )
    escalate_after_hours: float = Field(
        default=8,
        le=2000,
        description="Business hours until an unanswered question is escalated.",
        title="Escalate after",
    )

    @field_validator("working_days")
    @classmethod
    def _no_day_twice(cls, days: list[Weekday]) -> list[Weekday]:
        if len(set(days)) < len(days):
            raise ValueError("Each day of the week may be named once only")
        return days

    @model_validator(mode="after")
    def _hours_in_order(self) -> Self:
        if self.business_opens >= self.business_closes:
            raise ValueError("Business day begins: must be before the business day ends")
        if self.escalate_after_hours <= self.remind_after_hours:
            raise ValueError("Escalate after: must be more hours than those of the reminder")
        return self
