"""The part of the policy that says how far the project acts: for all accounts, for some, or not at all."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

_ID = re.compile(r"(?<![0-9A-Za-z])001[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?(?![0-9A-Za-z])")

_CHECK_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

ModeName = Literal["live", "shadow", "stopped"]


def _is_id(text: str) -> bool:
    """Whether the last three of 18 characters fit the others: each says which of five characters are capitals."""
    fives = (text[start : start + 5] for start in (0, 5, 10))
    marks = (sum(1 << place for place, letter in enumerate(five) if letter.isupper()) for five in fives)
    return text[15:] in ("", "".join(_CHECK_CHARACTERS[mark] for mark in marks))


def _account(typed: str) -> str:
    text = typed.strip()
    ids = set(_ID.findall(text))
    if len(ids) != 1 or ("/" not in text and ids != {text}) or not all(map(_is_id, ids)):
        raise ValueError(
            f"{typed!r} is not a Salesforce account: enter its id, like 001Hs00000AbCdEIAV, or the address of its page"
        )
    return text


class GoingLivePolicy(BaseModel):
    """How far the project acts."""

    mode: ModeName = Field(
        default="live",
        description="live: every run does its work. shadow: every run only previews, except for the live accounts. "
        "stopped: no run does anything, and running ones stop before their next change.",
        title="Mode",
    )
    live_accounts: list[Annotated[str, AfterValidator(_account)]] = Field(
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
