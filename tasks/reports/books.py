"""The books of business of all active CSMs, as Salesforce has them now."""

from blocks.policy.block import Policy
from rules.assignment.books import Csm, load
from rules.reports.weekly import BookFigure
from tasks.core.connections import connection
from tasks.core.policy import PolicySnapshot, load_policy
from tasks.core.steps import read_task
from tasks.salesforce.books import books_from, books_statement, contracts_statement, totals_from
from tasks.salesforce.queries import run_queries
from tasks.salesforce.team import csms_from, team_statement

NO_ACCOUNT = "001000000000000AAA"


@read_task("Read the books of business")
async def read_books() -> list[BookFigure]:
    """A figure for each active CSM; an account without MRR counts with its contract's amount (CSM-1)."""
    fields, policy = (await connection(Policy)).field_map, await load_policy()
    today = policy.today
    team, rows, contracts = await run_queries(
        [team_statement(fields), books_statement(fields, but=NO_ACCOUNT), contracts_statement(fields, today)]
    )
    books = books_from(rows, totals_from(contracts, fields, today))
    csms = csms_from(team, books, {}, fields=fields, terms=policy.terms)
    return [_figure(csm, policy) for csm in csms if csm.active]


def _figure(csm: Csm, policy: PolicySnapshot) -> BookFigure:
    share = load(csm, policy.segments, policy.weight_of_mrr)
    return BookFigure(csm.person.name, csm.accounts, csm.mrr, float(share))
