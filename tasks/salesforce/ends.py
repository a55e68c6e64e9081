"""Which accounts a sweep has to look at, asked of Salesforce in one call and a page for every 2,000 (D-12)."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from simple_salesforce.format import format_soql

from blocks.common.errors import UnexpectedResponse
from blocks.common.field_map import FieldMap
from blocks.policy.block import Policy
from blocks.salesforce.block import SalesforceOrg
from rules.common.text import normalize
from rules.contracts.clients import OVER, UNSIGNED, Client
from rules.contracts.reactivation import DEACTIVATED
from tasks.core.connections import connection
from tasks.core.steps import read_task
from tasks.salesforce.clients import read_clients
from tasks.salesforce.fields import Record, children, day, midnight, number, required, text

SERVED = ("Onboarding", "Active", "Churned")
"""The CS Status of an account that is a client."""
MOST_FAULTY = 200
"""Contracts with dates at fault that are asked about in one sweep, the last to begin first."""
MOST_SUSPECT = 6000
"""Contracts whose dates are looked at for that, the last to begin first."""
BEGUN_LATELY = timedelta(days=7)
"""Nights that may be missed before a contract is not brought into effect on its first day."""
MOST_BACK = 2000
"""Contracts in force of deactivated accounts that a sweep looks at, the last to begin first."""


@dataclass(frozen=True)
class DueAccounts:
    """What a sweep looks at.

    Attributes:
        accounts: their ids, 18 characters, the first to end first.
        begun: by id, the contracts of clients that are set up that have begun lately, and their first day.
        clients: how many clients there are in all.
    """

    accounts: tuple[str, ...]
    begun: dict[str, date]
    clients: int


@read_task("Find the contracts that end from {first} to {last}")
async def due_accounts(first: date, last: date, today: date) -> DueAccounts:
    """The accounts with a contract that ends in these days, has dates at fault, or brings back who was deactivated.

    Args:
        first: the first last day of service that is looked at.
        last: the last one.
        today: in the org's time zone.
    """
    org, policy = await connection(SalesforceOrg), await connection(Policy)
    statements = due_statements(policy.field_map, first, last, today, ZoneInfo(policy.time_zone))
    ends, suspect, back, begun, (counted, *_) = await asyncio.to_thread(lambda: org.client().queries(statements))
    clients = number(counted, "clients")
    if clients is None:
        raise UnexpectedResponse("Salesforce", "an answer lacks the number of clients.")
    accounts = dict.fromkeys(required(row, "AccountId") for row in (*ends, *faulty(suspect), *back))
    beginning = {required(row, "Id"): day(row, "StartDate") for row in begun}
    return DueAccounts(tuple(accounts), {one: first for one, first in beginning.items() if first}, int(clients))


def faulty(suspect: Iterable[Record]) -> list[Record]:
    """Of these contracts those that have no end, or one before their start: SOQL compares no two fields."""
    ends = ((row, day(row, "StartDate"), day(row, "EndDate")) for row in suspect)
    wrong = [row for row, start, end in ends if end is None or (start is not None and end < start)]
    return [row for row in wrong if _is_signed(row)][:MOST_FAULTY]


def _is_signed(row: Record) -> bool:
    """Whether the contract counts: a draft does when its sale was won."""
    unsigned = {normalize(state) for state in UNSIGNED}
    return normalize(text(row, "Status")) not in unsigned or bool(children(row, "Opportunities"))


def due_statements(fields: FieldMap, first: date, last: date, today: date, zone: ZoneInfo) -> list[str]:
    """The SOQL of `due_accounts`: contracts that end, may be at fault, bring back, or have begun; and the clients.

    An end before its start is found whatever the day: every contract that begins in the future is looked at; of one
    that has begun, the start, or the day on which it was entered, lies in the days that are looked at.
    """
    account = fields.account
    ends = format_soql("EndDate >= {} AND EndDate <= {}", first, last)
    of_a_client = format_soql(f"Account.{account.cs_status} IN {{}}", list(SERVED))
    back = format_soql(
        f"Account.{account.cs_status} = {{}} AND StartDate <= {{}} AND EndDate >= {{}}", DEACTIVATED, today, today
    )
    served = format_soql(f"{account.cs_status} IN {{}}", list(SERVED))
    lately = format_soql("StartDate > {} AND StartDate <= {}", today - BEGUN_LATELY, today)
    set_up = f"Account.{account.lms_company_id} != null"
    entered = format_soql("(StartDate >= {} OR LastModifiedDate >= {})", first, midnight(first, zone))
    ahead = format_soql("StartDate > {}", today)
    suspect = f"(EndDate = null OR {ahead} OR ({format_soql('EndDate < {}', first)} AND {entered}))"
    counting = format_soql("Status NOT IN {}", list(OVER))
    suspects = f"{counting} AND {of_a_client} AND {suspect} ORDER BY StartDate DESC NULLS FIRST, Id"
    dates = "AccountId, Status, StartDate, EndDate, (SELECT Id FROM Opportunities WHERE IsWon = true LIMIT 1)"
    return [
        f"SELECT AccountId FROM Contract WHERE {ends} ORDER BY EndDate, AccountId",  # noqa: S608 - days and checked names
        f"SELECT {dates} FROM Contract WHERE {suspects} LIMIT {MOST_SUSPECT}",  # noqa: S608 - as above
        f"SELECT AccountId FROM Contract WHERE {back} ORDER BY StartDate DESC, Id LIMIT {MOST_BACK}",  # noqa: S608 - as above
        f"SELECT Id, StartDate FROM Contract WHERE {lately} AND {set_up} ORDER BY StartDate, Id",  # noqa: S608 - as above
        f"SELECT COUNT(Id) clients FROM Account WHERE {served}",  # noqa: S608 - as above
    ]


@read_task("Read clients {label}")
async def clients_of(account_ids: Sequence[str]) -> list[Client]:
    """Up to 200 clients by their account ids, in one call."""
    return await read_clients(account_ids)
