"""The part of the policy that account transitions read (TRN-1 to TRN-11)."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from blocks.policy.rows import Percent


class TransitionPolicy(BaseModel):
    """When an account is at risk, and how a book of business moves."""

    transition_contract_days: Annotated[int, Field(ge=0, le=730)] = Field(
        default=90,
        description="An account is at risk if its contract ends within this number of days and no renewal is won. "
        "0: not checked.",
        title="Days before the end of a contract",
    )
    transition_silent_days: Annotated[int, Field(ge=0, le=730)] = Field(
        default=60,
        description="An account is at risk if its main contact had no e-mail or call with us for more days. "
        "0: not checked.",
        title="Days of silence",
    )
    transition_least_active_percent: Percent = Field(
        default=Decimal(50),
        description="An account is at risk if a smaller percentage of its paid users is active. 0: not checked.",
        title="Least share of active users",
    )
    transition_risky_health: list[str] = Field(
        default_factory=lambda: ["At Risk", "Watch"],
        description="Values of Health in Salesforce at which an account is at risk. Escalated need not be listed.",
        title="Health at risk",
    )
    transition_mentions_count: bool = Field(
        default=True,
        description="An account with special mentions is at risk: a person reads them before an e-mail is sent.",
        title="Special mentions count",
    )
    transition_look_back_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        default=365,
        description="The analysis covers cases, opportunities and tasks that were closed in this number of days.",
        title="Days of the past",
    )
    transition_automated_sequence: str = Field(
        default="Account Transition - Automated",
        min_length=1,
        description="Outreach sequence for healthy accounts.",
        title="Automated sequence",
    )
    transition_semi_automated_sequence: str = Field(
        default="Account Transition - Semi-automated",
        min_length=1,
        description="Outreach sequence whose e-mails a person adjusts before they are sent.",
        title="Semi-automated sequence",
    )
    transition_credit_days: Annotated[int, Field(ge=0, le=3650)] = Field(
        default=90,
        description="The new CSM gets the credit for sales won in this number of days; older sales stay with the "
        "former CSM.",
        title="Days of credit",
    )
    transition_renewal_days: Annotated[int, Field(ge=0, le=730)] = Field(
        default=60,
        description="A transition plan warns of an account whose contract ends within this number of days.",
        title="Warn before a renewal",
    )
    transition_wave: Annotated[int, Field(ge=1, le=200)] = Field(
        default=24,
        description="Accounts of a workbook in one wave. The next wave starts when all of them are done.",
        title="Accounts of a wave",
    )
    transition_at_once: Annotated[int, Field(ge=1, le=20)] = Field(
        default=8,
        description="Accounts of a wave that move at the same time.",
        title="Accounts at once",
    )
    transition_most_failed_percent: Percent = Field(
        default=Decimal(20),
        description="If a larger percentage of a wave fails, CS Operations are asked before the next wave starts.",
        title="Largest share that may fail",
    )
    transition_meeting_notice_days: Annotated[int, Field(ge=0, le=30)] = Field(
        default=1,
        description="Least number of days between the invitation and the meeting with the new CSM.",
        title="Notice of the meeting",
    )
    transition_meeting_latest_days: Annotated[int, Field(ge=1, le=90)] = Field(
        default=14,
        description="Largest number of days between the invitation and the meeting with the new CSM.",
        title="Meeting within",
    )

    @model_validator(mode="after")
    def _notice_before_latest(self) -> Self:
        if self.transition_meeting_notice_days >= self.transition_meeting_latest_days:
            raise ValueError("Notice of the meeting: must be fewer days than it must be within")
        return self
