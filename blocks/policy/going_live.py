"""The part of the policy that says how far the project acts: for all accounts, for some, or not at all."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from rules.common.ids import record_id_in

ModeName = Literal["live", "shadow", "stopped"]


def _account_id(typed: str) -> str:
    """The 18-character id of the account that was typed; `NotAnId`, a `ValueError`, says what is wrong."""
    return record_id_in(typed, "001")


class GoingLivePolicy(BaseModel):
    """How far the project acts."""

    mode: ModeName = Field(
        default="live",
        description="live: every run does its work. shadow: every run only previews, except for the live accounts. "
        "stopped: no run does anything, and running ones stop before their next change.",
        title="Mode",
    )
    live_accounts: list[Annotated[str, AfterValidator(_account_id)]] = Field(
        default_factory=list,
        description="In shadow mode, accounts that are live all the same: the id of the account, like "
        "001Hs00000AbCdEIAV, or the address of its page in Salesforce.",
        title="Live accounts",
    )
    mode_reason: str = Field(
        default="",
        max_length=300,
        description="Why the mode is what it is. Every stopped run shows it. Example: wrong prices in contracts.",
        title="Reason",
    )
