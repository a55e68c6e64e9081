"""The segment of an account, by its MRR and its users, from a table of CS Operations (CSM-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Segment:
    """One line of the table: an account belongs to the last line whose MRR or users it reaches.

    Attributes:
        name: as Salesforce spells it: `SMB`, `Mid-Market`, `Enterprise`.
        from_mrr: the least MRR; 0 in the first line.
        from_users: the least number of users; 0 in the first line.
        target_mrr: the MRR of a full book of business, per month.
        target_accounts: the accounts of a full book of business.
        most_accounts: nobody is given an account beyond so many.
    """

    name: str
    from_mrr: Decimal
    from_users: int
    target_mrr: Decimal
    target_accounts: int
    most_accounts: int


def segment_of(mrr: Decimal | None, users: Decimal | None, table: Sequence[Segment]) -> Segment | None:
    """The segment of an account; None when neither its MRR nor its users are known.

    A negative MRR, as of an account in credit, counts as 0.
    """
    if mrr is None and users is None:
        return None
    amount, number = mrr or Decimal(), users or Decimal()
    reached = [row for row in table if amount >= row.from_mrr or number >= row.from_users]
    return reached[-1] if reached else table[0]


def segment_named(name: str | None, table: Sequence[Segment]) -> Segment | None:
    """The line of a segment by its name; None when there is none."""
    return next((row for row in table if row.name == name), None)
