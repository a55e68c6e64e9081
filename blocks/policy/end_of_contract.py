"""The part of the policy that the daily sweep for ending contracts reads."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import AliasChoices, BaseModel, Field, model_validator

from blocks.policy.rows import Percent


class EndOfContractPolicy(BaseModel):
    """When the end of a contract is set in the LMS, and when a sweep asks first."""

    end_look_ahead_days: Annotated[int, Field(ge=0, le=365)] = Field(
        default=30,
        description="From this number of days before the last day of a contract, that day is set in the LMS.",
        title="Look ahead",
    )
    end_notice_days: Annotated[int, Field(ge=0, le=365)] = Field(
        default=14,
        description="From this number of days before the last day, CSM and sales are informed, and sales are asked "
        "about open points.",
        title="Notice",
    )
    end_catch_up_days: Annotated[int, Field(ge=1, le=365)] = Field(
        default=31,
        description="A missed sweep is made up for until this number of days after the last day.",
        title="Catch up",
    )
    guard_max_count: int = Field(
        validation_alias=AliasChoices("guard_max_count", "most_ends"),
        default=100,
        ge=0,
        description="A sweep that would end the service of more clients asks CS Operations first.",
        title="Most clients at once",
    )
    guard_max_percent: Percent = Field(
        validation_alias=AliasChoices("guard_max_percent", "most_ends_percent"),
        default=Decimal(5),
        description="A sweep that would end the service of a larger percentage of all clients asks CS Operations "
        "first.",
        title="Largest percentage at once",
    )
    guard_min_count: int = Field(
        validation_alias=AliasChoices("guard_min_count", "few_ends"),
        default=20,
        ge=0,
        description="The percentage limit applies only above this number of clients.",
        title="Percentage limit from",
    )

    @model_validator(mode="after")
    def _notice_within_look_ahead(self) -> Self:
        if self.end_notice_days > self.end_look_ahead_days:
            raise ValueError("Notice: must not be more days than those of the look-ahead")
        return self
