"""The books of business of all active CSMs, as Salesforce has them now."""

from blocks.policy.block import Policy
from rules.assignment.books import load
from rules.reports.weekly import BookFigure
from tasks.core.connections import connection
from tasks.core.policy import load_policy
from tasks.core.steps import read_task
from tasks.salesforce.queries import run_queries
from tasks.salesforce.team import books_from, books_statement, csms_from, team_statement

NO_ACCOUNT = "001000000000000AAA"


@read_task("Read the books of business")
async def read_books() -> list[BookFigure]:
    """A figure for each active CSM."""
    fields, policy = (await connection(Policy)).field_map, await load_policy()
    team, books = await run_queries([team_statement(fields), books_statement(fields, but=NO_ACCOUNT)])
    csms = csms_from(team, books_from(books), {}, fields=fields, terms=policy.terms)
    return [
        BookFigure(
            csm.person.name, csm.accounts, csm.mrr, float(load(csm, policy.segments, policy.weight_of_mrr))
        )
        for csm in csms
        if csm.active
    ]  # fmt: skip
