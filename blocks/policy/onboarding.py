"""The part of the policy that onboarding reads (ONB-8, ONB-12, ONB-13, CSM-6, PUB-6)."""

from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from blocks.policy.rows import TAKE_CLOSED, ClosedAccount, LocationRow


class OnboardingPolicy(BaseModel):
    """How a new customer is set up, and how long to wait for Recurly and Salesforce."""

    location_table: list[LocationRow] = Field(
        default_factory=list,
        description="Number of locations by number of users, smallest first. "
        "Beyond the last line, 'Users per location' applies.",
        title="Location table",
    )
    users_per_location: int = Field(
        default=25,
        ge=1,
        description="Beyond the location table, a customer has one location for this number of users, rounded up.",
        title="Users per location",
    )
    permissions_workbook: str = Field(
        default="deployments/Permissions.xlsx",
        min_length=1,
        description="Workbook with the matrix of products and modules: a path in the project folder, or a full path.",
        title="Permissions workbook",
    )
    no_welcome_clients: list[str] = Field(
        default_factory=lambda: ["UPMC"],
        description="Accounts whose users never get an automatic welcome e-mail: Salesforce account ids or names. "
        "A name also covers every account whose name begins with it, followed by another word.",
        title="Clients without a welcome mail",
    )
    recurly_wait_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=120,
        description="Seconds to wait for the Recurly account to appear, from first to last look.",
        title="Wait for Recurly",
    )
    closed_recurly_account: ClosedAccount = Field(
        default=TAKE_CLOSED,
        description="A closed Recurly account: use it and report it to CS Operations, or ask them first.",
        title="Closed Recurly account",
    )
    onboarding_record_wait_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=120,
        description="Seconds to wait for Salesforce to create the Customer Onboarding record, from first to last look.",
        title="Wait for the Customer Onboarding record",
    )

    @field_validator("location_table")
    @classmethod
    def _table_rises(cls, table: list[LocationRow]) -> list[LocationRow]:
        for number, (above, row) in enumerate(pairwise(table), start=2):
            if row.up_to_users <= above.up_to_users:
                raise ValueError(f"Line {number}: users must rise from line to line, smallest first")
            if row.locations < above.locations:
                raise ValueError(f"Line {number}: more users cannot have fewer locations than the line above")
        return table

    @field_validator("no_welcome_clients")
    @classmethod
    def _no_blank_client(cls, clients: list[str]) -> list[str]:
        if not all(client.strip() for client in clients):
            raise ValueError("A line is empty: write the name or the id of an account, or remove the line")
        return [client.strip() for client in clients]
