"""The part of the policy that questions to people read: business hours, reminders, escalation."""

from datetime import date, time
from typing import Annotated, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from blocks.common.fields import Email, SlackMember, TimeOfDay
from blocks.policy.rows import WEEKDAYS, Weekday


class QuestionPolicy(BaseModel):
    """Who answers questions, and when unanswered ones are followed up."""

    slack_members: dict[Email, SlackMember] = Field(
        default_factory=dict,
        description="Slack member ids (U…) by e-mail address. Listed people are mentioned, all others only named.",
        title="Slack members",
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
    cs_operations: list[Email] = Field(
        default_factory=list,
        description="CS Operations: they may answer every question and decide for others. "
        "If empty, every member of the CS Operations channel may.",
        title="CS Operations",
    )
    escalation_contact: Email | None = Field(
        default=None,
        description="Person to inform when CS Operations or a team lead have not answered. "
        "If empty, the channel is informed.",
        title="Escalation contact",
    )

    @property
    def member_by_email(self) -> dict[str, str]:
        """The Slack members by e-mail address in lower case."""
        return {email.casefold(): member for email, member in self.slack_members.items()}

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
