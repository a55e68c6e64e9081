"""SOQL statements from their parts, and how they are run."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence

from blocks.common.errors import RecordMissing
from blocks.salesforce.block import SalesforceOrg
from blocks.salesforce.client import MAX_QUERIES, SalesforceClient
from tasks.core.connections import connection
from tasks.salesforce.fields import Record, required


def select(columns: Iterable[str], source: str, conditions: str) -> str:
    """A SELECT statement. The caller escapes every value: with `format_soql`.

    Args:
        columns: names from the field map, which checks them, or constants.
        source: the object, or the child relationship of a subquery.
        conditions: WHERE and everything after it; "" for none.
    """
    return f"SELECT {', '.join(columns)} FROM {source} {conditions}".rstrip()  # noqa: S608 - see above


async def run_query(statement: str) -> list[Record]:
    """The rows of one statement, every page of them."""
    org = await connection(SalesforceOrg)
    return await asyncio.to_thread(lambda: org.client().query(statement))


async def run_queries(statements: Sequence[str]) -> list[list[Record]]:
    """The rows of each of up to 5 statements, in one call."""
    org = await connection(SalesforceOrg)
    return await asyncio.to_thread(lambda: org.client().queries(statements))


def query_all(client: SalesforceClient, statements: Sequence[str]) -> list[list[Record]]:
    """The rows of each of any number of statements, in one call for every 5 statements."""
    return [
        rows
        for first in range(0, len(statements), MAX_QUERIES)
        for rows in client.queries(statements[first : first + MAX_QUERIES])
    ]


def by_account(rows: Iterable[Record]) -> defaultdict[str, list[Record]]:
    """The rows by their `AccountId`; an account without rows has an empty list."""
    grouped: defaultdict[str, list[Record]] = defaultdict(list)
    for row in rows:
        grouped[required(row, "AccountId")].append(row)
    return grouped


def missing_record(kind: str, record_id: str) -> RecordMissing:
    """The error for a record that a person or an event named, and that Salesforce does not show."""
    return RecordMissing(
        "Salesforce",
        f"there is no {kind} {record_id}, or the integration user may not see it. "
        "If somebody deleted or merged it, there is nothing to do.",
        code="NOT_FOUND",
    )
