"""The result of a block's check of its own connection and rights."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One checked item.

    Attributes:
        name: the item ("connection", "Account.LMS_Company_Id__c").
        ok: whether it is as required.
        message: the finding; when not ok, what is missing and what to do.
        only_warns: a finding that is not ok stops no run: somebody should look at it.
        kind: of the item, where there are many of one kind ("field"); the runbook has one card for each kind.
    """

    name: str
    ok: bool
    message: str
    only_warns: bool = False
    kind: str = ""
