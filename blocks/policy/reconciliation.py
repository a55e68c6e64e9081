"""The part of the policy that the reconciliation reads."""

from typing import Annotated

from pydantic import BaseModel, Field


class ReconciliationPolicy(BaseModel):
    """How far back the reconciliation looks, and how much it does by itself."""

    reconciliation_days: Annotated[int, Field(ge=1, le=90)] = Field(
        default=14,
        description="Sales that were won, and contracts that were changed, in this number of days are looked at: "
        "a message about them may have been lost.",
        title="Days",
    )
    reconciliation_max_started: Annotated[int, Field(ge=0)] = Field(
        default=20,
        description="When more runs of one kind are missing, none of them is started, and CS Operations are informed.",
        title="Most runs at once",
    )
    reconciliation_max_repairs: Annotated[int, Field(ge=0)] = Field(
        default=25,
        description="A repair of more records asks for approval first.",
        title="Most repairs at once",
    )
    reconciliation_api_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=70,
        description="When a larger percentage of Salesforce's calls of the day is used, the nightly reading slows "
        "down, and then stops.",
        title="Percentage of Salesforce's calls",
    )
