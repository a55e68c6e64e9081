"""What a block finds out about its own connection and rights."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was looked at ("connection", "Account.LMS_Company_Id__c").
        ok: whether it is as it must be.
        message: what was found; when not ok, what is missing and what to do.
    """

    name: str
    ok: bool
    message: str
