"""The segment of an account by MRR and users; CS Operations maintain the table (CSM-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Segment:
    """One row of the table: an account belongs to the last row whose MRR or number of users it reaches.

    Attributes:
        name: as Salesforce spells it: `SMB`, `Mid-Market`, `Enterprise`.
        from_mrr: the least MRR per month; 0 in the first row.
        from_users: the least number of users; 0 in the first row.
        target_mrr: the MRR of a full book of business, per month.
        target_accounts: the accounts of a full book of business.
        most_accounts: the cap on the accounts of one CSM in this segment.
    """

    name: str
    from_mrr: Decimal
    from_users: int
    target_mrr: Decimal
    target_accounts: int
    most_accounts: int


def segment_of(mrr: Decimal | None, users: Decimal | None, table: Sequence[Segment]) -> Segment | None:
    """Return the segment of an account; None when neither MRR nor users are known. A negative MRR counts as 0."""
    if mrr is None and users is None:
        return None
    amount, number = mrr or Decimal(), users or Decimal()
    reached = [row for row in table if amount >= row.from_mrr or number >= row.from_users]
    return reached[-1] if reached else table[0]


def segment_named(name: str | None, table: Sequence[Segment]) -> Segment | None:
    """Return the segment with this name; None when the table has none."""
    return next((row for row in table if row.name == name), None)
