"""The books of business of all active CSMs, as Salesforce has them now."""

from rules.assignment.books import Csm, load
from rules.reports.weekly import BookFigure
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.core.steps import read_task
from tasks.transition.intake import read_team


@read_task("Read the books of business")
async def read_books() -> list[BookFigure]:
    """A figure for each active CSM; an account without MRR counts with its contract's amount (CSM-1)."""
    policy = await load_policy()
    return [_figure(csm, policy) for csm in await read_team.fn() if csm.active]


def _figure(csm: Csm, policy: PolicySnapshot) -> BookFigure:
    share = load(csm, policy.segments, policy.weight_of_mrr)
    return BookFigure(csm.person.name, csm.accounts, csm.mrr, float(share))
