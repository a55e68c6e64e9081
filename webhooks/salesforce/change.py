"""A changed record in Salesforce."""

from dataclasses import dataclass
from typing import Final

OPPORTUNITY: Final = "Opportunity"
CONTRACT: Final = "Contract"


@dataclass(frozen=True)
class Change:
    """A changed record.

    Attributes:
        object: `Opportunity`, `Contract`, `Contact` or `Account`.
        id: 18 characters.
        is_won: the record is an opportunity that may be Closed Won.
        event: the sender's name for this change; the same when the sender repeats the delivery.
        notification: id of Salesforce's notification, or "" for a callout; the same when Salesforce repeats it.
    """

    object: str
    id: str
    is_won: bool = False
    event: str = ""
    notification: str = ""

    @property
    def tag(self) -> str:
        """The tag of the runs that wait for the record."""
        return f"{self.object.lower()}:{self.id}"

    def __str__(self) -> str:
        """The record as people name it: `Contract 800…`."""
        return f"{self.object} {self.id}"
