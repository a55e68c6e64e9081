"""A record in Salesforce that was changed, as the receiver learns of it."""

from dataclasses import dataclass
from typing import Final

OPPORTUNITY: Final = "Opportunity"
CONTRACT: Final = "Contract"


@dataclass(frozen=True)
class Change:
    """A record that was changed, by its 18-character id.

    Attributes:
        is_won: it is an opportunity that may be Closed Won.
        word: names this word of it; the sender repeats the name with the word.
        notification: the id of Salesforce's notification, if one told of it: the same at each repeat, and no other's.
    """

    object: str
    id: str
    is_won: bool = False
    word: str = ""
    notification: str = ""

    @property
    def tag(self) -> str:
        """The tag of every run that waits on the record."""
        return f"{self.object.lower()}:{self.id}"

    def __str__(self) -> str:
        """As people name it."""
        return f"{self.object} {self.id}"
