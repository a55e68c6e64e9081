"""What another policy would have changed about the assignments of a period."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.assignment.backtest import BackTest, ClosedSale

NOBODY = "nobody: the team lead is asked"


@dataclass(frozen=True)
class ChangedAssignment:
    """A sale that another policy would assign otherwise: segment and CSM, before and after."""

    sale: ClosedSale
    segments: tuple[str, str]
    csms: tuple[str, str]


def changed_assignments(
    before: BackTest, after: BackTest, sales_before: Iterable[ClosedSale], sales_after: Iterable[ClosedSale]
) -> tuple[ChangedAssignment, ...]:
    """Compare two replays of the same sales, each by its policy; a sale counts if segment or CSM differs."""
    names = {csm.person.id: csm.person.name for test in (before, after) for csm in test.days[0].replayed}
    segments = {sale.account_id: sale.segment.name for sale in sales_before}

    def csm(test: BackTest, account_id: str) -> str:
        return names.get(test.takers[account_id] or "", NOBODY)

    both = [sale for sale in sales_after if sale.account_id in before.takers and sale.account_id in after.takers]
    changes = (
        ChangedAssignment(
            sale,
            (segments[sale.account_id], sale.segment.name),
            (csm(before, sale.account_id), csm(after, sale.account_id)),
        )
        for sale in both
    )
    return tuple(change for change in changes if len({*change.segments}) > 1 or len({*change.csms}) > 1)
